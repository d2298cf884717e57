#!/bin/bash
# recon_store.sh [N [ENGINE...]]: a day of N payments (default 1,000,000) from taking the portal's file
# to its signed end against the database, on a scratch PostgreSQL with its default durability and on
# SQLite. One payment goes through the product; its rows are copied N times with names of their own,
# with the hash chains of the books, to BENCH_AGENCIES bodies. Left out are what the measured steps do
# not read: jobs, papers, and above 10,000 payments receipts, the lines of orders and their history. Up
# to there, or with BENCH_VERIFY=1, the books are proved before and after. Some hundred payments are
# absent, twice, unknown or of another amount. While rows are loaded, and only then, the server need not
# wait for the disk and indexes are made afterwards.
# Needs a release (cmake --preset release && ninja -C build/release motcua bench_payments
# bench_recon_store), PostgreSQL 15, sqlite3, psql and Node.js.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
bin=${MOTCUA_BIN:-$top/build/release/bin}
n=${1:-1000000}
[ $# -gt 0 ] && shift
engines=${*:-postgresql sqlite}
agencies=${BENCH_AGENCIES:-200}
postgres=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
scratch=$(mktemp -d "${BENCH_DIR:-/var/tmp}/motcua-recon-XXXXXX") # a disk: /tmp may be memory
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

mkdir -p "$scratch/pg" "$scratch/var" "$scratch/one" "$scratch/many"
chmod 755 "$scratch"
[ "$(id -u)" != 0 ] || chown postgres "$scratch/pg"
as_postgres "$postgres/initdb" -D "$scratch/pg/data" -U motcua -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
as_postgres "$postgres/pg_ctl" -D "$scratch/pg/data" -w -l "$scratch/pg/log" start \
    -o "-c listen_addresses='' -k $scratch/pg ${BENCH_POSTGRES:-}" >/dev/null
export PGHOST=$scratch/pg PGUSER=motcua PGDATABASE=postgres PGOPTIONS=
ask() { psql -AtqX -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
[ "$(ask postgres 'SHOW fsync')$(ask postgres 'SHOW synchronous_commit')" = onon ]
ask postgres 'CREATE DATABASE one'
ask postgres 'CREATE DATABASE many'
BENCH_SERVER=$(as_postgres head -n 1 "$scratch/pg/data/postmaster.pid")
export BENCH_SERVER

# One agency of the sample tables, many times.
cp -r "$top/conf/fees" "$scratch/fees"
node -e '
const fs = require("fs"), file = process.argv[1], t = JSON.parse(fs.readFileSync(file));
const one = t.agencies.find((a) => a.id === "H56.14");
t.agencies = Array.from({ length: Number(process.argv[2]) + 1 }, (_, i) => ({ ...one, id: i ? `H56.${999 + i}` : one.id }));
fs.writeFileSync(file, JSON.stringify(t));
' "$scratch/fees/agencies.json" "$agencies"

port=$(free_port) portal_port=$(free_port)
export MOTCUA_STORE_ENGINE=postgresql MOTCUA_STORE_POSTGRESQL="host=$scratch/pg user=motcua dbname=one"
export MOTCUA_PAYMENTS_FEES_DIR=$scratch/fees MOTCUA_PORTAL_URL=http://127.0.0.1:$portal_port/pp
export MOTCUA_PORTAL_PAY_ORIGINS=http://127.0.0.1:8090 MOTCUA_LOG_LEVEL=warn
"$bin/bench_payments" portal "$portal_port" 2>"$scratch/portal.log" &
pids+=($!)
"$top/deploy/seed.sh" "$scratch/var" "$port" 8090 "$bin" >"$scratch/seed.log" 2>&1
conf=$scratch/var/motcua.conf
"$bin/bench_recon_store" one "$conf" >"$scratch/one/ids" 2>"$scratch/one.log"
for table in orders order_line order_event attempt journal posting receipt receipt_head; do
    ask one "COPY (SELECT * FROM $table ORDER BY 1, 2, 3) TO STDOUT" >"$scratch/one/$table.tsv"
done
"$bin/bench_recon_store" clone "$scratch" "$n" "$agencies"
tables="orders attempt journal posting ledger_head"
[ "$n" -gt 10000 ] || tables="$tables order_event order_line receipt receipt_head"
verify() {
    [ "$n" -gt 10000 ] && [ -z "${BENCH_VERIFY:-}" ] || "$bin/motcua" --conf "$conf" ledger verify
}

set_server() { ask postgres "ALTER SYSTEM $1" && ask postgres 'SELECT pg_reload_conf()' >/dev/null && sleep 1; }
load_postgresql() {
    local names indexes
    names=$(echo "$tables" | sed "s/[a-z_]*/'&'/g; s/' '/', '/g")
    indexes="FROM pg_indexes i WHERE schemaname = 'public' AND tablename IN ($names)
        AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
    set_server 'SET fsync = off'
    ask many "SELECT indexdef || ';' $indexes" >"$scratch/indexes.sql"
    ask many "SELECT 'DROP INDEX ' || indexname || ';' $indexes" | psql -qX -d many
    for table in $tables; do
        ask many "SET synchronous_commit = off; SET session_replication_role = replica; COPY $table FROM STDIN" <"$scratch/many/$table.tsv"
    done
    (echo 'SET maintenance_work_mem = 524288;' && cat "$scratch/indexes.sql") | psql -qX -v ON_ERROR_STOP=1 -d many
    ask many 'VACUUM ANALYZE'
    set_server 'RESET fsync'
    ask many 'CHECKPOINT'
    sync
    [ "$(ask postgres 'SHOW fsync')$(ask postgres 'SHOW synchronous_commit')" = onon ]
}
# Its tables are strict: what is imported is text, also where bytes are kept.
load_sqlite() {
    local db=$MOTCUA_STORE_SQLITE_FILE cells
    for table in $tables; do
        cells=$(sqlite3 "$db" "SELECT group_concat(CASE type WHEN 'BLOB' THEN 'CAST(' || name || ' AS BLOB)' ELSE name END)
            FROM pragma_table_info('$table')")
        sqlite3 -bail "$db" 'PRAGMA synchronous = OFF' "CREATE TEMP TABLE t AS SELECT * FROM $table WHERE 0" '.mode ascii' \
            '.separator "\t" "\n"' ".import --schema temp $scratch/many/$table.tsv t" \
            "INSERT INTO $table SELECT $cells FROM temp.t"
    done
    sqlite3 "$db" 'ANALYZE' 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
}

export MOTCUA_STORE_POSTGRESQL="host=$scratch/pg user=motcua dbname=many" MOTCUA_STORE_SQLITE_FILE=$scratch/many.db
for engine in $engines; do
    export MOTCUA_STORE_ENGINE=$engine
    "$bin/motcua" --conf "$conf" migrate >"$scratch/migrate.log" 2>&1
    "load_$engine"
    verify
    echo "$engine, load $(cut -d' ' -f1-3 /proc/loadavg)"
    if [ -n "${BENCH_STATEMENTS:-}" ] && [ "$engine" = postgresql ]; then
        ask many "ALTER SYSTEM SET log_min_duration_statement = ${BENCH_STATEMENTS}" && ask many 'SELECT pg_reload_conf()' >/dev/null
    fi
    "$bin/bench_recon_store" run "$conf" "$scratch/file.mc1"
    verify
    [ -z "${BENCH_AFTER:-}" ] || eval "$BENCH_AFTER"
done
