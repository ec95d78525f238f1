#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The example edge as a DNS server: its zones come from its configuration, and are read again."""

import base64
import json
import os
import re
import secrets
import subprocess

from checks import check, contains, equal, main, wait_until
from node import Node, fetch

ZONE = """$TTL 300
@ IN SOA ns1 admin ({serial} 7200 900 1209600 60)
  IN NS ns1
ns1 IN A 192.0.2.53
www IN A {address}
    IN AAAA 2001:db8::1
text IN TXT "first" "second"
*.wild IN CNAME www
near IN GEO "near"
"""
ROUTES = """
[dns]
nsid = "test-1"
[[dns_listen]]
address = "127.0.0.1:0"
[[dns_listen]]
address = "[::1]:0"
[[dns_listen]]
address = "127.0.0.1:0"
tls = true
[[zone]]
name = "example.test"
file = "example.zone"
[[zone]]
name = "records.test"
file = "head.zone"
ttl = 120
[[zone.record]]
name = "www"
type = "A"
data = ["192.0.2.7", "192.0.2.8"]
[[zone.record]]
name = "@"
type = "MX"
ttl = 0
data = "10 www"
[[zone.record]]
name = "text"
type = "TXT"
data = '"a;b" "(c"'
[[geo_explain]]
[[geo_node]]
name = "a"
region = "eu"
addresses = ["192.0.2.10", "2001:db8::10"]
latitude = 50
longitude = 8.7
state = "{a}"
[[geo_node]]
name = "b"
region = "eu"
addresses = ["192.0.2.20"]
latitude = 48.9
longitude = 2.4
[[geo_node]]
name = "c"
region = "us"
addresses = ["192.0.2.30"]
latitude = 40.7
longitude = -74
[[geo_set]]
name = "near"
regions = ["eu"]
answers_max = 1
prefixes = { "127.0.0.0/8" = "a b", "198.51.100.0/24" = "b" }
"""

node = None


def write_zone(**values):
    (node.directory / "example.zone").write_text(
        ZONE.format(**{"serial": 1, "address": "192.0.2.1", **values}))


def ports(tls):
    found = (re.search(rf"answering DNS .*port=(\d+) tls={tls}", line or "") for line in node.log)
    return [int(each.group(1)) for each in found if each]


def dig(*words, server="127.0.0.1", port=None, program="dig"):
    done = subprocess.run([program, f"@{server}", "-p", str(port or ports("false")[0]), *words],
                          capture_output=True, text=True, check=False, timeout=60)
    equal(done.returncode, 0, f"{program} {words}: {done.stdout}{done.stderr}")
    return done.stdout


def short(*words, **keywords):
    return dig("+short", *words, **keywords).split("\n")[:-1]


def transports():
    """UDP, TCP and TLS, IPv4 and IPv6"""
    equal(short("www.example.test", "A"), ["192.0.2.1"], "UDP")
    equal(short("+tcp", "www.example.test", "A"), ["192.0.2.1"], "TCP")
    equal(short("www.example.test", "AAAA", server="::1", port=ports("false")[1]),
          ["2001:db8::1"], "IPv6")
    equal(short("+tls", "www.example.test", "A", port=ports("true")[0], program="kdig"),
          ["192.0.2.1"], "TLS")
    equal(short("text.example.test", "TXT"), ['"first" "second"'], "TXT")
    equal(short("a.wild.example.test", "A"), ["www.example.test.", "192.0.2.1"], "a wildcard")
    told = dig("none.example.test", "A")
    contains(told, "status: NXDOMAIN", "a name that there is not")
    contains(told, "SOA\tns1.example.test.", "and whose that is")
    contains(dig("+norec", "elsewhere.test", "A"), "status: REFUSED", "another zone")
    contains(dig("+nsid", "www.example.test", "A"), '("test-1")', "its name")


def records():
    """records of the configuration stand beside those of a zone's file"""
    equal(sorted(short("www.records.test", "A")), ["192.0.2.7", "192.0.2.8"], "several")
    equal(short("records.test", "MX"), ["10 www.records.test."], "a name that is relative")
    equal(short("text.records.test", "TXT"), ['"a;b" "(c"'], "quoted")
    equal(short("records.test", "SOA")[0].split(" ")[2], "7", "what the file says")
    told = dig("+noall", "+answer", "www.records.test", "A")
    contains(told, "\t120\tIN", "the zone's TTL")
    contains(dig("+noall", "+answer", "records.test", "MX"), "\t0\tIN", "their own TTL")


