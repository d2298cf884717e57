#!/bin/bash
# oidc_flow.sh: processor time that a server spends on one sign-in, motcua against npm oidc-provider 9,
# which runs twice: bare (in memory, opaque tokens), and doing what motcua does. The same run and the same
# client: code + PKCE (client_secret_basic), and FAPI 2.0 (PAR, DPoP, private_key_jwt, userinfo). The
# browser has a session everywhere. Needs the release that ./run builds, Node.js 20 or later and
# redis-server for the peer. BENCH_FLOWS, BENCH_ROUNDS, BENCH_WIDTH.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
[ -d "$top/bench/node_modules/ioredis" ] || (cd "$top/bench" && npm ci --no-audit --no-fund --ignore-scripts >/dev/null)
export MOTCUA_BIN=${MOTCUA_BIN:-$top/build/release/bin} MOTCUA_RATE_SIGN_IN=1000000 MOTCUA_LOG_LEVEL=${MOTCUA_LOG_LEVEL:-warn}
exec "$top/tests/stack.sh" node "$top/bench/oidc_flow.mjs"
