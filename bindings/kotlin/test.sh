#!/usr/bin/env bash
# Generates, builds and runs the Kotlin tests on the JVM against a real `nija serve`; prints surefire's counts.
# NIJA_BIN names another server; NIJA_UPDATE_API=1 rewrites api/nija.api.txt; MVN_FLAGS adds flags, such as -o.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

"$here/generate.sh"
if [ -z "${NIJA_BIN:-}" ]; then
  (cd "$root" && cargo build --quiet --package nija-server --bin nija)
  NIJA_BIN=$target/debug/nija
fi
export NIJA_BIN

cd "$here"
# Maven leaves classes whose source is gone, and the record of the public surface would hold them still.
rm -rf target/classes target/test-classes
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Not `-q`: surefire's closing line is the report. The rest of Maven's talk is left out unless something fails.
if mvn --batch-mode --no-transfer-progress ${MVN_FLAGS:-} "-Dnija.native=$target/debug" test >"$log" 2>&1; then
  grep -E '^\[(INFO|WARNING)\] Tests run:' "$log"
else
  cat "$log"
  # Last, where a log that is cut short still shows it.
  grep -E '^\[ERROR\] +[A-Za-z]+Test|^\[ERROR\] Tests run:' "$log" | cut -c1-300 || true
  exit 1
fi