def explanations():
    """who is sent where, by HTTP"""
    def ask(path):
        status, fields, body = fetch(f"http://localhost:{node.port}{path}")
        equal(fields["content-type"], "application/json", path)
        return status, json.loads(body)

    # The map is worked out off to the side.
    wait_until(lambda: ask("/geo/near/198.51.100.0/24")[0] == 200, "a map in force")
    _, told = ask("/geo/near/198.51.100.0/24")
    equal((told["rule"], told["answer"]), ("prefix", ["b"]), "by its prefix")
    equal(told["matched"], "198.51.100.0/24", "for which it holds")
    equal(sorted(each["node"] for each in told["candidates"]), ["a", "b"], "within the fence")
    equal(told["place"]["known"], False, "no database")
    equal(ask("/geo/near/2001:db8::1")[1]["rule"], "distance", "IPv6")
    equal(ask("/geo/none/192.0.2.1")[0], 404, "no such set")
    equal(ask("/geo/near/192.0.2")[0], 400, "no address")
    contains(ask("/geo/near/192.0.2")[1]["error"], "192.0.2", "and why")


def reloads():
    """a zone is read again; one with a fault stays as it was"""
    write_zone(serial=2, address="192.0.2.2")
    contains(node.reload(), "reloaded", "a new zone")
    equal(short("www.example.test", "A"), ["192.0.2.2"], "the new address")
    write_zone(serial=3, address="192.0.2.300")
    contains(node.reload(), "example.zone:5", "the file and its line")
    equal(short("www.example.test", "A"), ["192.0.2.2"], "the one before")
    write_zone(serial=4, address="192.0.2.4")
    contains(node.reload(), "reloaded", "mended")
    equal(short("example.test", "SOA")[0].split(" ")[2], "4", "its serial")


def nodes():
    """clients get the nodes of their network, also by the subnet that a resolver tells"""
    wait_until(lambda: short("near.example.test", "A") == ["192.0.2.10"], "the first node")
    equal(short("near.example.test", "AAAA"), ["2001:db8::10"], "its other address")
    told = dig("+subnet=198.51.100.0/24", "near.example.test", "A")
    contains(told, "192.0.2.20", "of another network")
    contains(told, "CLIENT-SUBNET: 198.51.100.0/24/24", "for all of which that holds")
    node.routes = ROUTES.replace("{a}", "down")
    node.write_config()
    contains(node.reload(), "reloaded", "a node goes")
    wait_until(lambda: short("near.example.test", "A") == ["192.0.2.20"], "the other node")
    node.routes = ROUTES.replace("{a}", "up").replace('"eu"]', '"us"]')
    node.write_config()
    contains(node.reload(), "fence", "an override that would leave the fence")
    equal(short("near.example.test", "A"), ["192.0.2.20"], "as it was")
    node.routes = ROUTES.replace("{a}", "up")
    node.write_config()
    contains(node.reload(), "reloaded", "it comes back")
    wait_until(lambda: short("near.example.test", "A") == ["192.0.2.10"], "the first node again")


