"""Version of a release: checks that all files agree on it, or sets it in all of them.

    python packaging/release/version.py check [TAG]     the version, and the changelog's section of a tag
    python packaging/release/version.py set X.Y.Z       everywhere; Unreleased becomes the section of today
    python packaging/release/version.py notes           the changelog's section of the version

Needs nothing but Python, so that it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHANGELOG = ROOT / "CHANGELOG.md"
# Where the version stands, each time as the only group, and how often.
PLACES = {
    "pyproject.toml": (r'^version = "(.*)"$', 1),
    "core/rlm_core/__init__.py": (r'^__version__ = "(.*)"$', 1),
    "packaging/mcpb/manifest.json": (r'^  "version": "(.*)",$', 1),
    "packaging/registry/server.json": (r'^ +"version": "(.*)",$', 2),
    "editor-clients/vscode/package.json": (r'^  "version": "(.*)",$', 1),
}
RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class ReleaseError(Exception):
    """What keeps this tree from being released, as a sentence."""


def main() -> int:
    """Runs one of the commands; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check").add_argument("tag", nargs="?", help="as v0.1.0")
    commands.add_parser("set").add_argument("version", help="as 0.1.0")
    commands.add_parser("notes")
    options = parser.parse_args()
    try:
        if options.command == "check":
            check(options.tag)
        elif options.command == "set":
            set_everywhere(options.version)
        else:
            sys.stdout.write(section(current()) + "\n")
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def current() -> str:
    """The version that all files agree on; raises `ReleaseError` where they do not."""
    found = {(path, version) for path in PLACES for version in _versions(path)}
    versions = {version for _, version in found}
    if len(versions) != 1:
        listed = ", ".join(f"{path} says {version}" for path, version in sorted(found))
        raise ReleaseError(
            f"The files disagree on the version: {listed}. version.py set X.Y.Z makes them agree."
        )
    return versions.pop()


def check(tag: str | None) -> None:
    """Raises `ReleaseError` where files disagree or where tag or changelog are about another version."""
    version = current()
    if tag is None:
        return
    if tag != f"v{version}":
        raise ReleaseError(
            f"The tag is {tag}, but the version is {version}: tag v{version}, or set the version."
        )
    section(version)
    if section("Unreleased"):
        raise ReleaseError(
            f"CHANGELOG.md has changes under Unreleased; they belong to {version} or to no tag yet."
        )


def set_everywhere(version: str) -> None:
    """Writes a version into every file, and dates the changelog's section."""
    if not RELEASE.fullmatch(version):
        raise ReleaseError(f"{version} is no version as 1.2.3.")
    if not section("Unreleased"):
        raise ReleaseError("CHANGELOG.md has nothing under Unreleased, so there is nothing to release.")
    for name, (pattern, _) in PLACES.items():
        _versions(name)
        path = ROOT / name
        text = path.read_text("utf-8")
        path.write_text(
            re.sub(pattern, lambda hit: hit[0].replace(hit[1], version), text, flags=re.MULTILINE), "utf-8"
        )
    heading = f"## [Unreleased]\n\n## [{version}] - {datetime.datetime.now(datetime.UTC).date()}"
    CHANGELOG.write_text(CHANGELOG.read_text("utf-8").replace("## [Unreleased]", heading, 1), "utf-8")


def section(name: str) -> str:
    """What the changelog says about a version, without the heading; raises `ReleaseError` if nothing."""
    heading = re.escape(f"[{name}]") + ("" if name == "Unreleased" else r" - \d{4}-\d\d-\d\d")
    found = re.search(
        rf"^## {heading}\n(.*?)(?=^## |\Z)", CHANGELOG.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    if not found or (not found[1].strip() and name != "Unreleased"):
        raise ReleaseError(
            f"CHANGELOG.md says nothing under '## [{name}]' with a date; version.py set writes it."
        )
    return found[1].strip()


def _versions(name: str) -> list[str]:
    pattern, count = PLACES[name]
    found = re.findall(pattern, (ROOT / name).read_text("utf-8"), re.MULTILINE)
    if len(found) != count:
        raise ReleaseError(f"{name} has {len(found)} lines like {pattern}, not {count}.")
    return found


if __name__ == "__main__":
    sys.exit(main())
