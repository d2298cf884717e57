#!/bin/bash
# timing.sh: whether refusals of wrong secrets take equally long (threat T13); a measurement, no test.
# BENCH_ROUNDS requests of each kind. Builds nothing: ./run has built build/release.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
MOTCUA_BIN=${MOTCUA_BIN:-$top/build/release/bin} exec "$top/tests/stack.sh" node "$top/bench/timing.mjs"