def bad_configurations():
    """what cannot be is said with its place, and a pipe in a file's place is not waited for"""
    os.mkfifo(node.directory / "pipe")
    for extra, part in (('[[zone]]\nname = "example.test"\nfile = "example.zone"\n', "zone"),
                        ('[[zone]]\nname = "b.test"\nfile = "none.zone"\n', "none.zone"),
                        ('[[dns_listen]]\naddress = "127.0.0.1"\n', "dns_listen"),
                        ('[[dns_listen]]\naddress = "unix:/tmp/dns"\n', "unix socket"),
                        ('[[geo_node]]\nname = "x"\naddresses = ["1.2.3"]\n'
                         'latitude = 1\nlongitude = 1\n', "1.2.3"),
                        ('[[geo_node]]\nname = "x"\naddresses = ["192.0.2.9"]\nlatitude = 1\n',
                         "geo_node[3]: needs the key longitude"),
                        ('[[geo_node]]\nname = "x"\naddresses = ["192.0.2.9"]\nlongitude = 1\n',
                         "geo_node[3]: needs the key latitude"),
                        ('[[geo_set]]\nname = "near"\n', "near"),
                        ('[[geo_explain]]\npath = "/geo"\n', "{set}"),
                        ('[[zone]]\nname = "c.test"\n', "[[zone.record]]"),
                        ('[[zone]]\nname = "c.test"\nfile = "pipe"\n', "pipe: is no file"),
                        ('[[zone]]\nname = "c.test"\nfile = "pipe"\n'
                         'record = [{ name = "a", type = "A", data = "192.0.2.1" }]\n',
                         "pipe: is not a regular file"),
                        ('[[zone]]\nname = "c.test"\nfile = "example.zone"\n'
                         'dnssec_key = "pipe"\n', "pipe: is no")):
        node.write_config(extra)
        code, told = node.check()
        equal(code, 2, f"{extra}: {told}")
        contains(told, part, extra)
    for broken, part in (('name = "a b"', ".name: "), ('name = "$TTL"', ".name: "),
                         ("name = 'www\\'", ".name: "), ('name = "w\\u0000w"', ".name: "),
                         ('type = "5"', ".type: "), ('type = "$TTL"', ".type: "),
                         ("data = '\"x\" ('", ".data: a parenthesis is not closed"),
                         ("data = '\"y\" )'", ".data: a parenthesis is closed"),
                         ("data = '192.0.2.1\\'", ".data: a backslash"),
                         ("data = '\"x'", ".data: a quoted string has no end"),
                         ('data = "192.0.2.1 ; x"', ".data: "),
                         ('data = "192.0.2.1\\u0000"', ".data: must not contain NUL"),
                         ('type = "NONE"', ".data: there is no type"),
                         ('data = "192.0.2.1\\n"', ".data: expected one line"),
                         ('data = ["192.0.2.1", "x"]', '.data: "x"'), ('data = []', ".data: "),
                         ('data = 1', ".data: expected a string"),
                         ('data = "192.0.2.1 )"', ".data: "), ('ttl = -1', ".ttl: ")):
        record = {"name": "x", "type": "A", "data": "192.0.2.1"}
        lines = [broken if broken.startswith(key) else f'{key} = "{value}"'
                 for key, value in record.items()] + [broken] * broken.startswith("ttl")
        told = check_records(lines)
        line = node.config.read_text().splitlines().index(
            broken if broken != 'type = "NONE"' else 'data = "192.0.2.1"') + 1
        contains(told, f"edge.toml:{line}: zone[2].record[1]{part}", broken)
    contains(check_records(['name = "ns1"', 'type = "CNAME"', 'data = "x"']), "c.test",
             "a fault of the zone as a whole")
    bad_files()
    node.write_config()
    code, told = node.check()
    equal(code, 0, f"as it was: {told}")
    contains(told, " 3 dns_listen, 2 zone, 3 geo_node, 1 geo_set\n", "all are counted")
    check("fence" not in told, "nothing is wrong with its fences", told)


def write_key(name, zone):
    """A key file as dnssec-keygen writes it; any number will do."""
    number = base64.b64encode(b"\1" + secrets.token_bytes(31)).decode()
    path = node.directory / f"{name}.private"
    path.write_text("Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\n"
                    f"PrivateKey: {number}\n")
    os.chmod(path, 0o600)
    if zone:
        path.with_suffix(".key").write_text(f"{zone}. IN DNSKEY 257 3 13 AAAA\n")


def places():
    """a fault is told with the line of the section that has it, be it the first or not"""
    write_key("good", None)
    write_key("theirs", "elsewhere.test")
    (node.directory / "c.zone").write_text("@ 60 IN SOA ns1 admin 1 7200 900 1209600 60\n"
                                           "@ 60 IN NS ns1\nns1 60 IN A 192.0.2.53\n")
    zone = '[[zone]]\nname = "{}"\nfile = "c.zone"\n'
    signed = zone + 'dnssec_key = "{}"\n'
    cases = (
        (signed.format("c.test", "theirs.private"), "zone[2].dnssec_key", 4),
        (signed.format("c.test", "main.pem"), "zone[2].dnssec_key", 4),
        (signed.format("c.test", "none.private"), "zone[2].dnssec_key", 4),
        (signed.format("c.test", "good.private") + 'dnssec_other_key = "theirs.private"\n',
         "zone[2].dnssec_other_key", 5),
        # One key of two zones, of which it fits the first.
        (zone.format("elsewhere.test") + zone.format("c.test") +
         'dnssec_key = "theirs.private"\n', "zone[3].dnssec_key", 7),
        (zone.format("file..test"), "zone[2].name", 2),
        (zone.format("c.test") + zone.format("C.Test."), "zone[3].name", 5),
        ('[[geo_set]]\nname = "x"\nprefixes = { "192.0.2.1/24" = "a" }\n',
         "geo_set[1].prefixes", 3),
        ('[[geo_set]]\nname = "near"\n', "geo_set[1].name", 2),
        ('[[geo_node]]\nname = "a"\naddresses = ["192.0.2.9"]\nlatitude = 1\nlongitude = 1\n',
         "geo_node[3].name", 2),
        ('[geo]\nfiles = ["none.mmdb"]\n', "geo.files", 2),
        ('[geo]\nfiles = ["good.private"]\n', "geo.files", 2),
    )
    before = node.config.read_text().count("\n")
    for extra, key, line in cases:
        node.write_config(extra)
        code, told = node.check()
        equal(code, 2, f"{extra}: {told}")
        contains(told, f"edge.toml:{before + line}: {key}: ", extra)
    node.write_config('[[geo_set]]\nname = "x"\nregions = ["eu", "ue"]\n')
    code, told = node.check()
    equal(code, 0, f"a fence that may be right: {told}")
    contains(told, f"edge.toml:{before + 3}: geo_set[1].regions: ", "is warned about")
    contains(told, '\\"ue\\"', "with the region")
    node.write_config()


