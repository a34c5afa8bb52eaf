#!/usr/bin/env python3
"""Checks the syntax of the Swift sources, hand-written and generated, with tree-sitter.

There is no Swift compiler on Linux in this project's reach: types are checked on a Mac (see README.md). Also holds the
generated public surface against api/nija.api.txt (`--update` rewrites it). Needs `pip install -r requirements.txt`. Ends with `N passed, N failed`.
"""

import re
import sys
from pathlib import Path

import tree_sitter_swift
from tree_sitter import Language, Node, Parser

HERE = Path(__file__).resolve().parent
GENERATED = HERE / "Sources" / "Generated" / "Nija.swift"
SNAPSHOT = HERE / "api" / "nija.api.txt"
MACHINERY = re.compile(r"Ffi|Uniffi|uniffi|RustBuffer|ForeignBytes|NoHandle|init\(\) \{\}|unsafeFromHandle|errorDescription")
# Valid Swift, written by UniFFI, that this grammar does not know; replaced line for line before parsing.
GRAMMAR_GAPS = [
    # An attribute within `#if`, allowed since Swift 5.8.
    (re.compile(rb"^#if swift\(>=5\.8\)\n *@_documentation\(visibility: private\)\n#endif$", re.M), b"\n\n"),
    # A closure that returns the empty tuple.
    (re.compile(rb"\{ \(\) \}"), b"{ nil }"),
]
TYPE = re.compile(r"^(?P<access>public |open |private |fileprivate )?(?:final )?(?:class|struct|enum|protocol|extension) (?P<name>\w+)")
MEMBER = re.compile(r"^\s*(?P<words>(?:public |open )(?!class|struct|enum|protocol).*|case [A-Za-z]\w*\(?|func \w+\(.*)$")


def faults(node: Node) -> list[str]:
    """Where the tree is in error, as `line:column words`."""
    found = []
    pending = [node]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            line, column = node.start_point
            found.append(f"{line + 1}:{column + 1} {'missing ' + node.type if node.is_missing else 'syntax error'}")
        elif node.has_error:
            pending.extend(node.children)
    return sorted(found)


def sources() -> list[Path]:
    """Every Swift file there is; the generated one must be among them."""
    folders = [HERE / "Package.swift", *sorted((HERE / "Sources").rglob("*.swift")), *sorted((HERE / "Tests").rglob("*.swift"))]
    if GENERATED not in folders:
        sys.exit("Sources/Generated is missing: run ./generate.sh first")
    return folders


def surface(text: str) -> str:
    """The public declarations of the generated source, one a line with its type, without UniFFI's own machinery."""
    found, owner, protocol = set(), "", False
    lines = iter(re.sub(r"/\*.*?\*/", "", text, flags=re.S).splitlines())
    for line in lines:
        if kind := TYPE.match(line):
            shown = kind["access"] in ("public ", "open ") or line.startswith("extension")
            owner = kind["name"] if shown and not MACHINERY.search(kind["name"]) else ""
            owner = "" if owner.endswith(("Impl", "Protocol")) else owner
            protocol = " protocol " in line
            if owner and not line.startswith("extension"):
                found.add(tidy(line))
        elif owner and (member := MEMBER.match(line)):
            words = member["words"]
            # Elsewhere than in a protocol a bare `func` is not public.
            if words.startswith("func ") and not protocol:
                continue
            while words.count("(") > words.count(")"):
                words += " " + next(lines).strip()
            if not MACHINERY.search(words):
                found.add(f"{owner}: {tidy(words)}")
    return "\n".join(sorted(found)) + "\n"


def tidy(declaration: str) -> str:
    """Without its body and its accidents of spacing."""
    words = re.sub(r"\s*\{.*$", "", declaration)
    words = re.sub(r"\)\s*(async|throws)", r") \1", words)
    return re.sub(r"\s+", " ", words).replace("( ", "(").replace(" )", ")").strip()


def main() -> int:
    parser = Parser(Language(tree_sitter_swift.language()))
    passed = failed = 0
    for path in sources():
        source = path.read_bytes()
        if path == GENERATED:
            for gap, instead in GRAMMAR_GAPS:
                source = gap.sub(instead, source)
        found = faults(parser.parse(source).root_node)
        name = path.relative_to(HERE)
        if found:
            failed += 1
            print(f"FAILED {name}: {'; '.join(found[:5])}")
        else:
            passed += 1
            print(f"ok     {name}")

    now = surface(GENERATED.read_text(encoding="utf-8"))
    if "--update" in sys.argv[1:]:
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(now, encoding="utf-8")
    if SNAPSHOT.exists() and SNAPSHOT.read_text(encoding="utf-8") == now:
        passed += 1
        print("ok     the public surface is the one on record")
    else:
        failed += 1
        print("FAILED the public surface changed: parse_check.py --update if that is meant")

    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
