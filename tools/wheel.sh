# Sourced after lib.sh: builds the Python wheel and installs it into $VENV, beside what its tests need.

VENV="$ROOT/target/venv-python"
NEEDS="$ROOT/bindings/python/requirements-test.txt"
if ! cmp -s "$NEEDS" "$VENV/requirements.txt"; then
    python3 -m venv --clear "$VENV"
    "$VENV/bin/pip" install --quiet -r "$NEEDS"
    cp "$NEEDS" "$VENV/requirements.txt"
fi
rm -rf "$ROOT/target/wheels"
(cd "$ROOT/bindings/python" && "$VENV/bin/maturin" build --quiet --profile dev --interpreter "$VENV/bin/python" --out "$ROOT/target/wheels")
"$VENV/bin/pip" install --quiet --force-reinstall --no-deps "$ROOT"/target/wheels/nija-*.whl
