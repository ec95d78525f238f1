#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The cache against the standards, case by case: RFC 9111, 9110, 5861, 9211, 9213.

The tables are in conformance/; how a case is written down says conformance/model.py. Arguments are
parts of names of cases: only those are run, and what went wrong is told in full.
"""

import asyncio
import collections
import json
import os

from checks import check, main
from conformance import changes, freshness, requests, storing, validation
from conformance.model import KNOWN_FAILURES_MAX
from conformance.origin import Origin
from conformance.run import Leak, run_all
from node import Node

TABLES = (storing, freshness, validation, changes, requests)
CASES_MIN = 150
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH", "LOCK"]

# What fails, and why it is to stay so.
KNOWN_FAILURES = {
    "an empty query is another target than none":
        "a request of ours has no query or one that is not empty: the origin gets neither, too",
}


def configuration(port):
    return f"""
[cache]
directory = "cache"
[[origin]]
name = "scripted"
type = "servers"
servers = ["http://127.0.0.1:{port}"]
fails_max = 1000000
[[cached]]
path = "/{{path...}}"
methods = {json.dumps(METHODS)}
tenant = "t"
origin = "scripted"
"""


async def judge(cases):
    origin = Origin()
    await origin.start()
    loop = asyncio.get_running_loop()
    try:
        node = await loop.run_in_executor(
            None, lambda: Node(configuration(origin.port), certificates=()))
        try:
            return await run_all(node.port, origin, cases)
        finally:
            await loop.run_in_executor(None, node.stop)
    finally:
        await origin.stop()


def conformance():
    """Every case, or every case that is named."""
    cases = [case for table in TABLES for case in table.TABLE.cases]
    check(len(cases) >= CASES_MIN, "there are cases enough", len(cases))
    twice = [key for key, count in collections.Counter(
        (case.section, case.name) for case in cases).items() if count > 1]
    check(not twice, "each case has a name of its own", twice)
    wanted = os.environ.get("FCEDGE_CASES")
    if wanted:
        cases = [case for case in cases if wanted in case.name]
    faults = asyncio.run(judge(cases))
    unknown = leaks = 0
    for case, fault in zip(cases, faults):
        reason = KNOWN_FAILURES.get(case.name)
        leaks += isinstance(fault, Leak)
        if fault and (not reason or isinstance(fault, Leak)):
            unknown += 1
            print(f"  {case.name} (RFC {case.section}): {type(fault).__name__}: {fault}")
        elif fault:
            print(f"  known: {case.name} (RFC {case.section}): {reason}")
    print(f"{sum(fault is None for fault in faults)} of {len(cases)} cases, {leaks} leaks")
    check(len(KNOWN_FAILURES) <= KNOWN_FAILURES_MAX, "few are known to fail")
    fixed = [case.name for case, fault in zip(cases, faults)
             if fault is None and case.name in KNOWN_FAILURES]
    check(not fixed, "what is known to fail does", fixed)
    check(leaks == 0, "nobody gets what is another one's", leaks)
    check(unknown == 0, "all cases pass that are not known to fail", unknown)


main(conformance)
