#!/usr/bin/env bash
# Runs a command with a throw-away Postgres server around it:
#
#     .ci/test-postgres.sh cargo nextest run
#
# The command finds the server's URL in GATEWAY_TEST_POSTGRES; its role may create databases. The server keeps nothing: it
# lives in memory where there is room, writes nothing to disk in earnest, and is gone afterwards, whatever the command did.
# When GATEWAY_TEST_POSTGRES is set already, that server is used and none is started.
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: $0 COMMAND [ARGUMENT]..." >&2
    exit 2
fi
if [ -n "${GATEWAY_TEST_POSTGRES:-}" ]; then
    exec "$@"
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/postgres-programs.sh"
if ! bin=$(postgres_programs); then
    echo "No Postgres programs (initdb, postgres; version 14 or later) were found. Run .ci/install-postgres.sh, or set" >&2
    echo "GATEWAY_PG_BIN to their directory, or GATEWAY_TEST_POSTGRES to the URL of a server for tests." >&2
    exit 1
fi

# In memory when there are two gigabytes to spare.
base=${TMPDIR:-/tmp}
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
    free=$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')
    if [ "${free:-0}" -ge $((2 * 1024 * 1024)) ]; then base=/dev/shm; fi
fi
dir=$(mktemp -d "$base/gateway-test.XXXXXX")
server=

clean_up() {
    trap '' INT TERM HUP
    trap - EXIT
    if [ -n "$server" ]; then
        # Immediate: there is nothing to keep.
        kill -QUIT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf -- "$dir"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Postgres refuses root. Where setpriv can, the server also ends when this script is killed.
as_server=(env LC_ALL=C TZ=UTC)
dying=()
if setpriv --help 2>/dev/null | grep -q -- --pdeathsig; then dying=(--pdeathsig QUIT); fi
if [ "$(id -u)" -eq 0 ]; then
    user=nobody
    if id -u postgres >/dev/null 2>&1; then user=postgres; fi
    # It has to pass through, and nobody has to look around.
    chmod 711 "$dir"
    if command -v setpriv >/dev/null; then
        as_server+=(setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups ${dying[@]+"${dying[@]}"})
    else
        as_server+=(runuser -u "$user" --)
    fi
elif [ ${#dying[@]} -gt 0 ]; then
    as_server+=(setpriv "${dying[@]}")
fi
mkdir -m 700 "$dir/data" "$dir/run"
if [ "$(id -u)" -eq 0 ]; then chown "$(id -u "$user"):$(id -g "$user")" "$dir/data" "$dir/run"; fi

give_up() {
    echo "The Postgres server for the tests does not start:" >&2
    tail -n 20 "$dir/log" >&2
    exit 1
}

# The server may not be able to enter where we are.
started_in=$PWD
cd "$dir"
"${as_server[@]}" "$bin/initdb" --pgdata "$dir/data" --username postgres --auth trust --encoding UTF8 \
    --locale C --no-sync --no-instructions >"$dir/log" 2>&1 || give_up
# Without psql, which is in a package of its own. No superuser: the gateway is none either, and it finds its roles made, as
# where an administrator gives it a database.
printf '%s\n' 'create role gateway login createdb' 'create role gateway_tenant nologin' \
    'create role gateway_work nologin' 'grant gateway_tenant, gateway_work to gateway' \
    'create database gateway owner gateway' |
    "${as_server[@]}" "$bin/postgres" --single -F -D "$dir/data" postgres >>"$dir/log" 2>&1 || give_up

# A process group of its own: Ctrl-C is for the command first.
set -m
"${as_server[@]}" "$bin/postgres" -D "$dir/data" -k "$dir/run" -c listen_addresses= -c port=5432 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c wal_level=minimal \
    -c max_wal_senders=0 -c max_connections=300 -c shared_buffers=128MB -c timezone=UTC -c log_timezone=UTC \
    >>"$dir/log" 2>&1 </dev/null &
server=$!
set +m
for _ in $(seq 1500); do
    case $(sed -n 8p "$dir/data/postmaster.pid" 2>/dev/null || true) in ready*) ready=yes && break ;; esac
    kill -0 "$server" 2>/dev/null || give_up
    sleep 0.02
done
[ "${ready:-}" = yes ] || give_up
cd "$started_in"

# A path in a URL's place for a host.
host=$(printf '%s' "$dir/run" | sed -e 's/%/%25/g' -e 's|/|%2F|g' -e 's/ /%20/g')
export GATEWAY_TEST_POSTGRES="postgres://gateway@$host:5432/gateway?sslmode=disable"

status=0
"$@" || status=$?
exit "$status"
