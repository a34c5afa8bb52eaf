"""Prints the line coverage of each crate and its least covered files, from a summary of llvm-cov; fails below the floor.

    coverage_table.py SUMMARY FLOOR CRATE...
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Of each crate so many files are named, where they are below the floor.
NAMED = 8


def percent(lines):
    return 100 * sum(covered for covered, _ in lines) / max(1, sum(count for _, count in lines))


def product(name, crate):
    """Whether a file is of the crate itself, and not for its tests or those of other crates."""
    source = Path(crate) / "src"
    return name.is_relative_to(source) and not name.is_relative_to(source / "testing")


def main():
    summary, floor, crates = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    files = {}
    for file in json.loads(summary.read_text())["data"][0]["files"]:
        lines = file["summary"]["lines"]
        name = Path(file["filename"])
        if name.is_relative_to(ROOT):
            files[name.relative_to(ROOT)] = (lines["covered"], lines["count"])
    below = []
    for crate in crates:
        own = {name: lines for name, lines in files.items() if product(name, crate)}
        if not own:
            sys.exit(f"{crate}: no file of it is in {summary}")
        share = percent(own.values())
        covered, count = (sum(lines[at] for lines in own.values()) for at in (0, 1))
        print(f"{crate:12} {share:5.1f} %   {covered:6,} of {count:6,} lines, {len(own)} files")
        poor = sorted((percent([lines]), name) for name, lines in own.items())
        for part, name in poor[:NAMED]:
            if part < floor:
                print(f"    {part:5.1f} %   {name.relative_to(crate)}")
        if share < floor:
            below.append(crate)
    if below:
        sys.exit(f"below {floor:.0f} %: {', '.join(below)}")


main()
