#!/usr/bin/env bash
# Makes NijaFFI.xcframework for iOS, its simulator and macOS. Needs a Mac with Xcode, and the Rust targets:
#   rustup target add aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios aarch64-apple-darwin x86_64-apple-darwin
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

if [ "$(uname -s)" != Darwin ]; then
  echo "an XCFramework can only be made on a Mac with Xcode" >&2
  exit 2
fi

"$here/generate.sh"
cd "$root"
for triple in aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios aarch64-apple-darwin x86_64-apple-darwin; do
  # Only here as a static library: it is large.
  cargo rustc --quiet --release --package nija-mobile --lib --crate-type staticlib --target "$triple"
done

fat=$here/build/fat
mkdir -p "$fat/simulator" "$fat/macos"
lipo -create -output "$fat/simulator/libnija_mobile.a" \
  "$target/aarch64-apple-ios-sim/release/libnija_mobile.a" "$target/x86_64-apple-ios/release/libnija_mobile.a"
lipo -create -output "$fat/macos/libnija_mobile.a" \
  "$target/aarch64-apple-darwin/release/libnija_mobile.a" "$target/x86_64-apple-darwin/release/libnija_mobile.a"

rm -rf "$here/NijaFFI.xcframework"
xcodebuild -create-xcframework \
  -library "$target/aarch64-apple-ios/release/libnija_mobile.a" -headers "$here/build/include" \
  -library "$fat/simulator/libnija_mobile.a" -headers "$here/build/include" \
  -library "$fat/macos/libnija_mobile.a" -headers "$here/build/include" \
  -output "$here/NijaFFI.xcframework"
