#!/usr/bin/env bash
# Takes the pictures of the README: `gateway demo` with its own traffic, in a real browser. CHROMIUM names the browser,
# GATEWAY_PROGRAM the program.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/demo.sh
program=${GATEWAY_PROGRAM:-./gateway}
CHROMIUM=$(.ci/install-chromium.sh)
export CHROMIUM

export GATEWAY_TOKEN=gw_demo_for_the_pictures
log=$(mktemp)
trap 'stop_demos; rm -f "$log"' EXIT
start_demo "$log" "$program"
node web/pictures/take.mjs
