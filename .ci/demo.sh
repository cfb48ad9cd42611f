# Sourced. `start_demo PROGRAM LOG` starts `gateway demo` on free ports, waits until it serves, and exports GATEWAY_URL and
# SIMULATOR_URL; GATEWAY_TOKEN, and what else it reads from the environment, is the caller's. `stop_demo` ends it.

free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

start_demo() {
  local program=$1 log=$2 port simulator
  port=$(free_port)
  simulator=$(free_port)
  export GATEWAY_URL=http://127.0.0.1:$port SIMULATOR_URL=http://127.0.0.1:$simulator
  "$program" demo --quiet --port "$port" --simulator-port "$simulator" >"$log" 2>&1 &
  demo=$!
  for _ in $(seq 1 300); do
    "$program" health --port "$port" >/dev/null 2>&1 && break
    kill -0 "$demo" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.2
  done
}

stop_demo() { [ -z "${demo:-}" ] || { kill "$demo" 2>/dev/null && wait "$demo" || true; }; }
