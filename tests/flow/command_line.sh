#!/bin/bash
# What the command line answers to mistakes: a message, the exit code that cli.h promises, nothing
# done. Beside a program that serves.
set -euo pipefail
conf=$STACK/motcua.conf
fails() { # exit code, part of the message, arguments...
    local want=$1 part=$2 code=0
    shift 2
    "$MOTCUA_BIN/motcua" --conf "$conf" "$@" >"$STACK/out" 2>&1 </dev/null || code=$?
    [ $code = "$want" ] && grep -qF -- "$part" "$STACK/out" && return
    echo "motcua $*: exit code $code, not $want:" >&2
    cat "$STACK/out" >&2
    exit 1
}
motcua() { "$MOTCUA_BIN/motcua" --conf "$conf" "$@"; }

motcua help >"$STACK/out.help"
motcua --help >"$STACK/out"
cmp "$STACK/out.help" "$STACK/out"
grep -q 'usage: motcua' "$STACK/out"
fails 2 'usage: motcua'
fails 2 'no such command: keys show;' keys show
fails 2 '--rol' staff add clerk --rol officer --password-file "$STACK/secrets/officer"
fails 2 '--role' staff add clerk --role emperor --password-file "$STACK/secrets/officer"
fails 2 '--role: has no value' staff add clerk --password-file "$STACK/secrets/officer" --role
fails 2 '--password' staff add clerk --password secret
fails 2 'nothing on standard input' staff add clerk
fails 2 'NAME' staff add
fails 2 '--public' staff list --public
fails 2 '--redirects' client add portal-2 --redirects https://portal.example/
fails 2 'date' reconcile 2026-02-30
fails 2 'FILE' reconcile 2026-11-23 "$STACK/no-such-file"
fails 2 '--stat' payouts list --stat open
fails 2 'state' payouts list --state lost
fails 2 'date' payouts list --from 2026-02-30
fails 2 'ID' payouts show
fails 1 'NOT_FOUND' payouts show po1.H56.14
fails 2 'state' remittances list --state lost
fails 2 'FROM' remittances draft H56.14 --by officer
fails 2 'by' remittances draft H56.14 2026-01-01 2026-01-02
fails 1 'NOT_FOUND' remittances draft H56.14 2026-01-01 2026-01-02 --by officer
fails 1 'NOT_FOUND' remittances submit rmt_x --remark x --by officer
fails 2 '--amount' remittances settle rmt_x --number KB-1 --day 2026-01-02 --by officer
fails 2 'form' remittances print rmt_x --form doc
# Whoever sits at the server acts in the name of an open account that may work with money.
hash=$(printf 0%.0s {1..64})
fails 2 'who proposes it' runs submit PP 2026-01-02 "$hash" --remark x
fails 1 'there is no open staff account of that name' runs submit PP 2026-01-02 "$hash" --remark x --by nobody
motcua staff add xem.so --role viewer --password-file "$STACK/secrets/officer" >/dev/null
fails 1 'that account is viewer' runs submit PP 2026-01-02 "$hash" --remark x --by xem.so
fails 1 'that account is viewer' runs reopen PP 2026-01-02 "$hash" --remark x --by xem.so
printf 'exception,action,target,remark\n' >"$STACK/bulk.csv"
fails 1 'that account is viewer' exceptions propose "$STACK/bulk.csv" --by xem.so
fails 1 'there is no open staff account of that name' exceptions propose "$STACK/bulk.csv" --by nobody
fails 1 'WRONG_STATE' runs submit PP 2026-01-02 "$hash" --remark x --by officer
taken='another process serves' # it has the file of the table in the process
[ -z "${STACK_PRODUCTION:-}" ] || taken='listen: bind'
fails 1 "$taken" serve
[ "$(motcua staff list | wc -l)" = 2 ]
[ "$(motcua client list | wc -l)" = 2 ]

# A secret that a file gives is not printed; one that is made is, once, with what was asked for.
motcua client add portal-2 --profile oidc --redirect https://portal.example/back --scopes openid \
    --secret-file "$STACK/secrets/demo_portal" >"$STACK/out"
! grep -q secret "$STACK/out"
motcua client add portal-3 --profile oidc --redirect https://portal.example/back --scopes openid >"$STACK/out"
grep -qE '^secret .{20,}' "$STACK/out"
fails 1 'CONFLICT' client add portal-3 --profile oidc --redirect https://portal.example/back --scopes openid
motcua client remove portal-3
fails 1 'NOT_FOUND' client remove portal-3
echo 'command line: mistakes are told, and nothing is done'
