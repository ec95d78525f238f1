#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The example edge signs a zone, and a validator of others (BIND's delv) believes it."""

import base64
import os
import re
import secrets
import socket
import struct
import subprocess

from checks import check, contains, equal, main, wait_until
from node import Node

ZONE = """$TTL 300
@ IN SOA ns1 admin (1 7200 900 1209600 60)
  IN NS ns1
  IN MX 10 Mail
ns1 IN A 192.0.2.53
www IN A 192.0.2.1
    IN A 192.0.2.2
    IN AAAA 2001:db8::1
Mail IN A 192.0.2.3
text IN TXT "first" "second"
alias IN CNAME www
chain IN CNAME alias
lost IN CNAME none
out IN CNAME www.plain.test.
*.wild IN A 192.0.2.4
star IN CNAME x.wild
deep.empty IN TXT "below an empty name"
sub IN NS ns.sub
ns.sub IN A 192.0.2.54
safe IN NS ns1
safe IN DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
_x._tcp IN SRV 0 0 443 WWW
@ IN CAA 0 issue "ca.test"
near IN GEO "near"
"""
PLAIN = """$TTL 300
@ IN SOA ns1 admin (1 7200 900 1209600 60)
  IN NS ns1
ns1 IN A 192.0.2.53
www IN A 192.0.2.5
"""
ROUTES = """
[dns]
rate_limit = false
signatures_per_s = {budget}
[[dns_listen]]
address = "127.0.0.1:0"
[[zone]]
name = "signed.test"
file = "signed.zone"
dnssec_key = "Ksigned.test.private"
{other}
[[zone]]
name = "plain.test"
file = "plain.zone"
[[geo_node]]
name = "a"
addresses = ["192.0.2.10", "2001:db8::10"]
latitude = 50
longitude = 8.7
[[geo_node]]
name = "b"
addresses = ["192.0.2.20"]
latitude = 48.9
longitude = 2.4
[[geo_set]]
name = "near"
answers_max = 1
prefixes = {{ "127.0.0.2/32" = "b", "127.0.0.0/8" = "a" }}
"""
SIGNED = "; fully validated"
NODATA = "; negative response, fully validated"

node = None


def write_key(name="Ksigned.test.private"):
    number = base64.b64encode(b"\1" + secrets.token_bytes(31)).decode()
    path = node.directory / name
    path.write_text("Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\n"
                    f"PrivateKey: {number}\nCreated: 20260101000000\nActivate: 20260101000000\n")
    os.chmod(path, 0o600)


def write_configuration(budget=5000, other=""):
    node.routes = ROUTES.format(budget=budget, other=other)
    node.write_config()


def port():
    found = (re.search(r"answering DNS .*port=(\d+)", line or "") for line in node.log)
    return str(next(int(each.group(1)) for each in found if each))


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def dig(*words, program="dig"):
    done = run(program, "@127.0.0.1", "-p", port(), *words)
    equal(done.returncode, 0, f"{program} {words}: {done.stdout}{done.stderr}")
    return done.stdout


def query(label, flags):
    """Asks for the address of a name, with flags of EDNS."""
    return struct.pack(">6HB", 7, 0, 1, 0, 0, 1, len(label)) + label + \
        b"\6signed\4test\0\0\1\0\1" + struct.pack(">BHHBBHH", 0, 41, 1232, 0, 0, flags, 0)


