#!/usr/bin/env bash
# The real clients (OpenAI's SDKs, the Codex CLI, MCP's SDKs) and a real browser against `gateway demo`, which has a real
# issuer of OpenID Connect, and the API against its own document. Called by `make test`, which built the program and the dashboard. CHROMIUM names the browser.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/demo.sh
root=$PWD
program=${GATEWAY_PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/gateway}
clients=tests/e2e

.ci/install-clients.sh
python=$clients/.venv/bin/python

export GATEWAY_DEMO_POOL=1
export GATEWAY_TOKEN=gw_demo_for_the_tests
dir=$(mktemp -d)
log=$dir/log
# It ends with its standard input.
exec 3> >(cd "$clients" && exec node oidc-server.js >"$dir/issuer" 2>"$dir/issuer.log")
for _ in $(seq 1 100); do [ -s "$dir/issuer" ] && break; sleep 0.1; done
ISSUER_URL=$(cat "$dir/issuer")
[ -n "$ISSUER_URL" ] || { cat "$dir/issuer.log" >&2; exit 1; }
export ISSUER_URL GATEWAY_CONFIG=$dir/config.json
cat >"$GATEWAY_CONFIG" <<JSON
{"access": {"oidc": [{"name": "corp", "display_name": "Example Corp", "issuer": "$ISSUER_URL", "client_id": "gateway",
  "client_secret": "the-gateway's-client-secret", "scopes": ["openid", "email", "profile", "groups"], "roles": {"ops": "operator"}}]}}
JSON
trap 'stop_demo; rm -rf "$dir"' EXIT
start_demo "$program" "$log"

failed=0
# One after the other: they script the same accounts.
(cd "$clients" && node --test --test-concurrency=1) || failed=1
(cd "$clients" && "$root/$python" -m unittest -v test_openai_sdk test_mcp_sdk) || failed=1
(cd web && npm run --silent test:browser) || failed=1
.ci/fuzz.sh || failed=1
[ "$failed" = 0 ] || { echo "--- the gateway's log"; tail -n 50 "$log"; }
exit "$failed"
