#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every C and C++ file is as clang-format leaves it: format.py ROOT [--fix]."""

import shutil
import subprocess
import sys

from files import ours

SUFFIXES = {".c", ".cc", ".cpp", ".h", ".hpp"}


def main():
    root = sys.argv[1]
    tool = shutil.which("clang-format-14")
    if tool is None:
        print("clang-format-14 is not installed")
        return 77
    sources = [str(path) for path in ours(root) if path.suffix in SUFFIXES]
    mode = ["-i"] if "--fix" in sys.argv else ["--dry-run", "--Werror", "--ferror-limit=1"]
    return subprocess.run([tool, "--style=file", *mode, *sources], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
