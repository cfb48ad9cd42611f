#!/usr/bin/env bash
# Makes sure that the Postgres server's programs are on this machine; the gateway runs them itself. Does nothing when they
# are there. Installs the system's package when this user may do so without being asked; else says what to do.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/postgres-programs.sh"
if postgres_programs >/dev/null; then
    exit 0
fi
if [ -n "${GATEWAY_PG_BIN:-}" ]; then
    echo "There are no Postgres programs (initdb, postgres; version 14 or later) in GATEWAY_PG_BIN=$GATEWAY_PG_BIN." >&2
    exit 1
fi

instructions() {
    cat >&2 <<'TEXT'

The gateway needs the Postgres server's programs (initdb and postgres, version 14 or later), and they are not here.
One of these brings them:

  Debian, Ubuntu   sudo mkdir -p /etc/postgresql-common &&
                   echo 'create_main_cluster = false' | sudo tee -a /etc/postgresql-common/createcluster.conf &&
                   sudo apt-get update && sudo apt-get install -y --no-install-recommends postgresql
                   (the first two lines keep the package from starting a server of its own)
  Fedora, RHEL     sudo dnf install -y postgresql-server
  Alpine           sudo apk add postgresql
  Arch             sudo pacman -S postgresql
  macOS            brew install postgresql@17

Where they are in an unusual place, set GATEWAY_PG_BIN to their directory. Or use a server that runs already:
set GATEWAY_POSTGRES_DSN=postgres://user:password@host/database
TEXT
    exit 1
}

# As root, or through a sudo that asks nothing.
root=()
may_install=yes
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then root=(sudo -n); else may_install=; fi
fi
as_root() { ${root[@]+"${root[@]}"} "$@"; }

if command -v brew >/dev/null && [ "$(id -u)" -ne 0 ]; then
    echo "Installing Postgres with Homebrew." >&2
    brew install postgresql@17 >&2 || instructions
elif [ -z "$may_install" ]; then
    instructions
elif command -v apt-get >/dev/null; then
    echo "Installing Debian's postgresql package; it will not run a server of its own." >&2
    conf=/etc/postgresql-common/createcluster.conf
    if ! grep -Eqs '^[[:space:]]*create_main_cluster[[:space:]]*=[[:space:]]*false' "$conf"; then
        as_root mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' | as_root tee -a "$conf" >/dev/null
    fi
    # A source that does not answer is no reason to stop: the package may come from another.
    as_root apt-get update -qq >&2 || true
    as_root env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Options::=--force-confold postgresql >&2 || instructions
elif command -v dnf >/dev/null; then
    echo "Installing the postgresql-server package." >&2
    as_root dnf install -y -q postgresql-server >&2 || instructions
elif command -v apk >/dev/null; then
    echo "Installing the postgresql package." >&2
    as_root apk add --quiet postgresql >&2 || instructions
else
    instructions
fi
postgres_programs >/dev/null || instructions
