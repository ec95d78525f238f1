#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fcedge-geo: what it explains and draws, and DNS by it alone."""

import base64
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

import mmdb
from checks import SLOW, check, contains, equal, main, wait_until
from node import BUILD, TRACES, fetch, make_certificate

GEO = BUILD / "examples/geo/fcedge-geo"
PLACES = {"10.0.0.0/16": mmdb.city("DE", 52.5, 13.4), "10.1.0.0/16": mmdb.city("FR", 48.9, 2.4),
          "10.2.0.0/16": mmdb.city("US", 40.7, -74.0), "10.3.0.0/16": mmdb.city("JP", 35.7, 139.7)}
MAP = """
[geo]
files = ["city.mmdb"]
[[geo_node]]
name = "berlin"
region = "eu"
addresses = ["192.0.2.1", "2001:db8::1"]
latitude = 52.5
longitude = 13.4
load_percent = 30
[[geo_node]]
name = "paris"
region = "eu"
addresses = ["192.0.2.2"]
latitude = 48.9
longitude = 2.4
[[geo_node]]
name = "<new & york>"
addresses = ["192.0.2.3"]
latitude = 40.7
longitude = -74.0
state = "{state}"
[[geo_set]]
name = "all"
[[geo_set]]
name = "fenced"
regions = ["eu"]
answers_max = 1
all_down = "none"
countries = {{ FR = "berlin" }}
prefixes = {{ "10.3.7.0/24" = "paris" }}
"""
SERVER = """
[[dns_listen]]
address = "127.0.0.1:0"
[[dns_listen]]
address = "127.0.0.1:0"
tls = true
[[certificate]]
chain = "main.pem"
key = "main.key"
[[zone]]
name = "example.test"
ttl = 60
record = [
  {{ name = "@", type = "SOA", data = "ns1 admin {serial} 7200 900 1209600 60" }},
  {{ name = "@", type = "NS", data = "ns1" }},
  {{ name = "ns1", type = "A", data = "{ns}" }},
  {{ name = "www", type = "GEO", ttl = 30, data = "all" }},
]
"""

directory = pathlib.Path(tempfile.mkdtemp(prefix="fcedge-geo-"))
config = directory / "geo.toml"


def write_config(more="", state="up", **values):
    values = {"serial": 1, "ns": "192.0.2.53", **values}
    config.write_text(MAP.format(state=state) + more.format(**values))


