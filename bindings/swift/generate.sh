#!/usr/bin/env bash
# Builds the native library and generates the Swift sources from it: Sources/Generated/Nija.swift and, for the
# XCFramework, build/include (header and module map). Neither is committed. Works on Linux and on a Mac.
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
"$target/debug/uniffi-bindgen" generate --library "$library" --language swift --no-format --out-dir "$new"
rm -rf "$here/Sources/Generated" "$here/build/include"
mkdir -p "$here/Sources/Generated" "$here/build/include"
cp "$new/Nija.swift" "$here/Sources/Generated/"
cp "$new/NijaFFI.h" "$here/build/include/"
# XCFrameworks look for this name.
cp "$new/NijaFFI.modulemap" "$here/build/include/module.modulemap"
echo "bindings/swift/Sources/Generated is up to date"