def exchange(*messages):
    """Messages over UDP from one socket, and what comes back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(20)
        client.connect(("127.0.0.1", int(port())))
        for message in messages:
            client.send(message)
        return [client.recv(4096) for _ in messages]


def write_anchor(at=0):
    """What `--check` prints of one of the keys, as a validator takes it."""
    code, told = node.check()
    equal(code, 0, told)
    found = re.findall(r"^signed\.test\. IN DS (\d+) (\d+) (\d+) (\w+)$", told, re.MULTILINE)
    check(len(found) > at, "--check prints DS", told)
    tag, algorithm, digest, value = found[at]
    (node.directory / "anchor").write_text(
        f'trust-anchors {{ signed.test. static-ds {tag} {algorithm} {digest} "{value}"; }};\n')


def delv(*words):
    done = run("delv", "@127.0.0.1", "-p", port(), "-a", str(node.directory / "anchor"),
               "+root=signed.test", *words)
    return done.stdout + done.stderr


def valid(*words, lines=(), verdict=SIGNED):
    told = delv(*words)
    contains(told, verdict, f"delv {words}")
    for line in lines:
        contains(re.sub(r"[ \t]+", " ", told), line, f"delv {words}")
    return told


def records():
    """what there is, over UDP and TCP"""
    for transport in ("+notcp", "+tcp"):
        valid(transport, "www.signed.test", "A",
              lines=["www.signed.test. 300 IN A 192.0.2.1", "IN A 192.0.2.2"])
        valid(transport, "www.signed.test", "AAAA", lines=["2001:db8::1"])
        for kind in ("SOA", "NS", "MX", "CAA", "DNSKEY"):
            valid(transport, "signed.test", kind)
        valid(transport, "text.signed.test", "TXT")
        valid(transport, "_x._tcp.signed.test", "SRV")
        valid(transport, "WwW.sIgNeD.tEsT", "A")


def denials():
    """what there is not"""
    for transport in ("+notcp", "+tcp"):
        valid(transport, "www.signed.test", "TXT", verdict=NODATA)
        valid(transport, "none.signed.test", "A", verdict=NODATA)
        valid(transport, "a.b.c.none.signed.test", "A", verdict=NODATA)
        valid(transport, "empty.signed.test", "A", verdict=NODATA)
        valid(transport, "none.signed.test", "NSEC")
        valid(transport, "www.signed.test", "NSEC")
        valid(transport, "x.wild.signed.test", "AAAA", verdict=NODATA)
        valid(transport, "signed.test", "AAAA", verdict=NODATA)
    told = dig("+dnssec", "none.signed.test", "A")
    contains(told, "status: NOERROR", "a name that there is not, for who validates")
    check(re.search(r"none\.signed\.test\.\s+60\s+IN\s+NSEC\s+\\000\.none\.signed\.test\. "
                    r"RRSIG NSEC (NXNAME|TYPE128)", told), "and how he sees it", told)
    contains(dig("none.signed.test", "A"), "status: NXDOMAIN", "and for who does not")
    # DO alone, and with CO, for who knows of this (RFC 9824 section 5.1), which dig does not send.
    for flags, rcode in ((0x8000, 0), (0xc000, 3)):
        answer = exchange(query(b"none", flags))[0]
        equal(answer[3] & 15, rcode, "the code of a name that there is not")
        equal(answer[-4:-2], struct.pack(">H", flags), "the flags are told back")


def wildcards_and_aliases():
    """wildcards, aliases and chains of them"""
    for transport in ("+notcp", "+tcp"):
        valid(transport, "x.wild.signed.test", "A", lines=["x.wild.signed.test. 300 IN A"])
        valid(transport, "y.z.wild.signed.test", "A", lines=["192.0.2.4"])
        valid(transport, "alias.signed.test", "A", lines=["192.0.2.2"])
        valid(transport, "chain.signed.test", "A",
              lines=["IN CNAME alias.signed.test.", "IN CNAME www.signed.test.", "192.0.2.1"])
        valid(transport, "star.signed.test", "A", lines=["IN CNAME x.wild.signed.test."])
        valid(transport, "lost.signed.test", "CNAME")
    told = dig("+dnssec", "out.signed.test", "A")
    equal(len(re.findall(r"IN\s+RRSIG\s", told)), 1, "only one of the zones is signed")


def delegations():
    """other zones below it, signed and not"""
    valid("sub.signed.test", "DS", verdict=NODATA)
    valid("safe.signed.test", "DS", lines=["12345 13 2"])
    told = re.sub(r"[ \t]+", " ", dig("+dnssec", "+norec", "www.sub.signed.test", "A"))
    contains(told, r"IN NSEC sub\000.signed.test. NS RRSIG NSEC", "there is no DS")
    contains(told, "RRSIG NSEC 13 3", "which is signed")
    check("RRSIG NS " not in told and "RRSIG A " not in told, "NS and glue are not", told)
    contains(told, "ns.sub.signed.test. 300 IN A 192.0.2.54", "glue")
    told = re.sub(r"[ \t]+", " ", dig("+dnssec", "+norec", "www.safe.signed.test", "A"))
    contains(told, "RRSIG DS 13 3", "DS is signed")
    check("NSEC" not in told, "nothing is denied", told)


def nodes():
    """each client's own answer is signed"""
    wait_until(lambda: "192.0.2.10" in dig("+short", "near.signed.test", "A"), "the map holds")
    for transport in ("+notcp", "+tcp"):
        valid(transport, "near.signed.test", "A", lines=["192.0.2.10"])
        valid(transport, "near.signed.test", "AAAA", lines=["2001:db8::10"])
        valid(transport, "-b", "127.0.0.2", "near.signed.test", "A", lines=["192.0.2.20"])
        valid(transport, "-b", "127.0.0.2", "near.signed.test", "AAAA", verdict=NODATA)


def bits():
    """signatures go to who asks for them"""
    check("RRSIG" not in dig("www.signed.test", "A"), "without DO")
    told = dig("+dnssec", "+adflag", "+cdflag", "www.signed.test", "A")
    flags = re.search(r"flags: ([a-z ]*);", told).group(1).split()
    equal(sorted(flags), ["aa", "qr", "rd"], "the bits of the header")
    check(re.search(r"EDNS: .*flags: do", told), "DO is told back", told)
    check("RRSIG" not in dig("+dnssec", "www.plain.test", "A"), "a zone without a key")
    told = dig("+dnssec", "+bufsize=512", "+ignore", "mail" + ".x" * 100 + ".signed.test", "MX")
    contains(re.search(r"flags: ([a-z ]*);", told).group(1), "tc", "what does not fit")
    told = dig("+dnssec", "www.signed.test", "ANY", "+notcp", program="kdig")
    contains(told, "HINFO", "ANY is minimal")
    contains(told, "RRSIG", "and signed")