def run(*words, code=0):
    done = subprocess.run([GEO, *words], capture_output=True, text=True, check=False,
                          timeout=60 * SLOW)
    check(not TRACES.search(done.stderr), "no sanitizer has found anything", done.stderr[-4000:])
    equal(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
    return done.stdout if code == 0 else done.stderr


def explained(*words):
    return json.loads(run("--config", config, "explain", "--json", *words))


def columns(text):
    """The rows of its first table, by the node."""
    lines = [re.split(r" {3,}", line.strip()) for line in text.splitlines() if "192.0.2." in line]
    return {row[1] if row[0].isdigit() else row[0]: row for row in lines}


def people():
    """what it explains to people"""
    write_config()
    told = run("--config", config, "explain", "10.0.0.7", "--set", "all")
    contains(told, "place     DE, Europe, in the EU, 52.5 N 13.3 E", "the place")
    contains(told, "prefix    10.0.0.0/16", "and how far it reaches")
    contains(told, "answer    berlin, paris\n", "the answer")
    rows = columns(told)
    equal(rows["berlin"][:1] + rows["berlin"][2:3], ["1", "eu"], "the first")
    equal(rows["berlin"][4:6], ["30 %", "up"], "its load and state")
    check(850 < int(rows["paris"][3].split()[0]) < 880, "a distance", rows["paris"])
    equal(rows["<new & york>"][1], "-", "of no region")
    check("set       fenced" not in told, "one set only", told)
    told = run("explain", "10.2.0.1", "--mmdb", directory / "city.mmdb")
    contains(told, "US, North America, 40.7 N 73.9 W", "a place without a map")
    check("set" not in told, "and nothing else", told)
    contains(run("explain", "192.0.2.1", "--mmdb", directory / "city.mmdb"), "not known",
             "an address that it does not know")


def programs():
    """what it explains to programs"""
    write_config()
    told = explained("10.1.2.3")
    equal([each["set"] for each in told["sets"]], ["all", "fenced"], "all sets")
    every, fenced = told["sets"]
    equal((every["rule"], every["answer"]), ("distance", ["paris", "berlin"]), "by distance")
    equal((fenced["rule"], fenced["answer"]), ("country", ["berlin"]), "by country")
    equal({each["node"] for each in fenced["candidates"]}, {"berlin", "paris"}, "the fence")
    equal(every["candidates"][0]["distance_km"] < 20, True, "near")
    equal(every["place"], told["place"], "the place")
    subnet = explained("10.1.2.3", "10.3.7.0/24")
    equal(subnet["sets"][0]["answer"][0] in ("berlin", "<new & york>"), True, "its client's")
    equal((subnet["sets"][1]["rule"], subnet["sets"][1]["answer"]), ("prefix", ["paris"]), "prefix")
    equal(subnet["sets"][1]["matched"], "10.3.7.0/24", "for which it holds")
    write_config(state="down")
    last = explained("10.2.0.1", "--set", "all")["sets"][0]
    equal(last["candidates"][-1]["state"], "down", "the nearest is down")
    check("<new & york>" not in last["answer"], "so it is no answer", last)


def faults():
    """what is wrong is said with its place, in one sentence"""
    write_config()
    for words, part in ((("explain",), "IP is required"), (("draw",), "subcommand"),
                        (("explain", "10.0.0.1"), "--mmdb or --config"),
                        (("--config", config, "explain", "10.0.0"), "10.0.0"),
                        (("--config", config, "explain", "10.0.0.1", "10.0.0.1/8"), "beyond"),
                        (("--config", config, "explain", "10.0.0.1", "--set", "x"), '"x"'),
                        (("--config", config, "map"), "--set"),
                        (("--config", config, "map", "--set", "all", "--out", "/nowhere/x"),
                         "/nowhere/x"),
                        (("map",), "--config"), (("serve",), "--config"),
                        (("--config", config, "serve", "--metrics"), "--metrics"),
                        (("--config", directory / "none.toml", "serve"), "none.toml"),
                        (("--mmdb", directory / "main.pem", "explain", "10.0.0.1"), "main.pem"),
                        (("--config", config, "serve", "--check"), "[[dns_listen]]")):
        told = run(*words, code=2)
        contains(told, part, words)
        equal(told.count("\n"), 1, f"one sentence: {told}")
    for broken, place in (('[[geo_node]]\nname = "x"\naddresses = ["1.2.3"]\n'
                           'latitude = 1\nlongitude = 1\n', "geo_node[3]"),
                          ('[[geo_set]]\nname = "y"\nregions = ["eu"]\n'
                           'countries = {{ DE = "<new & york>" }}\n', "geo_set[2]")):
        write_config(broken)
        line = config.read_text().splitlines().index(broken.splitlines()[1]) + 1
        contains(run("--config", config, "explain", "10.0.0.1", code=2),
                 f"geo.toml:{line}: {place}.name: ", broken)


def picture():
    """a picture that is well formed, with all nodes in it"""
    write_config(state="draining")
    out = directory / "all.svg"
    run("--config", config, "map", "--set", "all", "--out", out)
    root = ElementTree.parse(out).getroot()
    space = "{http://www.w3.org/2000/svg}"
    texts = ["".join(each.itertext()) for each in root.iter(f"{space}text")]
    for name in ("berlin", "paris", "<new & york>"):
        equal(sum(each.startswith(name) for each in texts), 2, f"{name}: a label and a legend")
    contains("\n".join(texts), "<new & york> draining, 0.0 % of places", "who gets nobody")
    contains("\n".join(texts), "for 4 places", "all places")
    squares = {each.get("fill"): each.get("d") for each in root.iter(f"{space}path")
               if each.get("fill")}
    equal(len(squares), 2, "a colour for each node that somebody is sent to")
    equal(sum(each.count("z") for each in squares.values()), 4, "a square for each place")
    check(not any("DB-IP" in each for each in texts), "nobody's database")
    down = config.read_text().replace('region = "eu"\n', 'region = "eu"\nstate = "down"\n')
    config.write_text(down)
    told = run("--config", config, "map", "--set", "fenced", "--out", "-")
    contains(told, ">no node</tspan>", "a fence in which all are down")
    contains(told, ">100.0 % of places<", "nobody gets a node")
    write_config()
    shutil.copy(directory / "city.mmdb", directory / "dbip-city.mmdb")
    told = run("--config", config, "--mmdb", directory / "dbip-city.mmdb", "map", "--set",
               "fenced", "--out", "-")
    contains(told, "IP Geolocation by DB-IP, https://db-ip.com", "whose database it is")


def dig(port, *words, program="dig"):
    done = subprocess.run([program, "@127.0.0.1", "-p", str(port), "+short", *words],
                          capture_output=True, text=True, check=False, timeout=60)
    equal(done.returncode, 0, f"{program} {words}: {done.stdout}{done.stderr}")
    return done.stdout.split("\n")[:-1]


def check_signed():
    """Of a zone that is signed a check tells the DS."""
    key = directory / "Kexample.test.private"
    number = base64.b64encode(b"\1" + secrets.token_bytes(31)).decode()
    key.write_text("Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\n"
                   f"PrivateKey: {number}\n")
    os.chmod(key, 0o600)
    write_config(SERVER.replace("ttl = 60", f'ttl = 60\ndnssec_key = "{key.name}"'))
    check(re.search(r"^example\.test\. .*DS \d+ 13 2 [0-9A-Fa-f]{64}$",
                    run("--config", config, "serve", "--check"), re.M), "the DS")


def check_databases():
    """A check opens the databases, and warns of fences around nobody."""
    write_config(SERVER)
    right = config.read_text()
    lines = right.splitlines()
    for wrong in ("none.mmdb", "main.pem"):
        config.write_text(right.replace("city.mmdb", wrong))
        told = run("--config", config, "serve", "--check", code=2)
        contains(told, f"geo.toml:{lines.index('[geo]') + 2}: geo.files: ", wrong)
        contains(told, wrong, "the file")
    config.write_text(right)
    contains(run("--config", config, "--mmdb", directory / "none.mmdb", "serve", "--check", code=2),
             "--mmdb: ", "one of the command line")
    config.write_text(right.replace('regions = ["eu"]', 'regions = ["ue"]')
                      .replace('countries = { FR = "berlin" }\n', "")
                      .replace('prefixes = { "10.3.7.0/24" = "paris" }\n', ""))
    done = subprocess.run([GEO, "--config", config, "serve", "--check"], capture_output=True,
                          text=True, check=False, timeout=60 * SLOW)
    equal(done.returncode, 0, done.stderr)
    fence = lines.index('regions = ["eu"]') + 1
    contains(done.stderr, f"geo.toml:{fence}: geo_set[1].regions: ",
             "a fence around nobody")


def server():
    """DNS by it alone, and changes without a pause"""
    write_config(SERVER)
    contains(run("--config", config, "serve", "--check"),
             "ok: 2 dns_listen, 1 zone, 3 geo_node, 2 geo_set\n", "a check")
    check_signed()
    check_databases()
    write_config(SERVER)
    log = directory / "log"
    with log.open("w") as out, subprocess.Popen(
            [GEO, "--config", config, "serve", "--metrics", "127.0.0.1:0"], stderr=out,
            stdin=subprocess.DEVNULL) as process:
        try:
            follow(process, log)
            process.send_signal(signal.SIGTERM)
            equal(process.wait(30 * SLOW), 0, log.read_text())
        finally:
            process.kill()
    check(not TRACES.search(log.read_text()), "no sanitizer has found anything", log.read_text())


def follow(process, log):
    def says(part):
        check(process.poll() is None, "it runs", log.read_text())
        return part in log.read_text()

    wait_until(lambda: says("DNS server started"), "it starts")
    ports = dict(re.findall(r"answering DNS .*port=(\d+) tls=(\w+)", log.read_text()))
    clear, tls = sorted(ports, key=lambda port: ports[port])
    ask = ("+subnet=10.2.0.0/24", "www.example.test", "A")
    # The database is read off to the side.
    wait_until(lambda: dig(clear, *ask)[:1] == ["192.0.2.3"], "the nearest")
    equal(dig(clear, "+subnet=10.0.0.0/24", "www.example.test", "A"), ["192.0.2.1", "192.0.2.2"],
          "another client's")
    equal(dig(tls, "+tls", "ns1.example.test", "A", program="kdig"), ["192.0.2.53"], "over TLS")
    port = re.search(r"serving metrics .*port=(\d+)", log.read_text()).group(1)
    status, _, figures = fetch(f"http://127.0.0.1:{port}/metrics")
    equal(status, 200, "figures")
    check(re.search(rb"^fcedge_dns_queries_udp_total [1-9]", figures, re.M), "of DNS", figures)
    write_config(SERVER, state="down", serial=2)
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: says("reloaded zones and nodes"), "it reloads")
    wait_until(lambda: "192.0.2.3" not in dig(clear, *ask), "the node that is down")
    equal(dig(clear, "example.test", "SOA")[0].split(" ")[2], "2", "the new serial")
    check("until the next start" not in log.read_text(), "nothing waits", log.read_text())
    write_config('[dns]\nnsid = "x"\n' + SERVER.replace('"127.0.0.1:0"\ntls', '"[::1]:0"\ntls'),
                 state="down", serial=2)
    config.write_text(config.read_text().replace("city.mmdb", "dbip-city.mmdb"))
    process.send_signal(signal.SIGHUP)
    for section in ("dns", "dns_listen", "geo"):
        wait_until(lambda section=section: says(f"until the next start section={section}\n"),
                   f"{section} waits for the next start")
    write_config(SERVER, serial=3, ns="192.0.2.300")
    process.send_signal(signal.SIGHUP)
    line = config.read_text().splitlines().index(
        '  { name = "ns1", type = "A", data = "192.0.2.300" },') + 1
    wait_until(lambda: says(f"geo.toml:{line}: zone[0].record[2].data: "), "the line at fault")
    equal(dig(clear, "example.test", "SOA")[0].split(" ")[2], "2", "the serial before")
    check("192.0.2.3" not in dig(clear, *ask), "the map before")


if __name__ == "__main__":
    mmdb.write(directory / "city.mmdb", PLACES)
    make_certificate(directory, "main")
    try:
        main(people, programs, faults, picture, server)
    finally:
        shutil.rmtree(directory)
