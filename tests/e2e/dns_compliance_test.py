#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The probes of RFC 8906 section 8, on which the EDNS compliance tester of ISC is built, by dig."""

import re
import shutil
import subprocess

from checks import check, equal, main, skip
from node import Node

ZONE = """$TTL 300
@ IN SOA ns1 admin (1 7200 900 1209600 60)
  IN NS ns1
ns1 IN A 192.0.2.53
"""
ROUTES = """
[dns]
nsid = "test-1"
rate_limit = false
[[dns_listen]]
address = "127.0.0.1:0"
[[zone]]
name = "plain.test"
file = "example.zone"
[[zone]]
name = "signed.test"
file = "example.zone"
dnssec_key = "{key}"
"""
PLAIN = ("+noedns", "+noad", "+norec")
EDNS = ("+nocookie", "+edns=0", "+noad", "+norec")
EDNS1 = ("+nocookie", "+edns=1", "+noednsneg", "+noad", "+norec")

# section: words for dig, status, whether there is the SOA, the version of EDNS, its flags
PROBES = {
    "8.1.1 is it configured": ((*PLAIN, "soa"), "NOERROR", True, None, ""),
    "8.1.2 unknown types": ((*PLAIN, "type1000"), "NOERROR", False, None, ""),
    "8.1.3.1 CD": ((*PLAIN, "+cd", "soa"), "NOERROR", True, None, ""),
    "8.1.3.2 AD": (("+noedns", "+norec", "+ad", "soa"), "NOERROR", True, None, ""),
    "8.1.3.3 the reserved bit": ((*PLAIN, "+zflag", "soa"), "NOERROR", True, None, ""),
    "8.1.3.4 RD": (("+noedns", "+noad", "+rec", "soa"), "NOERROR", True, None, ""),
    "8.1.4 unknown opcodes": ((*PLAIN, "+opcode=15", "+header-only"), "NOTIMP", False, None, ""),
    "8.1.5 TCP": ((*PLAIN, "+tcp", "soa"), "NOERROR", True, None, ""),
    "8.2.1 minimal EDNS": ((*EDNS, "soa"), "NOERROR", True, 0, ""),
    "8.2.2 version negotiation": ((*EDNS1, "soa"), "BADVERS", False, 0, ""),
    "8.2.3 unknown options": ((*EDNS, "+ednsopt=100", "soa"), "NOERROR", True, 0, ""),
    "8.2.4 unknown flags": ((*EDNS, "+ednsflags=0x40", "soa"), "NOERROR", True, 0, ""),
    "8.2.5 version and flags": ((*EDNS1, "+ednsflags=0x40", "soa"), "BADVERS", False, 0, ""),
    "8.2.6 version and options": ((*EDNS1, "+ednsopt=100", "soa"), "BADVERS", False, 0, ""),
    "8.2.7 truncation": ((*EDNS, "+dnssec", "+bufsize=512", "+ignore", "dnskey"),
                         "NOERROR", False, 0, "do"),
    "8.2.8 DO": ((*EDNS, "+dnssec", "soa"), "NOERROR", True, 0, "do"),
    "8.2.9 version and DO": ((*EDNS1, "+dnssec", "soa"), "BADVERS", False, 0, "do"),
    "8.2.10 several options": (("+edns=0", "+noad", "+norec", "+cookie", "+nsid", "+expire",
                                "+subnet=0.0.0.0/0", "soa"), "NOERROR", True, 0, ""),
    # Beyond those of the RFC: the tester's own.
    "edns@512 over TCP": ((*EDNS, "+tcp", "+bufsize=512", "+dnssec", "soa"),
                          "NOERROR", True, 0, "do"),
    "another class": ((*EDNS, "CH", "TXT"), "REFUSED", False, 0, ""),
}
node = None


def dig(zone, words):
    port = re.search(r"port=(\d+)", node.wait_log("answering DNS")).group(1)
    done = subprocess.run(["dig", "@127.0.0.1", "-p", port, "+tries=1", zone, *words],
                          capture_output=True, text=True, check=False, timeout=60)
    equal(done.returncode, 0, f"dig {words}: {done.stdout}{done.stderr}")
    return done.stdout


def probe(zone, what, words, status, soa, version, flags):
    told = dig(zone, words)
    head = re.search(r"status: (\w+).*\n;; flags: ([a-z ]*);(.*?) QUERY:", told)
    check(head, what, told)
    equal(head.group(1), status, what)
    bits = head.group(2).split()
    check("qr" in bits and "ad" not in bits and "ra" not in bits, f"{what}: flags", told)
    equal("aa" in bits, status == "NOERROR", f"{what}: authority")
    check("MBZ" not in head.group(3), f"{what}: a reserved bit", told)
    answers = re.search(r";; ANSWER SECTION:\n((?:[^\n;].*\n)+)", told)
    equal(bool(answers and re.search(r"\tSOA\t", answers.group(1))), soa, f"{what}: SOA\n{told}")
    opt = re.search(r"; EDNS: version: (\d+), flags:([a-z ]*)(.*); udp: \d+", told)
    equal(opt and int(opt.group(1)), version, f"{what}: version of EDNS\n{told}")
    if opt:
        equal(opt.group(2).strip(), flags, f"{what}: flags of EDNS")
        check("MBZ" not in opt.group(3), f"{what}: unknown flags of EDNS", told)
    check("OPT=100" not in told and "; OPT" not in told.replace(";; OPT", ""),
          f"{what}: unknown options", told)
    return told


def probes():
    """each is answered as the RFC expects, by a zone that is signed and one that is not"""
    for zone in ("plain.test", "signed.test"):
        for what, expected in PROBES.items():
            told = probe(zone, f"{zone}, {what}", *expected)
            if "several options" in what:
                check("NSID" in told and re.search(r"COOKIE: \w+ \(good\)", told), what, told)
                check("CLIENT-SUBNET: 0.0.0.0/0/0" in told, what, told)


if __name__ == "__main__":
    if not shutil.which("dnssec-keygen"):
        skip("there is no dnssec-keygen")
    with Node(ROUTES, start=False, certificates=()) as node:
        (node.directory / "example.zone").write_text(ZONE)
        key = subprocess.run(["dnssec-keygen", "-q", "-K", node.directory, "-a",
                              "ECDSAP256SHA256", "-f", "KSK", "signed.test"],
                             capture_output=True, text=True, check=True).stdout.strip()
        node.routes = ROUTES.replace("{key}", f"{key}.private")
        node.write_config()
        node.start()
        try:
            main(probes)
        except SystemExit as ended:
            code = ended.code
    raise SystemExit(code)
