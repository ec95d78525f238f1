// SPDX-License-Identifier: Apache-2.0
// Chains of certificates, good and bad, with keys that guard nothing: for the tests only.
#pragma once

namespace fce {

// The root of all that follow but the last, P-256.
inline constexpr const char* kRootCa =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBjzCCATWgAwIBAgIURt3q3CczTfmIPXnXesu5at7iqEgwCgYIKoZIzj0EAwIw\n"
    "FDESMBAGA1UEAwwJVGVzdCByb290MCAXDTI2MTEyNzEyMTQxMFoYDzIxMjYxMTAz\n"
    "MTIxNDEwWjAUMRIwEAYDVQQDDAlUZXN0IHJvb3QwWTATBgcqhkjOPQIBBggqhkjO\n"
    "PQMBBwNCAARfo9awXedQZNX4mWWa1VAwwuMQeFab9VapzZpS/8BSmeDPAOdy9oGl\n"
    "eLDkRFR+drE7M0oIsslCp+uNUG+WUxTyo2MwYTAdBgNVHQ4EFgQUJ2Rwifh4KT8/\n"
    "Kh71e1CmNw0NzlgwHwYDVR0jBBgwFoAUJ2Rwifh4KT8/Kh71e1CmNw0NzlgwDwYD\n"
    "VR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQwCgYIKoZIzj0EAwIDSAAwRQIh\n"
    "AKEz8mBHVjiRmVmGZBpYlRAxfgwlGG46OTw7kf4HMkflAiBupoNOgkkb/eSnfgTF\n"
    "JPoH9GvMw7KTMtbM89pD9xYNZw==\n"
    "-----END CERTIFICATE-----\n";

// A root that has signed none of them.
inline constexpr const char* kOtherCa =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgTCCASegAwIBAgIUFQo3wNumPhFeJriGZ6dsDTNoqwUwCgYIKoZIzj0EAwIw\n"
    "FTETMBEGA1UEAwwKT3RoZXIgcm9vdDAgFw0yNjExMjcxMjE0MTFaGA8yMTI2MTEw\n"
    "MzEyMTQxMVowFTETMBEGA1UEAwwKT3RoZXIgcm9vdDBZMBMGByqGSM49AgEGCCqG\n"
    "SM49AwEHA0IABCf8XTHqy3XJQCQrd2FW0MaGaKsNMUQCH4ONkJQUwAkf7AoWQ3Y0\n"
    "C+GX7qahpQrc2/YLmzEQW+glT4VbQlKtUlCjUzBRMB0GA1UdDgQWBBR8aQtooaHf\n"
    "7rPQCnDqKVP+/WqHaDAfBgNVHSMEGDAWgBR8aQtooaHf7rPQCnDqKVP+/WqHaDAP\n"
    "BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCDEXo9hSN7YFmdkuXL\n"
    "8iSXRedJM1hGYivE7XW7RlQ1kAIgVKb5JqHbYb/+w1a1juC2IVQi447b0hNp2YrP\n"
    "fliSxSg=\n"
    "-----END CERTIFICATE-----\n";

// Signed by the root, and signs the leaves.
inline constexpr const char* kIntermediate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmjCCAUCgAwIBAgIUXWtfRuvfiuBvHQ7cANaKOb0q+H8wCgYIKoZIzj0EAwIw\n"
    "FDESMBAGA1UEAwwJVGVzdCByb290MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAx\n"
    "MDAwMDAwWjAcMRowGAYDVQQDDBFUZXN0IGludGVybWVkaWF0ZTBZMBMGByqGSM49\n"
    "AgEGCCqGSM49AwEHA0IABMHLuxB3HNx57vDmPWdk9nNuWvZs+GQVjI6uSH3RL+by\n"
    "ZSvRqOj5kBICJV+qFKypOIgV384PQO+BrhIaW0FvQDSjZjBkMBIGA1UdEwEB/wQI\n"
    "MAYBAf8CAQAwDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBR9h+eL+M4TruQ5ZNG8\n"
    "hVbhgMBFhDAfBgNVHSMEGDAWgBQnZHCJ+HgpPz8qHvV7UKY3DQ3OWDAKBggqhkjO\n"
    "PQQDAgNIADBFAiEAtU8u30dPxiVz1xcrjcWVMxXN5JzSnO0pWuj9jMLIZHQCIBcM\n"
    "HaGn/pIIeUEAD7rFo+Idsb0KXvmBhTJo9+w6IJhq\n"
    "-----END CERTIFICATE-----\n";

// For good.example, *.wild.example, 127.0.0.1 and ::1.
inline constexpr const char* kLeaf =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBvzCCAWWgAwIBAgIUevkIGUz4njUaTF/EY2yiM3ZE5C8wCgYIKoZIzj0EAwIw\n"
    "HDEaMBgGA1UEAwwRVGVzdCBpbnRlcm1lZGlhdGUwIBcNMjAwMTAxMDAwMDAwWhgP\n"
    "MjEyMDAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBGdvb2QwWTATBgcqhkjOPQIBBggq\n"
    "hkjOPQMBBwNCAAQDyZMZUreFVK+N/ynWMSseQJMp/t+ST9VPRL5myjyhjgu6J5YE\n"
    "DUJ3dfhAhc66vnQWNVsrKm+4mzLS+sS7XcWio4GPMIGMMAkGA1UdEwQCMAAwHQYD\n"
    "VR0OBBYEFIZ0flkyt/mVaE/98+zd2z2NCnd2MB8GA1UdIwQYMBaAFH2H54v4zhOu\n"
    "5Dlk0byFVuGAwEWEMD8GA1UdEQQ4MDaCDGdvb2QuZXhhbXBsZYIOKi53aWxkLmV4\n"
    "YW1wbGWHBH8AAAGHEAAAAAAAAAAAAAAAAAAAAAEwCgYIKoZIzj0EAwIDSAAwRQIg\n"
    "BOEO+wTp3exRMLytRO9CBLOqTpgR3wQO9qKSC8HWqwQCIQDMmlxZD/YHbtWVsTxs\n"
    "noZvEsf4s9HiVbKBEVNwa+Rmuw==\n"
    "-----END CERTIFICATE-----\n";

// For good.example, until 2021.
inline constexpr const char* kLeafExpired =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBlTCCATygAwIBAgIUDwbYYWscIp4hzc7Tkk+1eU2jxGkwCgYIKoZIzj0EAwIw\n"
    "HDEaMBgGA1UEAwwRVGVzdCBpbnRlcm1lZGlhdGUwHhcNMjAwMTAxMDAwMDAwWhcN\n"
    "MjEwMTAxMDAwMDAwWjASMRAwDgYDVQQDDAdleHBpcmVkMFkwEwYHKoZIzj0CAQYI\n"
    "KoZIzj0DAQcDQgAEA8mTGVK3hVSvjf8p1jErHkCTKf7fkk/VT0S+Zso8oY4LuieW\n"
    "BA1Cd3X4QIXOur50FjVbKypvuJsy0vrEu13FoqNmMGQwCQYDVR0TBAIwADAdBgNV\n"
    "HQ4EFgQUhnR+WTK3+ZVoT/3z7N3bPY0Kd3YwHwYDVR0jBBgwFoAUfYfni/jOE67k\n"
    "OWTRvIVW4YDARYQwFwYDVR0RBBAwDoIMZ29vZC5leGFtcGxlMAoGCCqGSM49BAMC\n"
    "A0cAMEQCIH8Qazo9iG1tdj+cfY3zFELQFwf/wyLpFxQFyapKQ5P6AiBmpamYva41\n"
    "8EiU+1ffJWUsf319rVenI2XxNgncdRGD1Q==\n"
    "-----END CERTIFICATE-----\n";

// For good.example, from 2099 on.
inline constexpr const char* kLeafFuture =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmTCCAT+gAwIBAgIUQKH9uGmBagqtrdJ8xZdqOqApD8swCgYIKoZIzj0EAwIw\n"
    "HDEaMBgGA1UEAwwRVGVzdCBpbnRlcm1lZGlhdGUwIhgPMjA5OTAxMDEwMDAwMDBa\n"
    "GA8yMTIwMDEwMTAwMDAwMFowETEPMA0GA1UEAwwGZnV0dXJlMFkwEwYHKoZIzj0C\n"
    "AQYIKoZIzj0DAQcDQgAEA8mTGVK3hVSvjf8p1jErHkCTKf7fkk/VT0S+Zso8oY4L\n"
    "uieWBA1Cd3X4QIXOur50FjVbKypvuJsy0vrEu13FoqNmMGQwCQYDVR0TBAIwADAd\n"
    "BgNVHQ4EFgQUhnR+WTK3+ZVoT/3z7N3bPY0Kd3YwHwYDVR0jBBgwFoAUfYfni/jO\n"
    "E67kOWTRvIVW4YDARYQwFwYDVR0RBBAwDoIMZ29vZC5leGFtcGxlMAoGCCqGSM49\n"
    "BAMCA0gAMEUCIANJJ2TTqbFbddaGbp4/XC60pXcBAI6Z2TMG+YH0SL+GAiEAiDVZ\n"
    "Gvs9tMpzBY5mAVPacIroxHWzXIXV7yWpzWvkRNk=\n"
    "-----END CERTIFICATE-----\n";

// Has good.example as its common name only.
inline constexpr const char* kLeafPlain =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgzCCASqgAwIBAgIUd91BTGBSAkWuiT86Q5vlDt95S0gwCgYIKoZIzj0EAwIw\n"
    "HDEaMBgGA1UEAwwRVGVzdCBpbnRlcm1lZGlhdGUwIBcNMjAwMTAxMDAwMDAwWhgP\n"
    "MjEyMDAxMDEwMDAwMDBaMBcxFTATBgNVBAMMDGdvb2QuZXhhbXBsZTBZMBMGByqG\n"
    "SM49AgEGCCqGSM49AwEHA0IABAPJkxlSt4VUr43/KdYxKx5Akyn+35JP1U9EvmbK\n"
    "PKGOC7onlgQNQnd1+ECFzrq+dBY1Wysqb7ibMtL6xLtdxaKjTTBLMAkGA1UdEwQC\n"
    "MAAwHQYDVR0OBBYEFIZ0flkyt/mVaE/98+zd2z2NCnd2MB8GA1UdIwQYMBaAFH2H\n"
    "54v4zhOu5Dlk0byFVuGAwEWEMAoGCCqGSM49BAMCA0cAMEQCIDpnfo/2j+6FXCj/\n"
    "QhifLL/yVyyUxeSpnb8/0BBPGbDfAiBDcmBwGw6Enqu3tcPOHRnmQxR9EgcswB3V\n"
    "LlwEsPra2Q==\n"
    "-----END CERTIFICATE-----\n";

// Has 127.0.0.1 as the name of a host, which no address is.
inline constexpr const char* kLeafAddress =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBlzCCAT2gAwIBAgIUHo4TPpwkp0hWckc8gM6lGjUy/7swCgYIKoZIzj0EAwIw\n"
    "HDEaMBgGA1UEAwwRVGVzdCBpbnRlcm1lZGlhdGUwIBcNMjAwMTAxMDAwMDAwWhgP\n"
    "MjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCTEyNy4wLjAuMjBZMBMGByqGSM49\n"
    "AgEGCCqGSM49AwEHA0IABAPJkxlSt4VUr43/KdYxKx5Akyn+35JP1U9EvmbKPKGO\n"
    "C7onlgQNQnd1+ECFzrq+dBY1Wysqb7ibMtL6xLtdxaKjYzBhMAkGA1UdEwQCMAAw\n"
    "HQYDVR0OBBYEFIZ0flkyt/mVaE/98+zd2z2NCnd2MB8GA1UdIwQYMBaAFH2H54v4\n"
    "zhOu5Dlk0byFVuGAwEWEMBQGA1UdEQQNMAuCCTEyNy4wLjAuMTAKBggqhkjOPQQD\n"
    "AgNIADBFAiBFCno/KZc3SK6GAMSO/zqjFPDh9bgpjIa4tsv9bWukZwIhAJgMwgOm\n"
    "ArBGOnan77R+FyTAlK+HFOi/zCvqdg0UcreM\n"
    "-----END CERTIFICATE-----\n";

// Of all these leaves.
inline constexpr const char* kLeafKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTtT+sTe3qmeLRBZX\n"
    "GC0DvWI1W/t3MyCGzH6APVKumXahRANCAAQDyZMZUreFVK+N/ynWMSseQJMp/t+S\n"
    "T9VPRL5myjyhjgu6J5YEDUJ3dfhAhc66vnQWNVsrKm+4mzLS+sS7XcWi\n"
    "-----END PRIVATE KEY-----\n";

// A root with an RSA key.
inline constexpr const char* kRsaCa =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDCTCCAfGgAwIBAgIURWsllL/WHFBosQdH2gV9sP3EK+YwDQYJKoZIhvcNAQEL\n"
    "BQAwEzERMA8GA1UEAwwIUlNBIHJvb3QwIBcNMjYxMTI3MTIxNDExWhgPMjEyNjEx\n"
    "MDMxMjE0MTFaMBMxETAPBgNVBAMMCFJTQSByb290MIIBIjANBgkqhkiG9w0BAQEF\n"
    "AAOCAQ8AMIIBCgKCAQEAmU0A9IdCdbBUUSmjWuCYL7F7elxraPDswO9qndNNyXrS\n"
    "ZMxVx0sn7aJyvnk8JzIXy/RyQyxBqYMMPINyA4F/p1E7nQB1OHe0IOPCcTKClEO1\n"
    "WrgnbWzmVl4NuHNqpBpFr73yMRvGM4IW9yMpZ/mAIKOxR7gbUywNKUbP3snptiTS\n"
    "7lfuLOY11qZ/oWBih9ZlplhbwBxU0a/56AtxybfQj5vceg91MDqfid/UV3hbYjE2\n"
    "8SfKTzAGDPgWc4zKl+aFt4zYPWOwEDV1Z42HFoNQnWnSyWhlT8FjE/hbCU3arhhS\n"
    "1JkI8k7SLBVMfN5yvhO7nDFXrv2GaMdqMeHiQl85fwIDAQABo1MwUTAdBgNVHQ4E\n"
    "FgQURFwku0sevjzjJx2g1b5WwoN37wgwHwYDVR0jBBgwFoAURFwku0sevjzjJx2g\n"
    "1b5WwoN37wgwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAb81y\n"
    "uXzjv6Ft6K/l8aZC2BTHly4nr3SY2ELuqXvg1aczNhUZrS6xFG+Fi6xwSCPss5tG\n"
    "vcpqNzoYEzn3BvUrbg3kNYlvxuChsK6Z2ETJqVjzXMAMwH6DbA2n/JFZvUVF3ABn\n"
    "B4v/7oF+bDBvNndw/+Wo6P1T5GN8t76KNZOgj5z7yFDcTeyUgBLGAtb+RBy/tguf\n"
    "s30BR/g+LViwSOeMpa8zhiaoZ3uK1c8IW97LNaUcskTzf5XX8uQnPa2Eyc4+I97p\n"
    "jPX9aC6P45dYCVCkruTuiH8iR6wagA7J8UjkNj4Lzinct/oY1Qg1/RETvPgrKGqL\n"
    "Wyumi17VShnmncxI2A==\n"
    "-----END CERTIFICATE-----\n";

// For rsa.example, signed by it.
inline constexpr const char* kRsaLeaf =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDFjCCAf6gAwIBAgIUKmQ4zMRZRkHWQS2LfYyDO4hCO7AwDQYJKoZIhvcNAQEL\n"
    "BQAwEzERMA8GA1UEAwwIUlNBIHJvb3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAx\n"
    "MDEwMDAwMDBaMA4xDDAKBgNVBAMMA3JzYTCCASIwDQYJKoZIhvcNAQEBBQADggEP\n"
    "ADCCAQoCggEBAOQ1NHEIeoaFaz40atFA0WzZR2TjMtcumfsfnS5WYKw2HnPm2oMi\n"
    "GYbJPSCwzJDBTG87a182NWhcYw5cDj8gwOxvIKTuaiCSGeKxpMHDACSFK2Db7IOV\n"
    "q/GktseLc2wAMAysO4RHHUf4I0b7tw8sDx1Ji6HlrsnKklTPT0KsSc5P4PqwKlwq\n"
    "MyTJC9Q8NJH9vzZkmY1WDTjzK6A7lMOME2VEq46f4RbnoZXop88XwePAw3qWRGNb\n"
    "PhfdLFC/TcjwPPmtMEjKlWAYaAeQZqH/G89EXcwykC4tg6zNhsV4Vv13/uytUpwt\n"
    "BfEazVuit8gBEUnEMSyxaPzx3UZvwvHCQEMCAwEAAaNlMGMwCQYDVR0TBAIwADAd\n"
    "BgNVHQ4EFgQU7jphV3Zlh65Im1Ns7porBTPRms8wHwYDVR0jBBgwFoAURFwku0se\n"
    "vjzjJx2g1b5WwoN37wgwFgYDVR0RBA8wDYILcnNhLmV4YW1wbGUwDQYJKoZIhvcN\n"
    "AQELBQADggEBAERGkG5CKLfFGNXveI56MtNorZHwsuJ1YvdZjwYPpuBpxsL2U9mj\n"
    "iII4yXdMjTYCp5DtAUoMIBKRKj9UP9UE8zoq4zpHxQUJ+K9fulrEI1Kiic8SWSe8\n"
    "4GnOrc/5R6007BKzrgw70YpgOaId247Jp6XHiLrUo6n+hCcS0XYG4jZOX7GD97zj\n"
    "GzzO9TmOko+vh5Ppba8F3hjrgqQUeiBJ9doScdrs/E0C3HsqJU9LjK5H9oETVDnP\n"
    "zZa2igh2suEUFJ0Bye4+Cb3OLv4mBCYpB2Nnu8IT4BB8azfVnqq5sSFW2f8HvwR8\n"
    "JdEV1JHk06S78LGcJrgZuraHPE/FoZO+WPk=\n"
    "-----END CERTIFICATE-----\n";

// Its key.
inline constexpr const char* kRsaLeafKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDkNTRxCHqGhWs+\n"
    "NGrRQNFs2Udk4zLXLpn7H50uVmCsNh5z5tqDIhmGyT0gsMyQwUxvO2tfNjVoXGMO\n"
    "XA4/IMDsbyCk7mogkhnisaTBwwAkhStg2+yDlavxpLbHi3NsADAMrDuERx1H+CNG\n"
    "+7cPLA8dSYuh5a7JypJUz09CrEnOT+D6sCpcKjMkyQvUPDSR/b82ZJmNVg048yug\n"
    "O5TDjBNlRKuOn+EW56GV6KfPF8HjwMN6lkRjWz4X3SxQv03I8Dz5rTBIypVgGGgH\n"
    "kGah/xvPRF3MMpAuLYOszYbFeFb9d/7srVKcLQXxGs1borfIARFJxDEssWj88d1G\n"
    "b8LxwkBDAgMBAAECggEAQOSQQQQ0M0SFNm8ZYN+ZreYrUxj4QBBUYQCgZajSXKYX\n"
    "CsY+pMNxls5qv30G7rLI1WiEI9L6ZO7AjDjJJFJgCduf4MabDx/8lGYHf8G/rKLh\n"
    "ru1a2CAbgN9hymRxMejrwO7JDdhbDzgUb/7sEzhoI9/iAOubRG6CJfO9iiwL4Mp0\n"
    "rHPkeLMatFU4OR0G31LJ4Wq81M7yCEhKeY5GmoWfeElpPg7s7eRCPVUPi9nnt1bL\n"
    "VKqzDUfThsE1FJpY1oJQNEUH1AAQSeNZDCw2wCkkAPv7RVfRiW+E7lcZ0kxRTI8x\n"
    "VKrHQHcpM7uFVt533GAZr2N4s8EtM0fqVj8Q2PVqYQKBgQDyddIpr9dRIrDAK6Ic\n"
    "XhX9pm2hCO8yPrv2ANn+mjMzy93mq6RwjhN5EoWv/y5NAtyapcsqAlbzysv0uTmP\n"
    "jc8Wl4OBLvHLKZUnvMJBTVx3NqCqGibZ0fyE1KBNyxV2suxYSTrhmWmqVu7ZjUo5\n"
    "fLT9VOUTUXlkQyc55vPmmWQpPwKBgQDw86Im9p5Vdd7CCclnisEcjW28d0W87oju\n"
    "71HCcCvYGaL4b0K4ZPyZBg+n2eR2WE/8DnXUGfwzrqTO5GbXxQ8lFYyWhnq3SMKe\n"
    "wN6zJQ1nTPohdlSWh0Fye7Mgj+x4UZJwPhFLqC039OFDnJ70D/RahBqDdvgL6uYz\n"
    "FfHmdIZD/QKBgHdRvEd/nbr0E3+++Vx0gOX/DVx+hRh4/w8lhCJjyGbpIR7vwVES\n"
    "2kpu7xOZxTNpAR+qD71wwVHgr1aUANvAsfUwQytD6wJMSHbx0bdJVwPkAlUz4YK4\n"
    "cEj+SpV+J+XuT5lzEGMNmI6XkZvGiIyZ7oftS36iTdclpRw9qDIHst8JAoGBANKH\n"
    "LVD5/pIRMRc9UdrEY8K81/rqA+b2THLoa/mF5OkmTTzgid1vbz2NDDTOr02wEALd\n"
    "55nxMmk92QZkjm9M4NS4JWSID8UBL/th7bN9Vl7B5XNDXtk/SLHs3zA+UJE4RMkJ\n"
    "kjcWtJvFvOVEfaYmIozMDBZ95nETRxuvuvJvMblJAoGAc1PmYF8WgOeUOE5vd1az\n"
    "YIuLit35pbTdYf+YYa+Abz6gtudX8wB5iHjTib65GFzN8ERbb2eZvjiXe9/45Loc\n"
    "PJc7TOxnrJpPmhK4dYz50eyUEyXxEb2DQfueHNjFuoZtpsEOjBJg150OPtCTDqL9\n"
    "bEBWnPSyxken2Kcne+Vo5YE=\n"
    "-----END PRIVATE KEY-----\n";

}  // namespace fce
