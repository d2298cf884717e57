#!/bin/bash
# model.sh SEED STEPS [sqlite|postgresql]...: the random walk of test_model.c for long, in walks of
# 2,500 steps with seeds from SEED on, each on a fresh store. Prints what did not agree, and ends
# with the seeds to put into tests/payments/model.seeds. MOTCUA_MODEL_BIN: the test program, built
# with the release preset for speed. MOTCUA_MODEL_WIDE=1: also through VNPAY and the desks.
set -euo pipefail
seed=${1:?seed} steps=${2:?steps}
shift 2
engines=("${@:-sqlite}")
here=$(cd "$(dirname "$0")/../.." && pwd)
program=${MOTCUA_MODEL_BIN:-$here/build/release/bin/test_payments_model}
[ -x "$program" ] || { echo "$program is not built (release preset, -DMOTCUA_TESTS=ON)"; exit 2; }
each=2500
test=a_random_walk_agrees_with_the_model_after_every_step
[ -z "${MOTCUA_MODEL_WIDE:-}" ] || test=a_random_walk_through_all_channels_and_desks_agrees_with_the_model
[ -w /dev/shm ] && export TMPDIR=/dev/shm # nothing here is to outlive the machine
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
failed=()
for engine in "${engines[@]}"; do
    begun=$(date +%s) walked=0
    for ((n = 0; walked < steps; n++, walked += each)); do
        if ! MOTCUA_MODEL_SEED=$((seed + n)) MOTCUA_MODEL_STEPS=$each "$program" \
            "$test@$engine" >"$log/$engine.$n" 2>&1; then
            failed+=("$engine:$((seed + n))")
            tail -40 "$log/$engine.$n"
        fi
    done
    took=$(($(date +%s) - begun))
    echo "$engine: seeds $seed..$((seed + n - 1)), $walked steps, $((walked / (took > 0 ? took : 1))) steps/s"
    cat "$log/$engine".* | grep -o 'export .*' | sha256sum | sed "s/ .*/ exports of $engine/"
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
