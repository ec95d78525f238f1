#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns test logs into lines RESULT <tab> STAGE <tab> NAME, and sums such lines up.

  tally.py meson STAGE TESTLOG.JSON   prints a line for each test that meson has run; of a doctest
                                      executable, each test case counts
  tally.py sum RESULTS SKIPS          prints what failed and was skipped, then the closing line
"""

import fnmatch
import json
import pathlib
import re
import sys

DOCTEST = re.compile(
    r"\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped"
)
RESULTS = {"OK": "pass", "EXPECTEDFAIL": "pass", "SKIP": "skip"}


def meson(stage, path):
    log = pathlib.Path(path)
    if not log.exists():
        print(f"fail\t{stage}\tmeson test wrote no log")
        return
    for line in log.read_text(errors="replace").splitlines():
        test = json.loads(line)
        name = test["name"].split(" / ")[-1]
        result = RESULTS.get(test["result"], "fail")
        cases = DOCTEST.search(re.sub(r"\x1b\[[0-9;]*m", "", test.get("stdout") or ""))
        if not cases:
            print(f"{result}\t{stage}\t{name}")
            continue
        _, passed, failed, skipped = map(int, cases.groups())
        # A sanitizer or a crash after the last case fails the executable as a whole.
        if result == "fail" and failed == 0:
            failed = 1
        for outcome, count in (("pass", passed), ("fail", failed), ("skip", skipped)):
            for _ in range(count):
                print(f"{outcome}\t{stage}\t{name}")


def sum_up(results, skips):
    allowed = []
    for line in pathlib.Path(skips).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            allowed.append(line.split()[0])
    count = {"pass": 0, "fail": 0, "skip": 0}
    for line in pathlib.Path(results).read_text(errors="replace").splitlines():
        result, stage, name = line.split("\t", 2)
        test = name.split(":")[0]
        if result == "skip" and not any(fnmatch.fnmatch(f"{stage}/{test}", a) for a in allowed):
            print(f"SKIPPED WITHOUT LEAVE: {stage}/{name}")
            result = "fail"
        elif result != "pass":
            print(f"{'FAILED' if result == 'fail' else 'skipped'}: {stage}/{name}")
        count[result] += 1
    if count["pass"] + count["fail"] == 0:
        print("no test has run")
        count["fail"] = 1
    skipped = f", {count['skip']} skipped" if count["skip"] else ""
    print(f"{count['pass']} passed, {count['fail']} failed{skipped}")
    return 1 if count["fail"] else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["meson"] and len(sys.argv) == 4:
        meson(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["sum"] and len(sys.argv) == 4:
        sys.exit(sum_up(sys.argv[2], sys.argv[3]))
    else:
        sys.exit(__doc__)
