# Sourced. `start_demo LOG PROGRAM...` starts `gateway demo` on free ports, waits until it serves, and exports GATEWAY_URL and
# SIMULATOR_URL of the last one started; GATEWAY_TOKEN, and what else it reads from the environment, is the caller's.
# `stop_demos` ends all of them.

free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

demos=()

start_demo() {
  local log=$1 port simulator
  shift
  port=$(free_port)
  simulator=$(free_port)
  export GATEWAY_URL=http://127.0.0.1:$port SIMULATOR_URL=http://127.0.0.1:$simulator
  "$@" demo --quiet --port "$port" --simulator-port "$simulator" >"$log" 2>&1 &
  demos+=($!)
  for _ in $(seq 1 300); do
    "$@" health --port "$port" >/dev/null 2>&1 && return
    kill -0 $! 2>/dev/null || break
    sleep 0.2
  done
  cat "$log" >&2
  echo "gateway demo did not start" >&2
  exit 1
}

stop_demos() {
  local demo
  for demo in "${demos[@]}"; do kill "$demo" 2>/dev/null || true; done
  for demo in "${demos[@]}"; do wait "$demo" || true; done
}
