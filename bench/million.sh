#!/bin/bash
# million.sh [N]: N whole sign-ins (default 100000; give 1000000 an hour or a night) against one process,
# each a new browser through VNeID, the sandbox's (with BENCH_PER_BROWSER=20 each browser signs in there
# once and at the portal 20 times over its session, many times faster): the process's memory on the way, and the rows of every table and the
# entries of the short-lived store that changed: before, in the middle, at the end, and when all has ended
# (BENCH_WAIT_S later). Everything lives for the shortest time that the settings allow, so that it ends under
# way. Needs the release that ./run builds, Node.js, and sqlite3 or psql.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export BENCH_FLOWS=${1:-100000}
export MOTCUA_BIN=${MOTCUA_BIN:-$top/build/release/bin} MOTCUA_RATE_SIGN_IN=1000000 MOTCUA_LOG_LEVEL=${MOTCUA_LOG_LEVEL:-warn}
export MOTCUA_AUTH_SESSION_IDLE_S=${MOTCUA_AUTH_SESSION_IDLE_S:-60} MOTCUA_AUTH_SESSION_MAX_S=${MOTCUA_AUTH_SESSION_MAX_S:-300}
export MOTCUA_AUTH_ACCESS_TTL_S=${MOTCUA_AUTH_ACCESS_TTL_S:-60} MOTCUA_AUTH_LOGIN_TTL_S=${MOTCUA_AUTH_LOGIN_TTL_S:-60}
exec "$top/tests/stack.sh" node "$top/bench/million.mjs"
