#!/bin/bash
# Starts the stack with every channel on, VNPAY and a bank being played by channels.mjs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../free_port.sh"
umask 077
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
VNPAY_PORT=$(free_port)
head -c 24 /dev/urandom | base64 | tr '+/' 'ab' >"$keys/vnpay"
head -c 24 /dev/urandom | base64 | tr '+/' 'ab' >"$keys/bank"
export VNPAY_PORT KEYS=$keys
export MOTCUA_VNPAY_ENABLED=true MOTCUA_VNPAY_SECRET_FILE=$keys/vnpay
export MOTCUA_VNPAY_PAY_URL=http://127.0.0.1:$VNPAY_PORT/paymentv2/vpcpay.html
export MOTCUA_VNPAY_PAY_ORIGINS=http://127.0.0.1:$VNPAY_PORT
export MOTCUA_VNPAY_API_URL=http://127.0.0.1:$VNPAY_PORT/merchant_webapi/api/transaction
export MOTCUA_VIETQR_ENABLED=true MOTCUA_VIETQR_BANK_BIN=970415 MOTCUA_VIETQR_ACCOUNT=113366668888
export MOTCUA_VIETQR_ACCOUNT_NAME='TTPVHCC TINH THANH HOA' MOTCUA_VIETQR_BANK_NAME='Ngân hàng thử nghiệm'
export MOTCUA_VIETQR_NOTICE_SECRET_FILE=$keys/bank
"$here/../stack.sh" "${@:-node}" "${CHANNELS_STORY:-$here/channels.mjs}"
