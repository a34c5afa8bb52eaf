#!/usr/bin/env bash
# Generates the Swift sources and checks the syntax of all of them, in a virtual environment of its own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${NIJA_SWIFT_VENV:-$root/target/swift-parse-venv}

"$here/generate.sh"
if ! "$venv/bin/python" -c 'import tree_sitter, tree_sitter_swift' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
fi
"$venv/bin/python" "$here/parse_check.py" "$@"
