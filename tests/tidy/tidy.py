#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The law of the house as a test: tidy.py ROOT prints each offence as FILE:LINE: SENTENCE."""

import fnmatch
import pathlib
import re
import sys

from files import ours

LINE_MAX = 100
FILE_MAX = 500

# Lower rooms first; rooms of one level never include each other. Any room may count in metrics.
LEVELS = [
    ["base"],
    ["metrics"],
    ["loop"],
    ["net"],
    ["http"],
    ["auth"],
    ["pubsub", "mesh", "cache", "geo", "db"],
    ["engine"],
]
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

# Which files of the library may include which foreign header.
FOREIGN = [
    ("uv.h", ["loop/*", "net/*"]),
    ("uv/*", ["loop/*", "net/*"]),
    (
        "wolfssl/*",
        ["base/crypto.cc", "base/signature.cc", "base/wolfssl_options.h", "net/tls_*.cc"],
    ),
    ("llhttp.h", ["http/h1_parser.cc", "http/h1_response_parser.cc"]),
    ("liburing.h", ["net/uring.cc"]),
    ("zlib.h", ["http/ws_deflate.cc", "http/compress_gzip.cc"]),
    ("brotli/*", ["http/compress_br.cc"]),
    ("zstd.h", ["http/compress_zstd.cc"]),
    ("nlohmann/*", ["base/json.cc"]),
    # h2_answer.h is the inside of the codec, and for its files only.
    ("nghttp2/*", ["http/h2_*.cc", "http/h2_answer.h"]),
    ("doctest/*", []),
    ("maxminddb.h", []),
]

SOURCES = {
    ".c", ".cc", ".cpp", ".h", ".hpp", ".py", ".sh", ".mjs", ".js", ".ts", ".build", ".css", ".html"
}
TEXT = SOURCES | {".md", ".txt", ".toml", ".service", ".json", ".map", ".cnf", ".java", ".lua"}
# Names without a suffix that are scripts or text all the same.
TEXT_NAMES = {"run", ".gitignore", ".editorconfig", ".clang-format", "meson_options.txt"}
NO_SPDX = {".html", ".css", ".js", ".md", ".json"}

# Written in two halves, so that this file does not offend itself.
LEFTOVERS = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b"
    + r"|\bfor " + r"now\b"
)
PLACES = re.compile(
    "/" + r"(work|root|home/[a-z]+)/"
    + r"|\b(deb\.debian|security\.debian|registry\.npmjs|pypi|files\.pythonhosted|crates"
    + r"|proxy\.golang|repo1?\.maven|deb\.nodesource)\.(org|com|io)\b"
)
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]')


class Tidy:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.offences = 0

    def tell(self, path, line, sentence):
        print(f"{path}:{line}: {sentence}")
        self.offences += 1

    def check_text(self, path, text):
        lines = text.split("\n")
        if text and not text.endswith("\n"):
            self.tell(path, len(lines), "no newline at the end")
        if len(lines) - 1 > FILE_MAX:
            self.tell(path, FILE_MAX, f"{len(lines) - 1} lines; {FILE_MAX} is the most")
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_MAX and path.suffix != ".md" and "://" not in line:
                self.tell(path, number, f"{len(line)} columns; {LINE_MAX} is the most")
            if "\t" in line:
                self.tell(path, number, "a tab")
            if line != line.rstrip():
                self.tell(path, number, "space at the end of the line")
            if LEFTOVERS.search(line):
                self.tell(path, number, "a leftover: finish it, or file an issue")
            if PLACES.search(line):
                self.tell(path, number, "names a place that others do not have")

    def check_spdx(self, path, text):
        if "SPDX-License-Identifier: " not in "\n".join(text.split("\n", 5)[:5]):
            self.tell(path, 1, "no SPDX line")

    def check_includes(self, path, text):
        """`path` is libfcedge/room/file."""
        place = str(path.relative_to("libfcedge"))
        room = path.parts[1]
        for number, line in enumerate(text.split("\n"), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            kind, name = match.groups()
            other = name.split("/")[0]
            if kind == '"':
                if other not in LEVEL or "/" not in name:
                    self.tell(path, number, f'"{name}": own headers are named room/file.h')
                elif other != room and LEVEL[other] >= LEVEL.get(room, 0):
                    self.tell(path, number, f"{room} may not include {other}")
            for pattern, places in FOREIGN:
                if fnmatch.fnmatch(name, pattern) and not any(
                    fnmatch.fnmatch(place, allowed) for allowed in places
                ):
                    self.tell(path, number, f"<{name}> belongs in {', '.join(places) or 'tests'}")

    def check_public_header(self, path, text):
        for number, line in enumerate(text.split("\n"), 1):
            match = INCLUDE.match(line)
            if match and not re.match(r"fcedge/|std\w+\.h$", match.group(2)):
                self.tell(path, number, f"a public header includes {match.group(2)}")

    def check_scripts(self, path, file, text):
        if text.startswith("#!") and not file.stat().st_mode & 0o111:
            self.tell(path, 1, "begins with #! and is not executable")

    def run(self):
        for file in ours(self.root):
            path = file.relative_to(self.root)
            if path.name == "LICENSE" or "corpus" in path.parts:
                continue
            if path.suffix not in TEXT and path.name not in TEXT_NAMES:
                continue
            text = file.read_text(errors="replace")
            self.check_text(path, text)
            self.check_scripts(path, file, text)
            if path.suffix in SOURCES - NO_SPDX or path.name == "run":
                self.check_spdx(path, text)
            if path.parts[0] == "libfcedge" and len(path.parts) > 2:
                self.check_includes(path, text)
            if path.parts[0] == "include":
                self.check_public_header(path, text)
        print(f"{self.offences} offences")
        return 1 if self.offences else 0


if __name__ == "__main__":
    sys.exit(Tidy(sys.argv[1]).run())
