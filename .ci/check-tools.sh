#!/usr/bin/env bash
# Says what is missing to build, and how to get it: check-tools.sh rust|web
set -euo pipefail

missing() {
  echo "$1 is missing: $2" >&2
  exit 1
}

case "$1" in
  rust)
    command -v "${CARGO:-cargo}" >/dev/null || missing cargo "install Rust 1.95 or newer, see https://rustup.rs"
    # ring, the TLS library's core, has parts in C.
    command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null ||
      missing "a C compiler" "install gcc or clang (Debian: apt-get install build-essential)"
    ;;
  web)
    command -v node >/dev/null || missing node "install Node.js 20.19 or newer with npm, see https://nodejs.org"
    command -v "${NPM:-npm}" >/dev/null || missing npm "install npm, see https://nodejs.org"
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
      missing "a newer Node.js" "found $(node --version), the dashboard needs 20.19 or newer"
    ;;
  *)
    echo "usage: check-tools.sh rust|web" >&2
    exit 2
    ;;
esac