def figures():
    """signatures are remembered; those beyond the budget are refused, and counted"""
    dig("+dnssec", "www.signed.test", "AAAA")
    before = node.metrics()
    dig("+dnssec", "www.signed.test", "AAAA")
    after = node.metrics()

    def grown(what):
        return after[f"fcedge_dns_signatures_{what}_total"] - \
            before[f"fcedge_dns_signatures_{what}_total"]
    # One of two shards gets it, which may not be the one that got it before.
    equal(grown("made") + grown("remembered"), 1, "one signature")
    write_configuration(budget=1)
    node.restart()
    # All at once, unless that takes as many seconds as there are.
    answers = exchange(*(query(b"x%d" % i, 0x8000) for i in range(100)))
    refused = sum(answer[3] & 15 == 2 for answer in answers)
    check(refused > 0, "some are too many", answers[-1])
    equal(node.metrics()["fcedge_dns_signatures_refused_total"], refused, "as counted")
    contains(dig("x.signed.test", "A"), "status: NXDOMAIN", "who does not validate is answered")
    write_configuration()
    node.restart()


def keys():
    """another key is another zone to who knows the first one; a broken one changes nothing"""
    valid("www.signed.test", "A")
    path = node.directory / "Ksigned.test.private"
    kept = path.read_text()
    path.write_text(kept.replace("PrivateKey: ", "PrivateKey: A"))
    contains(node.reload(), "Ksigned.test.private", "a key that is none")
    valid("www.signed.test", "A")
    write_key()
    contains(node.reload(), "reloaded", "another key")
    told = delv("www.signed.test", "A")
    check("validated" not in told, "it is not believed", told)
    contains(told, "resolution failed", "delv says so")
    path.write_text(kept)
    contains(node.reload(), "reloaded", "the first one")
    valid("www.signed.test", "A")


def roll_over():
    """from one key to the next, with no time at which a validator who knows both DS says no"""
    write_key("next.private")
    write_configuration(other='dnssec_other_key = "next.private"')
    contains(node.reload(), "reloaded", "the next key is shown")
    valid("www.signed.test", "A")
    valid("signed.test", "DNSKEY")
    equal(dig("+short", "signed.test", "DNSKEY").count("257 3 13"), 2, "both keys")
    one = (node.directory / "anchor").read_text()
    told = node.check()[1]
    write_anchor(at=1)
    valid_by_next = (node.directory / "anchor").read_text()
    check(one != valid_by_next, "--check prints the other DS, too", told)
    for name, other in (("Ksigned.test.private", "kept"), ("next.private", "Ksigned.test.private"),
                        ("kept", "next.private")):
        (node.directory / name).rename(node.directory / other)
    contains(node.reload(), "reloaded", "they change places")
    valid("www.signed.test", "A")
    (node.directory / "anchor").write_text(one)
    check("validated" not in delv("signed.test", "DNSKEY"), "the old DS alone is not enough")
    (node.directory / "anchor").write_text(valid_by_next)
    write_configuration()
    contains(node.reload(), "reloaded", "the old one goes")
    valid("www.signed.test", "A")


def public_half():
    """the record of the key's public half has to fit; a file that all can read is told of"""
    public = node.directory / "Ksigned.test.key"
    found = re.search(r"DNSKEY\s+(257 3 13 .*)", dig("+noall", "+answer", "signed.test", "DNSKEY"))
    for record, code in ((f"signed.test. IN DNSKEY {found.group(1)}\n", 0),
                         (f"other.test. IN DNSKEY {found.group(1)}\n", 2),
                         ("signed.test. IN DNSKEY 257 3 13 AAAA\n", 2)):
        public.write_text(record)
        got, told = node.check()
        equal(got, code, f"{record}: {told}")
        if code:
            contains(told, "Ksigned.test.private: ", "the file is named")
    public.unlink()
    os.chmod(node.directory / "Ksigned.test.private", 0o644)
    code, told = node.check()
    equal(code, 0, told)
    contains(told, "Ksigned.test.private is open to all users", "a warning")
    os.chmod(node.directory / "Ksigned.test.private", 0o600)


if __name__ == "__main__":
    with Node(start=False) as node:
        (node.directory / "signed.zone").write_text(ZONE)
        (node.directory / "plain.zone").write_text(PLAIN)
        write_key()
        write_configuration()
        node.start()
        write_anchor()
        try:
            main(records, denials, wildcards_and_aliases, delegations, nodes, bits, figures, keys,
                 roll_over, public_half)
        except SystemExit as ended:
            code = ended.code
    raise SystemExit(code)
