#!/usr/bin/env bash
# The dashboard's unit tests; the real clients (OpenAI's SDKs, the Codex CLI, MCP's SDKs) and a real browser against
# `gateway demo`, which has a real issuer of OpenID Connect; and the API against its own document. Called by `make test`,
# which built the program and the dashboard. CHROMIUM names the browser.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/demo.sh
root=$PWD
program=${GATEWAY_PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/gateway}
clients=tests/e2e
# Browser tests side by side, each on a gateway of its own: nobody changes what another looks at.
workers=3

.ci/install-clients.sh
python=$clients/.venv/bin/python

export GATEWAY_DEMO_POOL=1
export GATEWAY_TOKEN=gw_demo_for_the_tests
dir=$(mktemp -d)
# It ends with its standard input.
exec 3> >(cd "$clients" && exec node oidc-server.js >"$dir/issuer" 2>"$dir/issuer.log")
for _ in $(seq 1 100); do [ -s "$dir/issuer" ] && break; sleep 0.1; done
ISSUER_URL=$(cat "$dir/issuer")
[ -n "$ISSUER_URL" ] || { cat "$dir/issuer.log" >&2; exit 1; }
export ISSUER_URL
fuzz=
trap '[ -z "$fuzz" ] || kill "$fuzz" 2>/dev/null || true; stop_demos; rm -rf "$dir"' EXIT

urls=() simulators=()
for worker in $(seq 1 $workers); do
  # Not the ports of a sign-in that a person may have open beside it.
  cat >"$dir/config-$worker.json" <<JSON
{"chatgpt": {"callback_ports": [$(free_port)]},
 "access": {"oidc": [{"name": "corp", "display_name": "Example Corp", "issuer": "$ISSUER_URL", "client_id": "gateway",
   "client_secret": "the-gateway's-client-secret", "scopes": ["openid", "email", "profile", "groups"], "roles": {"ops": "operator"}}]}}
JSON
  GATEWAY_CONFIG=$dir/config-$worker.json start_demo "$dir/gateway-$worker.log" "$program"
  urls+=("$GATEWAY_URL") simulators+=("$SIMULATOR_URL")
done
export GATEWAY_URL=${urls[0]} SIMULATOR_URL=${simulators[0]}

failed=()
# `part NAME COMMAND...`: goes on when it fails, and keeps what it prints.
part() {
  local name=$1
  shift
  ("$@") 2>&1 | tee "$dir/$name.out" || failed+=("$name")
}
node_clients() { cd "$clients" && node --test --test-concurrency=1; }
python_clients() { cd "$clients" && "$root/$python" -m unittest -v test_openai_sdk test_mcp_sdk; }
browser() { cd web && GATEWAY_URL="${urls[*]}" SIMULATOR_URL="${simulators[*]}" npm run --silent test:browser; }
units() { cd web && npm run --silent test; }
# On a gateway of its own, beside what needs none and the clients, which wait most of the time.
.ci/fuzz.sh >"$dir/fuzz.out" 2>&1 &
fuzz=$!
# One after the other: they script the same accounts.
part node-clients node_clients
part python-clients python_clients
part units units
wait "$fuzz" || failed+=(fuzz)
fuzz=
cat "$dir/fuzz.out"
part browser browser
[ ${#failed[@]} = 0 ] && exit

for log in "$dir"/gateway-*.log; do
  echo "--- $(basename "$log")"
  tail -n 20 "$log" | cut -c -300
done
# Last, where who looks for the reason looks first.
for name in "${failed[@]}"; do
  echo "--- failed: $name"
  sed 's/\x1b\[[0-9;]*m//g' "$dir/$name.out" | grep -E '^ *(FAIL|not ok|ERROR:|FAIL:|✖|- )|Error: |Test Case ID|panicked' | cut -c -200 |
    awk '!seen[$0]++' | tail -n 40 || true
done
exit 1
