# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test needs: checks that count, and waiting with a deadline."""

import os
import sys
import threading
import time
import traceback

# Instrumented nodes are slow; a deadline is only ever reached by what has failed.
SLOW = 6 if os.environ.get("FCEDGE_SANITIZER") else 1
DETAIL_MAX = 4000

_passed = 0


def check(condition, what, detail=""):
    """Counts, or ends the running test with a sentence that says what was expected."""
    global _passed
    if not condition:
        told = repr(detail)
        if len(told) > DETAIL_MAX:
            told = told[:DETAIL_MAX // 2] + " ... " + told[-DETAIL_MAX // 2:]
        raise AssertionError(f"{what}: {told}" if detail != "" else what)
    _passed += 1


def equal(got, expected, what):
    check(got == expected, what, f"got {got!r}, expected {expected!r}")


def contains(text, part, what):
    check(part in text, what, f"{part!r} is not in {text!r}")


def wait_until(condition, what, seconds=10):
    """Asks again and again until the answer is true; gives that answer."""
    deadline = time.monotonic() + seconds * SLOW
    pause = threading.Event()
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds * SLOW} s: {what}")
        pause.wait(0.01)


def skip(reason):
    print(reason)
    sys.exit(77)


def main(*tests):
    """Runs the tests, one after the other, the rest also when one fails. Exits."""
    only = sys.argv[1:]
    failed = 0
    for test in tests:
        if only and test.__name__ not in only:
            continue
        before, began = _passed, time.monotonic()
        title = (test.__doc__ or test.__name__).split("\n")[0]
        try:
            test()
            took = time.monotonic() - began
            print(f"ok   {test.__name__}: {title} ({_passed - before} checks, {took:.1f} s)")
        except Exception:
            failed += 1
            print(f"FAIL {test.__name__}: {title}")
            traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
    print(f"{_passed} checks, {failed} tests failed")
    sys.exit(1 if failed else 0)
