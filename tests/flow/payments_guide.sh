#!/bin/bash
# Every block of shell in docs/integration/payments.md, run one after the other as it stands there.
# Run by tests/stack.sh.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
MOTCUA=$MOTCUA_URL CLIENT=demo-onestop SECRET=$(cat "$STACK/secrets/demo_onestop")
HOOK=http://127.0.0.1:9/events # nobody listens: what is told is seen in the list
export MOTCUA CLIENT SECRET HOOK
mkdir "$STACK/guide"
cd "$STACK/guide"
{
    echo 'set -euxo pipefail'
    sed -n '/^```sh$/,/^```$/p' "$top/docs/integration/payments.md" | sed '/^```/d'
    echo 'curl -sf "$MOTCUA/v1/webhook-deliveries?type=payment.cancelled" -H "Authorization: Bearer $TOKEN" | jq -e ".data | length == 1"'
} >steps.sh
count=$(grep -c curl steps.sh)
[ "$count" -ge 12 ] || { echo "only $count calls found"; exit 1; }
bash steps.sh >out.txt 2>trace.txt || { tail -n 5 trace.txt out.txt | sed 's/Bearer [^ "]*/Bearer .../' >&2; exit 1; }
echo "payments guide: $count calls"
