// SPDX-License-Identifier: Apache-2.0
// Certificates that sign themselves, with keys that guard nothing: for the tests only.
#pragma once

namespace fce {

struct TestCertificate {
  const char* chain;
  const char* key;
};

// For first.example and www.first.example, P-256.
inline constexpr TestCertificate kCertificateFirst = {
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBpDCCAUugAwIBAgIUeN2VnIOnD4oIn9nxeOgOBs2leDgwCgYIKoZIzj0EAwIw\n"
    "EDEOMAwGA1UEAwwFZmlyc3QwIBcNMjYxMTIyMjM1NzI3WhgPMjEyNjEwMjkyMzU3\n"
    "MjdaMBAxDjAMBgNVBAMMBWZpcnN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "8180371excuHLAjkFGkOy+2e/ZqJnGvsyiwckXdFMAf9COFzlQ7xPJHggm1TEMGP\n"
    "Z1L4VXu/iRz9TdRwQwF++aOBgDB+MB0GA1UdDgQWBBQ9vzyzarUj9USOXSPFxfGD\n"
    "OLDSPjAfBgNVHSMEGDAWgBQ9vzyzarUj9USOXSPFxfGDOLDSPjAPBgNVHRMBAf8E\n"
    "BTADAQH/MCsGA1UdEQQkMCKCDWZpcnN0LmV4YW1wbGWCEVd3dy5GaXJzdC5leGFt\n"
    "cGxlMAoGCCqGSM49BAMCA0cAMEQCICngcNFIds1UDjBOhSUkfBMBbSi6sbhHYMOe\n"
    "hZ3mCYl1AiA9V7nky9TfQmLsyr0FQsHtYUWuHm8jE69TS0iZqygRig==\n"
    "-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfbNkmOubVr+JY0s6\n"
    "x0NhQd67YDksb6TzI2jrOx6+obShRANCAATzXzTfvV7Fy4csCOQUaQ7L7Z79momc\n"
    "a+zKLByRd0UwB/0I4XOVDvE8keCCbVMQwY9nUvhVe7+JHP1N1HBDAX75\n"
    "-----END PRIVATE KEY-----\n"};

// For *.wild.example, P-256.
inline constexpr TestCertificate kCertificateWild = {
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBjzCCATagAwIBAgIUYVv1UJlyjnZROHTu3t/soZKYi6gwCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEd2lsZDAgFw0yNjExMjIyMzU3MjdaGA8yMTI2MTAyOTIzNTcy\n"
    "N1owDzENMAsGA1UEAwwEd2lsZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGmZ\n"
    "iEQB7/MvSRueU2NdCpAfAIHKqomour9kuYJS1Yr/xgV2AMFYNbrDu+JI3KJnUVcX\n"
    "ntlP9GGJXYTJjnrI5nijbjBsMB0GA1UdDgQWBBSgmfE4HN5jb4RoRfthxA9PGV9A\n"
    "WDAfBgNVHSMEGDAWgBSgmfE4HN5jb4RoRfthxA9PGV9AWDAPBgNVHRMBAf8EBTAD\n"
    "AQH/MBkGA1UdEQQSMBCCDioud2lsZC5leGFtcGxlMAoGCCqGSM49BAMCA0cAMEQC\n"
    "IAlVeXl9cWw+f/lmHGuBoPwUU6SW32TmkkXLGPByJp7JAiA44yjNH1X6Iq875NwQ\n"
    "OmaZNccrx2qT4mY8S3fzgsyPBw==\n"
    "-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFTm6hUukCLkbXj50\n"
    "mnyPaHg2WbK2642ukFB3T538vX+hRANCAARpmYhEAe/zL0kbnlNjXQqQHwCByqqJ\n"
    "qLq/ZLmCUtWK/8YFdgDBWDW6w7viSNyiZ1FXF57ZT/RhiV2EyY56yOZ4\n"
    "-----END PRIVATE KEY-----\n"};

// For rsa.example, RSA.
inline constexpr TestCertificate kCertificateRsa = {
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDFzCCAf+gAwIBAgIUDf8gYD6AiMrmPzKCDNi4Rn/ctqAwDQYJKoZIhvcNAQEL\n"
    "BQAwDjEMMAoGA1UEAwwDcnNhMCAXDTI2MTEyMjIzNTcyN1oYDzIxMjYxMDI5MjM1\n"
    "NzI3WjAOMQwwCgYDVQQDDANyc2EwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEK\n"
    "AoIBAQCUrJsAl/hA7GDprwUNhU/tXgrZST+ukI01VptFITClgVHRLaP6jYVbELCw\n"
    "eXgcKAl8kOUa+PWmsup/hHFa7b2d5o/XvAo6RPEix76OOeIBudj9ShgQohrQKGIC\n"
    "t8CUNCdx4qAKvTIp4wkmEb6iGNgigW44BAz+Ww0WTp8n5ikf3dAcBpeoXiQeGCVs\n"
    "ZFwUbsi1PmXhyzPvy1i1poNLYh9PDwWQJqbo9NEG713gW4BFL4Xt3CcPOwYf9b1e\n"
    "ZlOwL4wfwoQeTyMKZ2FTrbvA3IDiPpJelgn+ukEeZF1ZIpZXFJzrskLU7lJgZOFA\n"
    "IAXArDriEuXiVbo8cEWOroYiOa6bAgMBAAGjazBpMB0GA1UdDgQWBBQ95v72KZt1\n"
    "nEAvMYcsbpoAbZZg8jAfBgNVHSMEGDAWgBQ95v72KZt1nEAvMYcsbpoAbZZg8jAP\n"
    "BgNVHRMBAf8EBTADAQH/MBYGA1UdEQQPMA2CC3JzYS5leGFtcGxlMA0GCSqGSIb3\n"
    "DQEBCwUAA4IBAQAQolNzjyVpxJfGz+gk/yz+OfF4LN8I/P2XN3nUe31j01u0qwR/\n"
    "3gdi5Pkth3hm03x+yJouEbbOQE8TIDKb6yUPRYdkQ3uVuXvldQuDR1EpFPGC6o3R\n"
    "LdaxAR7TQE7t667vLMo02AUYnSUljsqBOYaQECHzu4iFEOVo7P3F++/BzSLDKtoK\n"
    "OLMQpo7UhuLs3iWoj5ftmQOSA3lj6AQhrRqQP+4hWzFp3mZVxlQ9Q3HTElzqZrNg\n"
    "IVzdBAOl2MAm0eGaaAewMZGbg4KTJHGHBiOKCJf7MFvVu6FCdosdVAU6WxPncP2I\n"
    "01QOqlQdZIehGtuSFntcBk2FIURfw1GpGhB9\n"
    "-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCUrJsAl/hA7GDp\n"
    "rwUNhU/tXgrZST+ukI01VptFITClgVHRLaP6jYVbELCweXgcKAl8kOUa+PWmsup/\n"
    "hHFa7b2d5o/XvAo6RPEix76OOeIBudj9ShgQohrQKGICt8CUNCdx4qAKvTIp4wkm\n"
    "Eb6iGNgigW44BAz+Ww0WTp8n5ikf3dAcBpeoXiQeGCVsZFwUbsi1PmXhyzPvy1i1\n"
    "poNLYh9PDwWQJqbo9NEG713gW4BFL4Xt3CcPOwYf9b1eZlOwL4wfwoQeTyMKZ2FT\n"
    "rbvA3IDiPpJelgn+ukEeZF1ZIpZXFJzrskLU7lJgZOFAIAXArDriEuXiVbo8cEWO\n"
    "roYiOa6bAgMBAAECggEAPQUCsSGuYGcj94U/26bFgTTB2yB3JJxreGLNY3gV0Tfc\n"
    "bq/+x0ziWNfmzOdt5pCAJEIL5iAcIoj4OdIP/DPrSS1iCDdDM1ssZQv6J8GWAwNW\n"
    "Dc8lRV5jBuAsKdVlEu686b8L1JyGRC7MiHVr+neb7b2VkSQIeTTBkFBAfk22vz7Y\n"
    "kKUQrJ9Yo3di9an/q9/ekoJZQO7dyqh/d+cAcKErLZgD6OEsB9ColV6kEd7gmusf\n"
    "n9ILN4XG6H8x8Qh3JFzbLMAm1dUz7TM7I0xpdeTqrCJKaLuVUUpef6f4Z+KJ1FRq\n"
    "JFDVPg1/wOxNJvA4cLIojiVe5YZFxBP/esLjC+BNMQKBgQDDWDBvdiTBNCZKRsOT\n"
    "E3LBiy2cIsAA0Gd0OVqLZr3mCwJcPtF+ZSyV/FBMDFI10LFOjpJlW+0g0K/Wljvb\n"
    "IkTebmpvVCgRP9r9RBOiRk6fjvBRHcwmk1m4pxdlwjDt2j03VZHAfr4xwG7GfAL4\n"
    "5AtdNKQqIIDj4lwL/EdPf8oZDwKBgQDC1qCjLvgQ0+bx6/ZabnVaHVxNOhph8/Mq\n"
    "s4zuXDQIs1qiCbGyeFrLnG+VPXsAKfR+a6A44cJKNf5m/6YQC4chaNPecfuTvQqq\n"
    "PMuGnyx5LPXVLq/AxIU3HFj6QYGo4Q7DyHcG3jkh/cihKNU80iwrlZUiyM5aaZg8\n"
    "Zp6WcuSZtQKBgGegSuF2HP1Y+s8ARxOoh4HgoStoy84iwB7Jphy5Phfg0zm4IU4Z\n"
    "wdM27CnLh3kA4m4397VJVLvJuN3vCIWw4jPVAyVX0YGFDFi6WmgFQAQowZdmZTw5\n"
    "gqkQCrtyjp4+3aaTACTLl32xBZLJipIZ92VUXZnzcCxzkjzRccrckYtFAoGAVLkj\n"
    "rRH1iMu8NyKWQ4iYuxDdXC+R3VpJOR5OgC/T6JylIqT4glTXloZ19v1/CPk1eeuv\n"
    "Bk0VQVPtRjiQq5V3s010I9yIuxuPEavSDL4WhrLIS2U7w6UxEF/hSSFHEnqbAwOe\n"
    "znu/eEp0/a9V2lbCIkmvSirroGEec9VjzKQ1R6kCgYBWQWSwrKkDAXXaJSjBNP1f\n"
    "2SMceOK2we3V+8a3ySN6Efnt4fwJD8HP/hWTPTlE3sI+hhlfZpqANksN7sEg20CR\n"
    "8UOapbhqvDwAeJqqASZXh/8B9ahSTgl2DdwAbYT4MywYvLPZezvKfUHqtD6U/aXT\n"
    "DJvrWxqxZN3szGrkfzjOrQ==\n"
    "-----END PRIVATE KEY-----\n"};

}  // namespace fce
