#!/bin/bash
# stack.sh COMMAND...: starts motcua and the sandbox on free loopback ports with a fresh folder, runs
# the command, stops both. The command finds in its environment: MOTCUA_URL, SANDBOX_URL, STACK
# (the folder), MOTCUA_BIN, MOTCUA_PID, MOTCUA_PORT, SANDBOX_PORT. Stores are chosen as for motcua itself
# (MOTCUA_STORE_ENGINE, ...); with STACK_PRODUCTION=1 they are PostgreSQL and Redis of ./test.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
: "${MOTCUA_BIN:=$top/build/asan/bin}"
export NODE_OPTIONS="--require $top/tests/node18.cjs"
STACK=$(mktemp -d /tmp/motcua-stack-XXXXXX)

. "$top/tests/free_port.sh"
MOTCUA_PORT=$(free_port)
SANDBOX_PORT=$(free_port)
[ "$MOTCUA_PORT" != "$SANDBOX_PORT" ] || SANDBOX_PORT=$((SANDBOX_PORT + 1))
# STACK_HOST: another name of the loopback, for what browsers do for sites with a name only.
[ -z "${STACK_HOST:-}" ] || export MOTCUA_ISSUER=http://$STACK_HOST:$MOTCUA_PORT
MOTCUA_URL=${MOTCUA_ISSUER:-http://127.0.0.1:$MOTCUA_PORT}
SANDBOX_URL=http://127.0.0.1:$SANDBOX_PORT

if [ -n "${STACK_PRODUCTION:-}" ]; then
    schema=stack_${STACK##*-}
    schema=${schema,,}
    psql -q "$MOTCUA_TEST_POSTGRESQL" -c "CREATE SCHEMA $schema"
    export MOTCUA_STORE_ENGINE=postgresql
    export MOTCUA_STORE_POSTGRESQL="$MOTCUA_TEST_POSTGRESQL options='-csearch_path=$schema -cclient_min_messages=warning'"
    export MOTCUA_KV_ENGINE=redis MOTCUA_KV_REDIS=$MOTCUA_TEST_REDIS
fi

pids=()
stop() {
    status=$?
    trap - EXIT INT TERM
    [ ! -f "$STACK/motcua.pid" ] || pids+=("$(cat "$STACK/motcua.pid")")
    [ ${#pids[@]} = 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
    wait || true
    if [ $status != 0 ]; then
        for log in "$STACK"/*.log; do # one of them is the short-lived store's own, and binary
            ! grep -qI . "$log" || tail -vn 30 "$log" >&2
        done
    elif grep -lE 'Sanitizer|runtime error' "$STACK"/*.log; then
        grep -hE -A20 'Sanitizer|runtime error' "$STACK"/*.log | head -n 60 >&2
        status=1
    elif [ -s "$STACK/motcua.log" ] && ! log_is_clean; then
        status=1
    fi
    [ -z "${STACK_PRODUCTION:-}" ] || psql -q "$MOTCUA_TEST_POSTGRESQL" -c "DROP SCHEMA $schema CASCADE" 2>/dev/null || true
    rm -rf "$STACK"
    exit $status
}
# The log tells what happened without a secret, a key or the number of a person.
log_is_clean() {
    {
        cat "$STACK"/secrets/* "$STACK/seal.key"
        grep -hv -e '-----' "$STACK"/keys/*.pem
        cut -d, -f2 "$top/sandbox/people.csv" | tail -n +2
    } | grep -E '.{12,}' | sort -u >"$STACK/must_not_be_logged"
    ! grep -nF -f "$STACK/must_not_be_logged" "$STACK/motcua.log" >"$STACK/leaks" && return 0
    echo 'motcua.log holds a secret or a number of a person:' >&2
    cut -c1-400 "$STACK/leaks" | head -n 10 >&2
    return 1
}
trap stop EXIT
trap 'exit 1' INT TERM

wait_for() {
    for _ in $(seq 400); do
        curl -sf -o /dev/null "$1" && return 0
        kill -0 "$2" 2>/dev/null || break
        sleep 0.05
    done
    echo "no answer from $1" >&2
    return 1
}
"$top/deploy/seed.sh" "$STACK" "$MOTCUA_PORT" "$SANDBOX_PORT" "$MOTCUA_BIN"
"$MOTCUA_BIN/motcua-sandbox" --listen "127.0.0.1:$SANDBOX_PORT" --motcua "$MOTCUA_URL" \
    --secrets "$STACK/secrets" --data "$STACK/sandbox" --seeds "$top/sandbox" >>"$STACK/sandbox.log" 2>&1 &
pids+=($!)
wait_for "$SANDBOX_URL/healthz" $!
"$MOTCUA_BIN/motcua" --conf "$STACK/motcua.conf" serve >>"$STACK/motcua.log" 2>&1 &
MOTCUA_PID=$!
pids+=("$MOTCUA_PID")
wait_for "http://127.0.0.1:$MOTCUA_PORT/readyz" "$MOTCUA_PID"
export MOTCUA_URL SANDBOX_URL STACK MOTCUA_BIN MOTCUA_PID MOTCUA_PORT SANDBOX_PORT
"$@"