def restarts():
    """what only a restart can change is said, section by section"""
    def changed(old, new):
        seen = len(node.log)
        node.routes = ROUTES.replace("{a}", "up").replace(old, new)
        node.write_config()
        contains(node.reload(), "until the next start", "a warning")
        node.wait_log("reloaded", after=seen)
        return re.findall(r"next start section=(\w+)", "\n".join(node.log[seen:]))

    equal(changed("test-1", "test-2"), ["dns"], "[dns]")
    equal(changed("[::1]:0", "127.0.0.1:0"), ["dns_listen"], "[[dns_listen]]")
    equal(changed("[[geo_explain]]", '[geo]\nfiles = ["c.mmdb"]\n[[geo_explain]]'), ["geo"],
          "[geo]")
    node.routes = ROUTES.replace("{a}", "up")
    node.write_config()
    contains(node.reload(), "reloaded certificates, routes, origins, zones and nodes", "as it was")


def bad_files():
    """a zone's file ends before the records of the configuration begin"""
    node.write_config()
    head = (node.directory / "head.zone").read_text()
    for text, part in ((head + "\nt TXT (\n", ":6: a parenthesis is not closed"),
                       (head + "\nt TXT x\\", ":6: a backslash stands before nothing"),
                       (head + "\nt A 192.0.2.1\0\n", ":6: there is a NUL byte")):
        (node.directory / "head.zone").write_text(text)
        code, told = node.check()
        equal(code, 2, f"{text}: {told}")
        contains(told, "head.zone" + part, text)
    (node.directory / "head.zone").write_text(head)
    for name, part in (("@", "no name of a zone"), ("a b.test", "no name of a zone"),
                       ("a\\u0000b", "NUL")):
        node.write_config(f'[[zone]]\nname = "{name}"\nfile = "example.zone"\n')
        code, told = node.check()
        equal(code, 2, f"{name}: {told}")
        contains(told, part, name)


def check_records(lines):
    node.write_config("""[[zone]]
name = "c.test"
[[zone.record]]
name = "@"
type = "SOA"
data = "ns1 admin 1 7200 900 1209600 60"
[[zone.record]]
""" + "\n".join(lines) + """
[[zone.record]]
name = "@"
type = "NS"
data = "ns1"
[[zone.record]]
name = "ns1"
type = "A"
data = "192.0.2.53"
""")
    code, told = node.check()
    equal(code, 2, f"{lines}: {told}")
    return told


def figures():
    """what was asked is counted"""
    before = node.metrics()
    equal(short("www.example.test", "A"), ["192.0.2.4"], "an answer")
    after = node.metrics()
    grown = {name for name, value in after.items() if "dns" in name and value > before[name]}
    check("fcedge_dns_queries_udp_total" in grown, "queries over UDP", grown)


if __name__ == "__main__":
    with Node(ROUTES.replace("{a}", "up"), start=False) as node:
        write_zone()
        (node.directory / "head.zone").write_text(
            "@ 300 IN SOA ns1 admin 7 7200 900 1209600 60\n@ 300 IN NS ns1\n"
            "$ORIGIN sub.records.test.\nns 60 A 192.0.2.54\n"
            "ns1.records.test. 60 A 192.0.2.53")
        node.start()
        try:
            main(transports, records, explanations, reloads, nodes, bad_configurations, places,
                 restarts, figures)
        except SystemExit as ended:
            code = ended.code
    raise SystemExit(code)
