#!/usr/bin/env bash
# Asks a gateway on the simulated OpenAI everything that its OpenAPI document describes, rightly and wrongly, for so many
# seconds: fuzz.sh [SECONDS] [SEED]. No answer may be a 5xx, undocumented, or hold a trace or a secret. `make test` runs it
# for a minute, always with the same seed; more is for nights: .ci/fuzz.sh 3600 "$RANDOM"
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/demo.sh
seconds=${1:-60} seed=${2:-1}
program=${GATEWAY_PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/gateway}
python=tests/e2e/.venv/bin/python

.ci/install-clients.sh
dir=$(mktemp -d)
chmod 711 "$dir"
# Not the ports of a sign-in that a person may have open beside it.
echo "{\"chatgpt\": {\"callback_ports\": [$(free_port)]}}" >"$dir/config.json"
export GATEWAY_CONFIG=$dir/config.json
export GATEWAY_TOKEN=gw_fuzz_for_the_tests
# Whatever URL it is given: nothing leaves this machine.
nowhere=http://127.0.0.1:9
trap 'stop_demos; rm -rf "$dir"' EXIT
start_demo "$dir/log" env http_proxy=$nowhere https_proxy=$nowhere all_proxy=$nowhere no_proxy=127.0.0.1,localhost TMPDIR="$dir" \
  GATEWAY_LOG=info "$program"
"$program" openapi >"$dir/openapi.json"

failed=0
# /v1/events has no end. A token is sent, and left out to see that it is missed.
root=$PWD
(cd "$dir" && SCHEMATHESIS_HOOKS=fuzz_hooks PYTHONPATH=$root/tests/e2e PYTHONDONTWRITEBYTECODE=1 \
  "$root/$(dirname "$python")/schemathesis" --config-file "$root/tests/e2e/schemathesis.toml" run openapi.json \
  --url "$GATEWAY_URL" --header "Authorization: Bearer $GATEWAY_TOKEN" --max-time "$seconds" --seed "$seed") ||
  failed=1
kill -0 "${demos[0]}" 2>/dev/null || { echo "the gateway ended" >&2; failed=1; }
if grep -E 'panicked|request failed' "$dir/log" >&2; then failed=1; fi
[ "$failed" = 0 ] || { echo "--- the gateway's log"; tail -n 50 "$dir/log"; }
exit "$failed"
