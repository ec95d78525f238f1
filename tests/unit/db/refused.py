# SPDX-License-Identifier: Apache-2.0
"""What must not compile: refused.py FILE FLAG... -- COMPILER...

FILE has cases `#if CASE == N  // REFUSED: REGULAR EXPRESSION` in code that compiles without them,
as CASE 0. Each case alone has to fail with an error that the expression finds, so that none fails
for a mistake of the test.
"""

import concurrent.futures
import os
import re
import subprocess
import sys

CASE = re.compile(r"^#if CASE == (\d+)  // REFUSED: (.+)$", re.MULTILINE)


def compile_case(command, case):
    result = subprocess.run([*command, f"-DCASE={case}"], capture_output=True, text=True)
    return result.returncode, result.stderr


def main(file, arguments):
    split = arguments.index("--")
    flags, compiler = arguments[:split], arguments[split + 1 :]
    command = [*compiler, "-std=c++20", "-fsyntax-only", *flags, file]
    cases = CASE.findall(open(file).read())
    failures = 0
    code, errors = compile_case(command, 0)
    if code != 0:
        print(f"without a case it does not compile:\n{errors}")
        failures += 1
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda case: compile_case(command, case[0]), cases))
    for (number, expected), (code, errors) in zip(cases, results):
        lines = [line for line in errors.split("\n") if re.search("error:|note:", line)]
        if code == 0:
            print(f"case {number} compiles")
            failures += 1
        elif not any(re.search(expected, line) for line in lines):
            print(f"case {number} fails, but not by {expected!r}:\n{errors}")
            failures += 1
    print(f"{len(cases)} cases, {failures} failures")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
