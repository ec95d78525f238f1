#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C++ wrapper has all of the C ABI: coverage.py SYMBOLS INCLUDE_DIR WRAPPER_DIR

Each function that is exported is named by it, except those that only fill options; each struct of
options has the members of the C ABI's in the same order, which its size alone does not show."""

import pathlib
import re
import sys

FILLED_BY_OURSELVES = re.compile(r"_init$")
STRUCT = re.compile(r"typedef struct (fce_\w+) \{(.*?)\} \1;", re.S)
OURS = re.compile(r"^struct (\w+) \{\n(.*?)^\};", re.S | re.M)


def bare(directory, pattern):
    text = "\n".join(path.read_text() for path in sorted(pathlib.Path(directory).glob(pattern)))
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)


def members(body):
    """The names in order; the count behind a list goes with it, as it does in List."""
    names = [re.sub(r"\s*(=.*|\{\})$", "", part.strip(), flags=re.S).split()[-1].lstrip("*")
             for part in body.split(";") if part.strip()]
    return [name for name in names if not name.endswith("_count")]


def main():
    c_text = bare(sys.argv[2], "*.h")
    cpp_text = bare(sys.argv[3], "*.hpp")
    failed = 0
    for name in pathlib.Path(sys.argv[1]).read_text().split():
        if not FILLED_BY_OURSELVES.search(name) and not re.search(rf"\b{name}\b", cpp_text):
            print(f"{name} is not in the wrapper")
            failed += 1
    structs = dict(STRUCT.findall(c_text))
    mirrored = 0
    for ours, body in OURS.findall(cpp_text):
        target = re.search(r"FCEDGE_OPTIONS_\((\w+)\)", body)
        if not target:
            continue
        mirrored += 1
        want = members(structs[target.group(1)])
        have = members(body[:target.start()])
        if want != have:
            print(f"{ours} has the members {have}, {target.group(1)} has {want}")
            failed += 1
    print(f"{mirrored} structs of options, {failed} failures")
    return 1 if failed or mirrored < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
