#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Zones, databases and the configuration are read again while dnsperf asks: no query is lost."""

import os
import re
import shutil
import subprocess
import threading

import mmdb
from checks import SLOW, check, contains, equal, main, skip, wait_until
from node import Node

ASKED_PER_S = 20000 // SLOW
SECONDS = 6
ZONE = """$TTL 300
@ IN SOA ns1 admin ({serial} 7200 900 1209600 60)
  IN NS ns1
ns1 IN A 192.0.2.53
www IN A 192.0.2.1
near IN GEO "all"
"""
ROUTES = """
[dns]
rate_limit = false
[[dns_listen]]
address = "127.0.0.1:0"
[[zone]]
name = "example.test"
file = "example.zone"
[geo]
files = ["city.mmdb"]
[[geo_node]]
name = "berlin"
region = "eu"
addresses = ["192.0.2.10"]
latitude = 52.5
longitude = 13.4
state = "{state}"
[[geo_node]]
name = "tokyo"
region = "as"
addresses = ["192.0.2.20"]
latitude = 35.7
longitude = 139.7
[[geo_set]]
name = "all"
answers_max = 1
"""
PLACES = (("DE", 52, 13), ("JP", 36, 140))

node = None


def write_zone(serial):
    (node.directory / "example.zone").write_text(ZONE.format(serial=serial))


def write_places(number):
    """Puts a new file in the place of the old one, as geoipupdate does."""
    new = node.directory / "new.mmdb"
    mmdb.write(new, {"127.0.0.0/8": mmdb.city(*PLACES[number % 2])})
    os.replace(new, node.directory / "city.mmdb")


def write_state(state):
    node.routes = ROUTES.replace("{state}", state)
    node.write_config()


def port():
    return re.search(r"port=(\d+)", node.wait_log("answering DNS")).group(1)


def start_dnsperf():
    (node.directory / "names").write_text("www.example.test A\nnear.example.test A\n"
                                          "near.example.test AAAA\nexample.test SOA\n")
    return subprocess.Popen(
        ["dnsperf", "-s", "127.0.0.1", "-p", port(), "-d", node.directory / "names",
         "-l", str(SECONDS), "-Q", str(ASKED_PER_S), "-t", str(30 * SLOW)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def figure(told, name):
    return int(re.search(rf"{name}: +(\d+)", told).group(1))


def nothing_is_lost():
    """zones, places and nodes change all the time, and each query has its answer"""
    wait_until(lambda: node.metrics().get("fcedge_geo_index_cells", 0) > 0, "an index")
    before = node.metrics()
    pause = threading.Event()
    rounds, places = 0, 1
    loads = before["fcedge_geo_index_loads_total"]
    write_places(places)
    with start_dnsperf() as dnsperf:
        while dnsperf.poll() is None:
            rounds += 1
            write_zone(1 + rounds)
            # Files that are replaced while they are read are not used: one after the other.
            if node.metrics()["fcedge_geo_index_loads_total"] > loads:
                loads = node.metrics()["fcedge_geo_index_loads_total"]
                places += 1
                write_places(places)
            write_state("down" if rounds % 2 else "up")
            contains(node.reload(), "reloaded", "a reload")
            pause.wait(0.05)
        told = dnsperf.stdout.read()
    after = node.metrics()
    print(f"{rounds} rounds beside {ASKED_PER_S} queries/s for {SECONDS} s")
    check(rounds >= 5, "there were changes meanwhile", rounds)
    check(after["fcedge_geo_map_changes_total"] >= before["fcedge_geo_map_changes_total"] + rounds,
          "of the map", rounds)
    wait_until(lambda: node.metrics()["fcedge_geo_index_loads_total"] >
               before["fcedge_geo_index_loads_total"], "and of the places")
    sent = figure(told, "Queries sent")
    check(sent > 1000, "it asked", told)
    equal(figure(told, "Queries lost"), 0, "lost")
    equal(figure(told, "Queries completed"), sent, "answered")
    equal(re.search(r"Response codes: +(.*)", told).group(1), f"NOERROR {sent} (100.00%)", "well")
    equal(after["fcedge_dns_udp_not_sent_total"], 0, "answers that could not be sent")


if __name__ == "__main__":
    if not shutil.which("dnsperf"):
        skip("there is no dnsperf")
    with Node(ROUTES.replace("{state}", "up"), start=False, certificates=()) as node:
        write_zone(1)
        write_places(0)
        node.start()
        try:
            main(nothing_is_lost)
        except SystemExit as ended:
            code = ended.code
    raise SystemExit(code)
