# Sourced by the scripts beside it: where things are, and how a missing Debian package is installed.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
TOOLS="$ROOT/target/tools"
cd "$ROOT"
# A relative one is of this folder, whatever folder a script goes to after this.
case "${CARGO_TARGET_DIR:-/}" in
    /*) ;;
    *) export CARGO_TARGET_DIR="$ROOT/$CARGO_TARGET_DIR" ;;
esac

say() { printf '==> %s\n' "$*" >&2; }

# built NAME: where `cargo build` puts a program.
built() { printf '%s\n' "${CARGO_TARGET_DIR:-$ROOT/target}/debug/$1"; }

# debian COMMAND PACKAGE...: installs the packages when the command is missing.
debian() {
    local command=$1
    shift
    command -v "$command" >/dev/null && return
    say "installing $*"
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    # Another process may hold the package lock; apt waits for it.
    $sudo apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
    DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" >&2
}

# fresh STAMP PATH...: whether the stamp is newer than every file below the paths.
fresh() {
    local stamp=$1
    shift
    [ -e "$stamp" ] && [ -z "$(find "$@" -newer "$stamp" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print -quit)" ]
}
