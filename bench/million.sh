#!/bin/bash
# million.sh [N]: N whole sign-ins (default 100000; give 1000000 a night) against one process, each a new
# browser through VNeID, the sandbox's: the process's memory on the way, and the rows of every table that
# grew. Sessions live for the shortest times that the settings allow, so that they end under way. Needs the
# release that ./run builds, Node.js, and sqlite3 or psql.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export BENCH_FLOWS=${1:-100000}
export MOTCUA_BIN=${MOTCUA_BIN:-$top/build/release/bin} MOTCUA_RATE_SIGN_IN=1000000 MOTCUA_LOG_LEVEL=${MOTCUA_LOG_LEVEL:-warn}
export MOTCUA_AUTH_SESSION_IDLE_S=${MOTCUA_AUTH_SESSION_IDLE_S:-60} MOTCUA_AUTH_SESSION_MAX_S=${MOTCUA_AUTH_SESSION_MAX_S:-300}
exec "$top/tests/stack.sh" node "$top/bench/million.mjs"
