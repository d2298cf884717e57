#!/bin/bash
# payments.sh: payments that motcua takes in a second, from the portal's CONFIRM to the signed reply
# with money, journal and receipt numbers committed, against the fewest rows that any system would
# write for a payment, written by pgbench in one stored call or one pipeline (payments_peer.sql), in
# turns on the same scratch PostgreSQL with its default durability. Every notice makes motcua ask
# the portal (a stub that answers at once) before it believes it. Afterwards the books are proved.
# Needs a release (cmake --preset release && ninja -C build/release motcua bench_payments),
# PostgreSQL 15 and Node.js. BENCH_ORDERS, BENCH_SECONDS, BENCH_ROUNDS, BENCH_AGENCIES, BENCH_WIDTHS.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
bin=${MOTCUA_BIN:-$top/build/release/bin}
seconds=${BENCH_SECONDS:-8} rounds=${BENCH_ROUNDS:-3} agencies=${BENCH_AGENCIES:-200} widths=${BENCH_WIDTHS:-8 32}
orders=${BENCH_ORDERS:-60000}
postgres=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
scratch=$(mktemp -d "${BENCH_DIR:-/var/tmp}/motcua-payments-XXXXXX") # a disk: /tmp may be memory
. "$top/tests/free_port.sh"

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
pids=()
stop() {
    status=$?
    trap - EXIT INT TERM
    [ ${#pids[@]} = 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
    wait || true
    as_postgres "$postgres/pg_ctl" -D "$scratch/pg/data" -m immediate stop >/dev/null 2>&1 || true
    [ $status = 0 ] || tail -n 20 "$scratch"/*.log >&2 || true
    rm -rf "$scratch"
    exit $status
}
trap stop EXIT
trap 'exit 1' INT TERM

mkdir -p "$scratch/pg" "$scratch/var"
chmod 755 "$scratch"
[ "$(id -u)" != 0 ] || chown postgres "$scratch/pg"
as_postgres "$postgres/initdb" -D "$scratch/pg/data" -U motcua -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
as_postgres "$postgres/pg_ctl" -D "$scratch/pg/data" -w -l "$scratch/pg/log" start \
    -o "-c listen_addresses='' -k $scratch/pg ${BENCH_POSTGRES:-}" >/dev/null
export PGHOST=$scratch/pg PGUSER=motcua PGDATABASE=postgres PGOPTIONS=
ask() { psql -AtqX -d "$1" -c "$2"; }
[ "$(ask postgres 'SHOW fsync')$(ask postgres 'SHOW synchronous_commit')" = onon ]
ask postgres 'CREATE DATABASE motcua'
ask postgres 'CREATE DATABASE peer'

# One agency of the sample tables, many times: payments of one town hall take their numbers in turns.
cp -r "$top/conf/fees" "$scratch/fees"
node -e '
const fs = require("fs"), file = process.argv[1], t = JSON.parse(fs.readFileSync(file));
const one = t.agencies.find((a) => a.id === "H56.14");
t.agencies = Array.from({ length: Number(process.argv[2]) }, (_, i) => ({ ...one, id: i ? `H56.${1000 + i}` : one.id }));
fs.writeFileSync(file, JSON.stringify(t));
' "$scratch/fees/agencies.json" "$agencies"

port=$(free_port) portal_port=$(free_port)
export MOTCUA_STORE_ENGINE=postgresql MOTCUA_STORE_POSTGRESQL="host=$scratch/pg user=motcua dbname=motcua"
export MOTCUA_PAYMENTS_FEES_DIR=$scratch/fees MOTCUA_PORTAL_URL=http://127.0.0.1:$portal_port/pp
export MOTCUA_PORTAL_PAY_ORIGINS=http://127.0.0.1:8090 MOTCUA_LOG_LEVEL=warn
# What follows a payment (signing its receipts, fetching the portal's) waits until the end of the run.
export MOTCUA_JOBS_POLL_MS=600000 MOTCUA_JOBS_SETTLEMENT=false
"$bin/bench_payments" portal "$portal_port" 2>"$scratch/portal.log" &
pids+=($!)
"$top/deploy/seed.sh" "$scratch/var" "$port" 8090 "$bin" >"$scratch/seed.log" 2>&1
conf=$scratch/var/motcua.conf
echo "preparing $orders orders of $agencies agencies" >&2
PGOPTIONS='-c synchronous_commit=off' "$bin/bench_payments" prepare "$conf" "$orders" "$scratch/notices"
# Nobody but the notices asks the portal meanwhile.
ask motcua 'UPDATE attempt SET query_next_ms = query_next_ms + 36000000'
ask motcua 'VACUUM ANALYZE' && ask motcua 'CHECKPOINT'
"$bin/motcua" --conf "$conf" serve >>"$scratch/motcua.log" 2>&1 &
served=$!
pids+=($served)
for _ in $(seq 200); do
    ! curl -sf -o /dev/null "http://127.0.0.1:$port/readyz" || break
    sleep 0.05
done

# Hundredths of a second of motcua, and of the server's processes (the peer has none left by then).
ticks() {
    local postmaster
    postmaster=$(head -n 1 "$scratch/pg/data/postmaster.pid")
    echo "$(awk '{ print $14 + $15 }' "/proc/$served/stat") $(cat $(pgrep -P "$postmaster" | sed 's|.*|/proc/&/stat|') | awk '{ n += $14 + $15 } END { print n }')"
}

peer() { # SHAPE CLIENTS: payments a second
    psql -qX -d peer -v orders=150000 -f "$top/bench/payments_peer.sql" >/dev/null
    local done_n
    "$postgres/pgbench" -n -M prepared -c "$2" -j 2 -T "$seconds" -D turn=-1 -D width="$2" \
        -f "$top/bench/payments_$1.sql" peer >"$scratch/pgbench.log" 2>&1
    done_n=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$scratch/pgbench.log")
    [ "$(ask peer "SELECT (SELECT count(*) FROM payments) || ' ' || (SELECT count(*) FROM postings) || ' ' || (SELECT count(*) FROM orders WHERE state = 1)")" = "$done_n $((3 * done_n)) $done_n" ]
    sed -n 's/^tps = \([0-9]*\).*/\1/p' "$scratch/pgbench.log"
}

# What motcua does once at its start with all those orders (reports, the proof of its books) ends first.
quiet=0
for _ in $(seq 300); do
    [ "$(ask motcua "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'motcua' AND state <> 'idle'")" = 0 ] && quiet=$((quiet + 1)) || quiet=0
    [ "$quiet" -lt 20 ] || break
    sleep 0.1
done

used=0 accepted=0
load() { # CLIENTS SECONDS: sets replies, good, rate, p50, p99
    read -r replies good rate p50 p99 < <("$bin/bench_payments" load "$port" "$scratch/notices" "$used" "$1" "$2")
    used=$((used + replies)) accepted=$((accepted + good))
}
load 16 2 # each connection prepares its statements once
: >"$scratch/peer" >"$scratch/ours"
for round in $(seq "$rounds"); do
    for width in $widths; do
        for shape in call pipe; do
            echo "$shape.$width $(peer $shape "$width")" | tee -a "$scratch/peer" >&2
        done
        ask motcua CHECKPOINT
        cpu=$(ticks)
        load "$width" "$seconds"
        echo "processor of motcua and of its server, ms a payment: $(awk -v a="$cpu" -v b="$(ticks)" -v n="$good" 'BEGIN { split(a, x, " "); split(b, y, " "); printf "%.2f %.2f", (y[1] - x[1]) * 10 / n, (y[2] - x[2]) * 10 / n }')" >&2
        [ "$used" -lt "$orders" ] || echo 'all orders are used up: give more by BENCH_ORDERS' >&2
        echo "motcua.$width $rate $p50 $p99" | tee -a "$scratch/ours" >&2
    done
done

# Every accepted notice is one capture, one journal J2 and two receipts; numbers have no gaps.
facts=$(ask motcua "SELECT (SELECT count(*) FROM attempt WHERE state = 'captured') || ' ' ||
    (SELECT count(*) FROM journal WHERE kind = 'J2') || ' ' || (SELECT count(*) FROM receipt) / 2 || ' ' ||
    (SELECT count(*) FROM (SELECT agency_id FROM receipt GROUP BY agency_id, form, serial, year
        HAVING max(number) <> count(*) OR min(number) <> 1) gaps)")
read -r captured posted receipted gaps <<<"$facts"
[ "$captured $posted $receipted $gaps" = "$captured $captured $captured 0" ] && [ "$captured" = "$accepted" ] || { echo "books: $facts, accepted: $accepted of $used" >&2; exit 1; }
"$bin/motcua" --conf "$conf" ledger verify >&2
[ -z "${BENCH_AFTER:-}" ] || eval "$BENCH_AFTER"

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
best() { # FILE: the name with the greatest median, and it
    for name in $(cut -d' ' -f1 "$1" | sort -u); do
        echo "$name $(awk -v n="$name" '$1 == n { print $2 }' "$1" | median)"
    done | sort -k2n | tail -n 1
}
read -r peer_name peer_rate < <(best "$scratch/peer")
read -r our_name our_rate < <(best "$scratch/ours")
of() { awk -v n="$our_name" -v c="$1" '$1 == n { print $c }' "$scratch/ours" | median; }
echo "$our_name $our_rate/s, p50 $(of 3) ms, p99 $(of 4) ms; $peer_name $peer_rate/s; ratio $(awk -v a="$our_rate" -v b="$peer_rate" 'BEGIN { printf "%.3f", a / b }')"
