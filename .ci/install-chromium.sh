#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests. CHROMIUM names one; else one that is there is taken; else
# Debian's is installed where that is allowed. All but the path goes to standard error.
set -euo pipefail

if [ -n "${CHROMIUM:-}" ]; then
  command -v "$CHROMIUM" || {
    echo "CHROMIUM is set to $CHROMIUM, and there is no such program" >&2
    exit 1
  }
  exit 0
fi

find_chromium() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if command -v "$name"; then return 0; fi
  done
  return 1
}

if find_chromium; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  # Ask for a password only where somebody can answer.
  if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=(sudo)
  else
    as_root=(false)
  fi
fi

if command -v apt-get >/dev/null && [ "${as_root[*]:-}" != false ]; then
  {
    echo "installing Chromium for the browser tests"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -q --no-install-recommends chromium fonts-liberation
  } >&2
  if find_chromium; then exit 0; fi
fi

cat >&2 <<'TEXT'
The browser tests need Chromium, and there is none. Install it, for instance
  Debian, Ubuntu:  sudo apt-get install chromium
  Fedora:          sudo dnf install chromium
  macOS:           brew install --cask chromium
or set CHROMIUM to the path of one.
TEXT
exit 1
