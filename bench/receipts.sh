#!/bin/bash
# receipts.sh: signed receipts a second of one core (PDF and XML, each with its signature, as they are
# kept), and the memory that took, beside the limit: the two signatures alone, by `openssl speed` in the
# same run. BENCH_SECONDS of processor time for each kind of key. Builds its program into build/release.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
seconds=${BENCH_SECONDS:-5}

[ -f "$top/build/release/build.ninja" ] || (cd "$top" && cmake --preset release >/dev/null)
ninja -C "$top/build/release" bench-receipts >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077

limit() { # signatures a second of one key: the column before the last
    openssl speed -seconds 2 "$1" 2>/dev/null | awk -v line="$2" '$0 ~ line { n = $(NF - 1) } END { print n }'
}
printf '%-10s %12s %16s %8s %10s %10s %12s\n' key 'receipts/s' 'two signatures/s' ratio 'PDF bytes' 'XML bytes' 'memory KiB'
one() { # label, openssl speed's name, its line, arguments of the key
    local label=$1 name=$2 line=$3 made most
    shift 3
    openssl req -x509 -nodes -days 30 -subj '/C=VN/O=Trung tam (mau)/CN=Trung tam (mau)' -keyout "$work/key" -out "$work/crt" "$@" 2>/dev/null
    cat "$work/key" "$work/crt" >"$work/bench.pem"
    read -r -a made < <("$top/build/release/bin/bench-receipts" "$work" "$seconds")
    most=$(limit "$name" "$line")
    awk -v k="$label" -v r="${made[0]}" -v l="$most" -v p="${made[1]}" -v x="${made[2]}" -v m="${made[3]}" \
        'BEGIN { printf "%-10s %12.1f %16.0f %8.2f %10d %10d %12d\n", k, r, l / 2, r / (l / 2), p, x, m }'
}
one RSA-2048 rsa2048 '^rsa' -newkey rsa:2048
one RSA-3072 rsa3072 '^rsa' -newkey rsa:3072
one P-256 ecdsap256 'ecdsa' -newkey ec -pkeyopt ec_paramgen_curve:P-256
