# Sourced. postgres_programs prints the directory of the newest initdb and postgres, version 14 or later, as the gateway
# itself finds them (src/store/embedded/programs.rs): GATEWAY_PG_BIN and no other place, else the path and the usual places.
postgres_programs() {
    local dir version major best= best_major=13
    local -a dirs
    if [ -n "${GATEWAY_PG_BIN:-}" ]; then
        dirs=("$GATEWAY_PG_BIN")
    else
        IFS=: read -r -a dirs <<<"$PATH"
        dirs+=(/usr/lib/postgresql/*/bin /usr/lib/postgresql*/bin /usr/libexec/postgresql* /usr/pgsql-*/bin
            /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin
            /home/linuxbrew/.linuxbrew/opt/postgresql*/bin /Applications/Postgres.app/Contents/Versions/*/bin
            /opt/local/lib/postgresql*/bin)
    fi
    for dir in "${dirs[@]}"; do
        [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] || continue
        # postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)
        version=$("$dir/postgres" --version 2>/dev/null) || continue
        version=${version#*(PostgreSQL) }
        major=${version%%[!0-9]*}
        if [ -n "$major" ] && [ "$major" -gt "$best_major" ]; then
            best=$dir best_major=$major
        fi
    done
    [ -n "$best" ] && printf '%s\n' "$best"
}
