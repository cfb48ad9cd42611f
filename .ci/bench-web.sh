#!/usr/bin/env bash
# Measures the dashboard in a real browser against `gateway demo`. Called by `make bench-web`, which built both. CHROMIUM
# names the browser.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/demo.sh
program=${GATEWAY_PROGRAM:-./gateway}

export GATEWAY_TOKEN=gw_demo_for_the_tests
export GATEWAY_DEMO_POOL=1
log=$(mktemp)
trap 'stop_demos; rm -f "$log"' EXIT
start_demo "$log" "$program"
cd web && npm run --silent bench
