# SPDX-License-Identifier: Apache-2.0
"""Which files are ours."""

import pathlib
import subprocess

SKIPPED_DIRECTORIES = {".git", "node_modules", "__pycache__"}


def ours(root):
    """All files of the repository, also those not yet added, none that git ignores."""
    root = pathlib.Path(root)
    try:
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"],
            cwd=root, check=True, capture_output=True,
        ).stdout.decode().split("\0")
        paths = [root / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        # An unpacked archive: there is no git to ask.
        paths = [
            path for path in root.rglob("*")
            if not SKIPPED_DIRECTORIES & set(path.relative_to(root).parts)
            and not path.relative_to(root).parts[0].startswith("build")
        ]
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())
