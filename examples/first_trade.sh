#!/usr/bin/env bash
# The API by curl, from sign-up to a position: starts a server and a simulated Kraken of its own, or uses a running one.
#
# Needs curl, python3 (to read JSON) and the `nija` command (`cargo build -p nija-server`).
set -euo pipefail
cd "$(dirname "$0")/.."
NIJA_BIN="${NIJA_BIN:-target/debug/nija}"
WORK="$(mktemp -d)"
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$WORK"' EXIT

json() { python3 -c 'import json,sys; d=json.load(sys.stdin)
for k in sys.argv[1].split("."): d=d[int(k)] if k.isdigit() else d[k]
print(d)' "$1"; }
first_line() { # waits for a process to say its first line
    for _ in $(seq 300); do [ -s "$1" ] && head -n 1 "$1" && return; sleep 0.1; done
    echo "nothing came from ${1##*/}" >&2; return 1
}

"$NIJA_BIN" sim --venue kraken --json >"$WORK/sim" 2>"$WORK/sim.log" &
SIM="$(first_line "$WORK/sim")"
KRAKEN="kraken=$(json rest <<<"$SIM"),$(json ws_public <<<"$SIM"),$(json ws_private <<<"$SIM")"
"$NIJA_BIN" serve --json --listen 127.0.0.1:0 --data-dir "$WORK/data" --venue "$KRAKEN" >"$WORK/serve" 2>"$WORK/serve.log" &
NIJA_URL="$(first_line "$WORK/serve" | json url)"
api() { # METHOD PATH [JSON]
    curl --silent --show-error --fail-with-body --request "$1" "$NIJA_URL/v1$2" \
        ${TOKEN:+--header "Authorization: Bearer $TOKEN"} \
        ${3:+--header 'Content-Type: application/json' --data "$3"}
}

# 1. Sign up.
EMAIL="first-trade-$RANDOM$RANDOM@example.org"
SESSION="$(api POST /auth/signup "{\"email\":\"$EMAIL\",\"password\":\"$(head -c 18 /dev/urandom | base64)\"}")"
TOKEN="$(json access_token <<<"$SESSION")"
echo "signed up as $EMAIL"

# 2. Connect the exchange: the key is sealed here, and the server sees only ciphertext.
USER="$(json user.id <<<"$SESSION")"
KEY="$(python3 -c 'import json,sys; a=json.load(sys.stdin)["accounts"][0]; print(json.dumps({"key":a["key"],"secret":a["secret"]}))' <<<"$SIM")"
SEALED="$("$NIJA_BIN" seal --sealing-key "$(api GET /credentials/sealing-key)" --user "$USER" --venue kraken --label mine <<<"$KEY")"
echo "connected: $(api POST /credentials/store "$SEALED" | json venue)"

# 3. What would this order do? Nothing is sent.
ORDER='{"client_order_id":"first-trade","symbol":"BTC-USD","side":"buy","size":"25","venue":"kraken"}'
api POST '/orders?dry_run=true' "$ORDER" | json route.reason

# 4. Buy 25 USD of BTC, and wait for the end of it.
api POST '/orders?wait_ms=10000' "$ORDER" >"$WORK/order"
echo "order $(json id <"$WORK/order"): $(json state <"$WORK/order"), $(json filled <"$WORK/order") at $(json average_price <"$WORK/order")"

# 5. The same id again is the same order: nothing is bought twice.
[ "$(api POST /orders "$ORDER" | json id)" = "$(json id <"$WORK/order")" ]
echo "sent again: still one order"

# 6. The position.
api GET /positions/open | python3 -c 'import json,sys
(p,) = json.load(sys.stdin)
print("position:", p["side"], p["quantity"], p["symbol"], "from", p["entry_price"])'
