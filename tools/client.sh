# Sourced by the suites of clients that others wrote: client NAME installs one into an environment of its own, and lets it at the simulator.

client() {
    local name=$1 venv="$ROOT/target/venv-$1"
    cargo build --quiet --package nija-sim --bin nija-sim
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r "tests/clients/$name/requirements.txt"
    NIJA_SIM_BIN="$(built nija-sim)" "$venv/bin/python" "tests/clients/$name/run.py"
}
