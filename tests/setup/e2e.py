#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the end-to-end tests, two at a time, and prints RESULT <tab> STAGE <tab> NAME for each.

  e2e.py STAGE BUILD_DIR [PATTERN]

With a pattern only the tests whose names match it are run.
A test is an executable tests/e2e/*_test.{sh,py,mjs}. It finds the build in FCEDGE_BUILD and, in a
sanitizer's run, that one's name in FCEDGE_SANITIZER. FCEDGE_IO_URING, on or off, says how nodes
write to sockets. Exit code 0 is passed, 77 is skipped with the last line of output as the reason,
anything else failed. Its output is kept in BUILD_DIR/e2e/.
"""

import concurrent.futures
import os
import pathlib
import signal
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent / "e2e"
SUFFIXES = {".sh", ".py", ".mjs"}
AT_ONCE = 2


def run(test, build):
    limit = 900 if os.environ.get("FCEDGE_SANITIZER") else 300
    log = build / "e2e" / f"{test.name}.log"
    began = time.monotonic()
    with log.open("wb") as out:
        # A session of its own, so that nodes and browsers a test leaves behind end with it.
        process = subprocess.Popen(
            [str(test)],
            cwd=TESTS,
            env={**os.environ, "FCEDGE_BUILD": str(build)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            code = -1
            out.write(f"\nended by e2e.py after {limit} s\n".encode())
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    lines = log.read_text(errors="replace").splitlines()
    return test.name, code, lines, time.monotonic() - began


def main(stage, build, pattern="*"):
    (build / "e2e").mkdir(parents=True, exist_ok=True)
    tests = sorted(t for t in TESTS.glob(f"{pattern}_test.*") if t.suffix in SUFFIXES)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, code, lines, took in pool.map(lambda test: run(test, build), tests):
            if code == 0:
                print(f"pass\t{stage}\t{name}", flush=True)
            elif code == 77:
                reason = lines[-1] if lines else "no reason given"
                print(f"skip\t{stage}\t{name}: {reason}", flush=True)
            else:
                print(f"fail\t{stage}\t{name}", flush=True)
                print(f"---- {stage}/{name} (exit code {code})", *lines[-60:], sep="\n",
                      file=sys.stderr)
            print(f"   {name}: {took:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    # The tests run in a directory of their own.
    main(sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), *sys.argv[3:])
