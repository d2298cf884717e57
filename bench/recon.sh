#!/bin/bash
# recon.sh [N...]: `motcua reconcile` against DuckDB on the same files in the same run, from files to
# classified exceptions on disk: wall clock, processor time and peak memory, the best of BENCH_ROUNDS in
# turns, on BENCH_THREADS. N payments, 1,000,000 and 10,000,000 unless told. Ours is checked against what
# the generator planted, DuckDB against the same counts. `npm ci` in bench/ first.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
rounds=${BENCH_ROUNDS:-3} threads=${BENCH_THREADS:-2}
[ $# -gt 0 ] || set -- 1000000 10000000

[ -f "$top/build/release/build.ninja" ] || (cd "$top" && cmake --preset release >/dev/null)
ninja -C "$top/build/release" motcua >/dev/null
work=$(mktemp -d "${BENCH_FOLDER:-${TMPDIR:-/tmp}}/recon.XXXXXX")
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/gen" "$top/bench/recon_gen.c"

measure() { # name, command...: a line "wall cpu KiB" in $work/$name
    local name=$1
    shift
    /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/said" 2>&1 || true
    tail -1 "$work/time" | awk '{ printf "%.2f %.2f %d\n", $1, $2 + $3, $4 }' >>"$work/$name"
}
best() { # name, column
    cut -d' ' -f"$2" "$work/$1" | sort -n | head -1
}
ours() {
    measure motcua "$top/build/release/bin/motcua" reconcile "$work/ours.csv" "$work/settle.csv" \
        --threads "$threads" --out "$work/exceptions.csv"
    tail -n +2 "$work/exceptions.csv" | cut -d, -f1 | sort | uniq -c | awk '{ print $2, $1 }' >"$work/found"
    diff "$work/truth.txt" "$work/found" || { echo "ours found something else than was planted"; exit 1; }
}
duck() { # variant
    measure "duckdb-$1" node "$top/bench/recon_duck.mjs" "$work" "$work/duck.csv" "$threads" "$1"
    cut -d, -f1 "$work/duck.csv" | sort | uniq -c | awk '{ print $1 }' | sort -u >"$work/counts"
    # Six kinds, all as often; rows that DuckDB cannot read it only leaves out.
    [ "$(cut -d, -f1 "$work/duck.csv" | sort -u | wc -l)" = 6 ] && [ "$(cat "$work/counts")" = "$planted" ] ||
        { echo "DuckDB $1 found something else than was planted"; cat "$work/said"; exit 1; }
}

printf 'load %s\n%-12s %-10s %9s %9s %11s %8s %8s %8s\n' "$(cut -d' ' -f1-3 /proc/loadavg)" payments who wall cpu 'peak KiB' \
    wall/us cpu/us mem/us
for n in "$@"; do
    rm -f "$work"/motcua "$work"/duckdb-*
    "$work/gen" "$n" "$work"
    planted=$((n / 200))
    cat "$work/ours.csv" "$work/settle.csv" >/dev/null # both from memory
    for _ in $(seq "$rounds"); do
        ours
        for v in A C D; do duck "$v"; done
    done
    for who in motcua duckdb-A duckdb-C duckdb-D; do
        printf '%-12s %-10s %9s %9s %11s %s\n' "$n" "$who" "$(best $who 1)" "$(best $who 2)" "$(best $who 3)" \
            "$(awk -v a="$(best $who 1)" -v b="$(best motcua 1)" -v c="$(best $who 2)" -v d="$(best motcua 2)" \
                -v e="$(best $who 3)" -v f="$(best motcua 3)" \
                'BEGIN { printf "%8.1f %8.1f %8.1f", a / (b > 0 ? b : 0.01), c / (d > 0 ? d : 0.01), e / f }')"
    done
done
printf 'load %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
