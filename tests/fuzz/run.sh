#!/bin/sh
# run.sh PROGRAM PARSER OPTION...   One fuzz target on its corpus, on inputs that failed once, and on
# mutations of both. What it finds stays out of the source tree: new inputs live in a folder of
# their own beside the program, and a failing one is kept there as found/<parser>/crash-*.
set -eu
program=$1
parser=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
seeds=$here/corpus/$parser
if [ ! -d "$seeds" ] || [ -z "$(ls -A "$seeds")" ]; then
    echo "no corpus: $seeds" >&2
    exit 1
fi
found=$(dirname "$program")/found/$parser
grown=$(mktemp -d)
trap 'rm -rf "$grown"' EXIT
mkdir -p "$found"
set -- -artifact_prefix="$found/" -max_len=4096 -timeout=10 -print_final_stats=0 "$@" "$grown" "$seeds"
if [ -d "$here/regression/$parser" ]; then
    set -- "$@" "$here/regression/$parser"
fi
"$program" "$@"
