#!/usr/bin/env bash
# Takes the pictures of the README: `gateway demo` with its own traffic, in a real browser. CHROMIUM names the browser,
# GATEWAY_PROGRAM the program.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${GATEWAY_PROGRAM:-./gateway}
CHROMIUM=$(.ci/install-chromium.sh)
export CHROMIUM

free_port() { node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
port=$(free_port)
simulator=$(free_port)
export GATEWAY_URL=http://127.0.0.1:$port GATEWAY_TOKEN=gw_demo_for_the_pictures
log=$(mktemp)
"$program" demo --quiet --port "$port" --simulator-port "$simulator" >"$log" 2>&1 &
gateway=$!
stop() { kill "$gateway" 2>/dev/null && wait "$gateway" || true; }
trap 'stop; rm -f "$log"' EXIT
for _ in $(seq 1 300); do
  "$program" health --port "$port" >/dev/null 2>&1 && break
  kill -0 "$gateway" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.2
done
node web/pictures/take.mjs
