#!/usr/bin/env bash
# The API by curl, from sign-up to a position, at a server and a simulated Kraken that live as long as this script.
#
# Needs curl, python3 (to read JSON) and the `nija` command (`cargo build -p nija-server`).
set -euo pipefail
cd "$(dirname "$0")/.."
NIJA_BIN="${NIJA_BIN:-${CARGO_TARGET_DIR:-target}/debug/nija}"
WORK="$(mktemp -d)"
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$WORK"' EXIT

json() { # PATH...: values of the JSON on standard input, one a line
    python3 -c 'import json,sys
text = json.load(sys.stdin)
for path in sys.argv[1:]:
    value = text
    for key in path.split("."): value = value[int(key) if key.isdigit() else key]
    print(value if isinstance(value, str) else json.dumps(value))' "$@"
}
first_line() { # waits for a process to say its first line
    for _ in $(seq 300); do [ -s "$1" ] && head -n 1 "$1" && return; sleep 0.1; done
    echo "nothing came from ${1##*/}:" >&2; cat "$1.log" >&2; return 1
}
api() { # METHOD PATH [JSON]
    curl --silent --show-error --fail-with-body --request "$1" "$NIJA_URL/v1$2" \
        ${TOKEN:+--header "Authorization: Bearer $TOKEN"} \
        ${3:+--header 'Content-Type: application/json' --data "$3"}
}

"$NIJA_BIN" sim --venue kraken --json >"$WORK/sim" 2>"$WORK/sim.log" &
SIM="$(first_line "$WORK/sim")"
KRAKEN="kraken=$(json rest ws_public ws_private <<<"$SIM" | paste -sd,)"
"$NIJA_BIN" serve --json --listen 127.0.0.1:0 --data-dir "$WORK/data" --venue "$KRAKEN" >"$WORK/serve" 2>"$WORK/serve.log" &
SERVE="$(first_line "$WORK/serve")"
NIJA_URL="$(json url <<<"$SERVE")"

# 1. Sign up.
EMAIL="first-trade-$RANDOM$RANDOM@example.org"
SESSION="$(api POST /auth/signup "{\"email\":\"$EMAIL\",\"password\":\"$(head -c 18 /dev/urandom | base64)\"}")"
{ read -r TOKEN; read -r USER_ID; } < <(json access_token user.id <<<"$SESSION")
echo "signed up as $EMAIL"

# 2. Connect the exchange: the key is sealed here, and the server sees only ciphertext.
KEY="$(python3 -c 'import json,sys; a=json.load(sys.stdin)["accounts"][0]; print(json.dumps({k: a[k] for k in ("key", "secret")}))' <<<"$SIM")"
SEALING_KEY="$(api GET /credentials/sealing-key)"
SEALED="$("$NIJA_BIN" seal --sealing-key "$SEALING_KEY" --user "$USER_ID" --venue kraken --label mine <<<"$KEY")"
echo "connected: $(api POST /credentials/store "$SEALED" | json venue)"

# 3. What would this order do? Nothing is sent.
ORDER='{"client_order_id":"first-trade","symbol":"BTC-USD","side":"buy","size":"25","venue":"kraken"}'
api POST '/orders?dry_run=true' "$ORDER" | json route.reason

# 4. Buy 25 USD of BTC, and wait for the end of it.
BOUGHT="$(api POST '/orders?wait_ms=10000' "$ORDER")"
{ read -r ID; read -r STATE; read -r FILLED; read -r PRICE; } < <(json id state filled average_price <<<"$BOUGHT")
echo "order $ID: $STATE, $FILLED at $PRICE"
[ "$STATE" = filled ]

# 5. The same id again is the same order: nothing is bought twice.
[ "$(api POST /orders "$ORDER" | json id)" = "$ID" ]
echo "sent again: still one order"

# 6. The position.
api GET /positions/open | python3 -c 'import json,sys
(p,) = json.load(sys.stdin)
print("position:", p["side"], p["quantity"], p["symbol"], "from", p["entry_price"])'
