#!/bin/bash
# demo.sh MOTCUA SYSTEMS FOLDER PROGRAM: gives a fresh development installation some days of work for
# its officers, by nothing but the interface of one-stop systems, officers' pages and commands: paid
# dossiers of five days, files that differ from them, a day that two persons closed, its money
# drafted for the treasury, a decision that waits, a credit that nobody knows. Makes the second
# officer, who approves.
set -euo pipefail
umask 077
here=$1 systems=$2 var=$3 program=$4
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

motcua() { "$program" --conf "$var/motcua.conf" "$@"; }
stop() {
    echo "demo data: $1" >&2
    [ -z "${2:-}" ] || printf '%s\n' "$2" | head -c 600 >&2
    exit 1
}
first() { sed -n "s/^{\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; } # the first member of an object
day() { TZ=Asia/Ho_Chi_Minh date -d "$1 days ago" "${2:-+%F}"; }

[ -f "$var/secrets/checker" ] ||
    echo "Mc1-$(head -c 24 /dev/urandom | base64 | tr '+/' 'ab')" >"$var/secrets/checker"
motcua staff list >"$work/staff"
if ! grep -q '^checker ' "$work/staff"; then
    motcua staff add checker --display 'Kế toán trưởng' --role approver \
        --password-file "$var/secrets/checker" >/dev/null
    motcua staff otp checker | sed -n 's/^secret //p' >"$var/secrets/checker_otp"
fi

# The one-stop system asks for fees and begins to pay; the payer pays at the portal, days ago.
token=$(curl -sS "$here/token" -d grant_type=client_credentials -d client_id=demo-onestop \
    --data-urlencode "client_secret=$(cat "$var/secrets/demo_onestop")" \
    --data-urlencode 'scope=payments:write payments:read' | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
[ -n "$token" ] || stop 'the one-stop system gets no token'
printf 'header = "%s"\n' "Authorization: Bearer $token" 'Content-Type: application/json' >"$work/api"
land='"procedure":"2.000889.000.00.00.H56","items":[{"fee":"land_appraisal","quantity":1,"base_vnd":850000000},{"fee":"land_change","quantity":1}]'
change='"procedure":"2.000889.000.00.00.H56","items":[{"fee":"land_change","quantity":1}]'
marital='"procedure":"1.004873.000.00.00.H56"'
extract='"procedure":"2.000635.000.00.00.H56","items":[{"fee":"civil_extract","quantity":3}]'
payers=('"name":"Nguyễn Văn Thử","id":"001087123456"' '"name":"Lê Đức Thọ","id":"038075000078"')
count=0
paid() { # days ago, what, and how the portal's file differs or nothing
    count=$((count + 1))
    local dossier id reference
    dossier=H56.14-$(day "$1" +%y%m%d)-$((9000 + count))
    curl -sS -K "$work/api" "$here/v1/payments" -H "Idempotency-Key: demo-$dossier" -o "$work/answer" \
        -d "{\"reference\":\"$dossier\",\"agency_id\":\"H56.14\",\"channel\":\"online\",\"received_on\":\"$(day "$1")\",
             \"payer\":{${payers[count % 2]}},$2}"
    id=$(first id <"$work/answer")
    [ -n "$id" ] || stop "no payment for $dossier" "$(cat "$work/answer")"
    curl -sS -K "$work/api" "$here/v1/payments/$id/attempts" -H "Idempotency-Key: demo-$dossier-1" \
        -o "$work/answer" -d '{"channel":"portal","payer_ip":"203.0.113.7"}'
    curl -sS "$systems/admin/transactions" -o "$work/transactions"
    reference=$(grep -oE "\"reference\":\"[^\"]*\",\"partner\":\"[^\"]*\",\"dossier\":\"$dossier\"" "$work/transactions" | cut -d'"' -f4)
    [ -n "$reference" ] || stop "$dossier is not at the portal" "$(cat "$work/answer")"
    curl -sS "$systems/admin/transactions/$reference/pay" -H 'Content-Type: application/json' -o "$work/answer" \
        -H "X-Sandbox-Fault: portal_days_ago=$1${3:+,$3}" -d '{"outcome":"paid"}'
    grep -q '"state":"paid"' "$work/answer" || stop "$dossier is not paid" "$(cat "$work/answer")"
}
# All days before the first file: each file names the one before it.
for what in "$land" "$change" "$extract" "$marital"; do paid 4 "$what"; done
paid 3 "$land"
paid 3 "$marital" settle_mis_ours
paid 3 "$change" settle_amt_less=1000
paid 3 "$extract"
paid 2 "$change"
paid 2 "$extract" settle_unkey
paid 2 "$marital" settle_sta
paid 2 "$land" settle_amt_more=500
paid 1 "$land"
paid 1 "$extract" settle_acc
paid 1 "$change" settle_mis_ours
paid 1 "$marital" settle_dup_file
[ "$(day 0 +%H%M)" -lt 5 ] || paid 0 "$land" # just after midnight nothing was paid today
for _ in $(seq 100); do
    curl -sS -K "$work/api" "$here/v1/payments?state=paid&limit=100" -o "$work/answer"
    [ "$(grep -oE '"id":"pay_' "$work/answer" | wc -l)" -lt $count ] || break
    sleep 0.1
done
[ "$(grep -oE '"id":"pay_' "$work/answer" | wc -l)" -ge $count ] || stop 'payments stay open' "$(cat "$work/answer")"

# The files of the days before yesterday, and yesterday's; each tells what differs.
for ago in 4 3 2 1; do
    motcua reconcile "$(day $ago)" >"$work/told" 2>&1 || grep -q '^verdict' "$work/told" ||
        stop "the file of $(day $ago) is not taken" "$(cat "$work/told")"
done

# Officers' browsers: cookies of each kept, redirects followed.
visit() { # officer, address, curl arguments...
    local who=$1 path=$2
    shift 2
    curl -sS -b "$work/$who" -c "$work/$who" -L --max-time 30 -o "$work/page" -w '%{url_effective}' \
        "$here$path" "$@" >"$work/url"
}
hidden() { sed -n "s/.*name=\"$1\" value=\"\\([^\"]*\\)\".*/\\1/p" "$work/page" | head -n 1; }
enter() { # officer
    visit "$1" /staff/sign-in
    visit "$1" /staff/sign-in --data-urlencode "csrf=$(hidden csrf)" --data-urlencode "name=$1" \
        --data-urlencode "password=$(cat "$var/secrets/$1")"
    visit "$1" /staff/step --data-urlencode "csrf=$(hidden csrf)" \
        --data-urlencode "code=$("$top/deploy/otp.sh" "$var/secrets/${1}_otp")"
    [ "$(cat "$work/url")" = "$here/finance" ] || stop "$1 cannot sign in" "$(cat "$work/page")"
}

# The first of these days, closed by two: the officer submits what was found, the checker agrees.
closed=$(day 4)
motcua runs show PP "$closed" >"$work/told"
hash=$(grep -oE '[0-9a-f]{64}' "$work/told" | head -n 1)
motcua runs submit PP "$closed" "$hash" --by officer --remark 'Khớp toàn bộ, đề nghị chốt ngày' >"$work/told"
proposal=$(grep -oE 'ppl_[0-9A-Za-z]+' "$work/told" | head -n 1)
[ -n "$proposal" ] || stop "$closed is not submitted" "$(cat "$work/told")"
enter checker
visit checker "/finance/approvals/$proposal"
visit checker "/finance/approvals/$proposal" --data-urlencode "csrf=$(hidden csrf)" -d act=approve \
    --data-urlencode 'remark=Đồng ý' -d "hash=$(sed -n 's/.*<code class="long">\([0-9a-f]*\)<.*/\1/p' "$work/page" | head -n 1)"
motcua runs show PP "$closed" | grep -q closed || stop "$closed is not closed" "$(cat "$work/page")"

# Its money is drafted for the treasury; a decision waits; a credit that nobody knows.
enter officer
visit officer /finance/remittances
visit officer /finance/remittances --data-urlencode "csrf=$(hidden csrf)" -d agency=H56.14 \
    -d "from=$closed" -d "to=$closed"
grep -q '/finance/remittances' "$work/url" && ! grep -q 'role="alert"' "$work/page" || stop 'no remittance is drafted' "$(cat "$work/page")"
one=$(motcua exceptions list --class AMT_LESS | cut -d' ' -f1)
printf 'exception,action,target,remark\n%s,collect,,"Cổng ghi thiếu 1.000 đồng, đã gửi công văn"\n' "$one" >"$work/proposals.csv"
motcua exceptions propose "$work/proposals.csv" --by officer >"$work/told"
curl -sS "$systems/bank" -o "$work/page" -d account=113366668888 -d amount=150000 \
    --data-urlencode 'narrative=NGUYEN VAN THU nop le phi ho so dat dai'
