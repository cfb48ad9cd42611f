#!/usr/bin/env bash
# Installs the real programs that the tests drive the gateway with, and that it drives: OpenAI's SDKs, the Codex CLI, MCP
# clients and MCP servers. Once: a change of the lists installs anew.
set -euo pipefail
cd "$(dirname "$0")/../tests/e2e"

if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --no-audit --no-fund && touch node_modules/.package-lock.json
fi
if [ ! .venv/installed -nt requirements.txt ]; then
  if ! python3 -m venv .venv; then
    sudo=; [ "$(id -u)" = 0 ] || sudo="sudo -n"
    $sudo apt-get install -y -qq python3-venv >/dev/null 2>&1 ||
      { echo "the Python programs of the tests need python3 with venv (Debian: apt-get install python3-venv)" >&2; exit 1; }
    python3 -m venv .venv
  fi
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
  touch .venv/installed
fi
