#!/usr/bin/env bash
# Builds the native library and generates the Kotlin sources from it into src/generated (not committed).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

cd "$root"
cargo build --quiet --package nija-mobile --features cli
case $(uname -s) in
  Darwin) library=$target/debug/libnija_mobile.dylib ;;
  *) library=$target/debug/libnija_mobile.so ;;
esac

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"$target/debug/uniffi-bindgen" generate --library "$library" --language kotlin --no-format --out-dir "$new"
# Unchanged sources keep their time, so that nothing is compiled anew.
mkdir -p "$here/src/generated"
if ! diff -rq "$new" "$here/src/generated" >/dev/null 2>&1; then
  # The classes too: one that is no longer generated would linger there.
  rm -rf "$here/src/generated" "$here/target/classes"
  cp -r "$new" "$here/src/generated"
fi
echo "bindings/kotlin/src/generated is up to date"
