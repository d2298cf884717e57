#!/bin/bash
# journey.sh MOTCUA SYSTEMS FOLDER PROGRAM: plays a citizen, a one-stop system and an officer over
# HTTP, as a browser would, and prints one line for each step with its figure. Stops at the first
# step that does not hold.
set -euo pipefail
here=$1 systems=$2 var=$3 program=$4
person=${JOURNEY_PERSON:-001087123456}
procedure=${JOURNEY_PROCEDURE:-2.000889.000.00.00.H56}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
step=0
begin=$(date +%s%N)

say() { # what held, its figure
    step=$((step + 1))
    printf 'ok %2d  %-52s %s\n' $step "$1" "$2"
}
stop() {
    printf 'FAILED after step %d: %s\n' $step "$1" >&2
    [ -z "${2:-}" ] || printf '%s\n' "$2" | head -c 2000 >&2
    exit 1
}
# A browser: cookies kept, redirects followed, the last address in $work/url.
visit() { # url, curl arguments...
    curl -sS -b "$work/jar" -c "$work/jar" -L --max-redirs 15 --max-time 30 \
        -o "$work/page" -w '%{http_code} %{url_effective} %{time_total}\n' "$@" >"$work/line" ||
        stop "no answer from $1"
    read -r code url seconds <"$work/line"
}
has() { grep -qF -- "$1" "$work/page"; }
hidden() { # value of a form's field
    sed -n "s/.*name=\"$1\" value=\"\\([^\"]*\\)\".*/\\1/p" "$work/page" | head -n 1
}
link() { # first link whose address begins so
    grep -oE "(href|action)=\"$1[^\"]*\"" "$work/page" | head -n 1 |
        sed 's/^[a-z]*="//; s/"$//; s/&amp;/\&/g'
}
ms() { awk -v s="$1" 'BEGIN { printf "%d ms", s * 1000 }'; }

# 1. Signing in: portal -> motcua -> VNeID -> motcua -> portal.
curl -sS "$here/.well-known/openid-configuration" >"$work/discovery"
grep -q "\"issuer\":\"$here\"" "$work/discovery" || stop 'discovery does not name the issuer'
curl -sS "$here/jwks" | grep -q '"ES256"' || stop 'no ES256 key is published'
say 'discovery and keys are published' "$(wc -c <"$work/discovery") bytes"
visit "$systems/portal/sign-in"
[ "$code" = 200 ] && [[ $url == $here/login* ]] || stop "the portal does not lead to the sign-in page: $url"
say 'the portal leads to the sign-in page' "$(ms "$seconds")"
visit "$here$(link /login/vneid/start)"
[[ $url == $systems/vneid/authorize* ]] || stop "motcua does not lead to VNeID: $url" "$(cat "$work/page")"
say 'motcua leads to VNeID' "$(ms "$seconds")"
visit "$url&persona=$person"
[[ $url == $systems/portal* ]] && [ "$code" = 200 ] || stop "the sign-in does not come back: $url" "$(cat "$work/page")"
say 'VNeID, population database, code, tokens, portal' "$(ms "$seconds")"

# 2. A dossier and its fee.
bill_open() { # procedure: $dossier and its bill, $bill, which is shown
    visit "$systems/portal/dossiers"
    visit "$systems/portal/dossiers" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode "procedure=$1"
    dossier=$(grep -oE 'H[0-9]{2}\.[0-9]+-[0-9]{6}-[0-9]{4,}' "$work/page" | tail -n 1)
    [ -n "$dossier" ] || stop 'no dossier was opened' "$(cat "$work/page")"
    visit "$systems/portal/dossiers/$dossier"
    visit "$systems/portal/dossiers/$dossier/pay" --data-urlencode "csrf=$(hidden csrf)"
    [[ $url == $here/pay/* ]] && [ "$code" = 200 ] || stop "no bill for $dossier: $url" "$(cat "$work/page")"
    bill=$url
}
paid_wait() { # until the bill says so
    for _ in $(seq 50); do
        ! has 'note good" role="status"><span class="state good"' || return 0
        sleep 0.2
        visit "$bill"
    done
    stop 'the bill is not paid' "$(cat "$work/page")"
}
bill_open "$procedure"
total=$(grep -A1 'class="amount"' "$work/page" | grep -oE '[0-9.]+ đ' | head -n 1)
has 'class="words"' && [ -n "$total" ] || stop 'the bill has no total in words'
say "bill of dossier $dossier" "$total"

# 3. Paying.
csrf=$(hidden csrf)
visit "$bill/start" --data-urlencode "csrf=$csrf" --data-urlencode channel=portal
[[ $url == $systems/pp/pay/* ]] || stop "motcua does not lead to the payment portal: $url" "$(cat "$work/page")"
say 'INIT; the citizen is at the payment portal' "$(ms "$seconds")"
visit "$url" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode choice=pay --data-urlencode bank=VCB
[[ $url == $bill* ]] || stop "the payment portal does not lead back: $url" "$(cat "$work/page")"
paid_wait
say 'CONFIRM, QUERY, journal, receipts in one transaction' "$(ms "$seconds")"

# 4. Receipt and its public page.
pdf=$(link /receipts/)
verify=$(link /verify/)
[ -n "$pdf" ] && [ -n "$verify" ] || stop 'the bill has no receipt'
count=$(grep -o 'href="/receipts/' "$work/page" | wc -l)
visit "$here$pdf"
[ "$code" = 200 ] && head -c 5 "$work/page" | grep -q '%PDF-' || stop 'the receipt is no PDF'
grep -aq ETSI.CAdES.detached "$work/page" || stop 'the receipt is not signed'
say "$count receipts; the first as signed PDF" "$(wc -c <"$work/page") bytes"
cp "$work/page" "$work/receipt.pdf"
visit "$here$pdf"
cmp -s "$work/page" "$work/receipt.pdf" || stop 'the receipt is another one the second time'
visit "$here$pdf.xml"
[ "$code" = 200 ] && has '<SignatureValue>' || stop 'the receipt is no signed XML' "$(cat "$work/page")"
visit "$here/verify"
visit "$here/verify" -F "csrf=$(hidden csrf)" -F "file=@$work/receipt.pdf"
has 'state good' && ! has 'state bad' || stop 'the file of the receipt is not recognised' "$(cat "$work/page")"
printf ' ' >>"$work/receipt.pdf"
visit "$here/verify"
visit "$here/verify" -F "csrf=$(hidden csrf)" -F "file=@$work/receipt.pdf"
has 'state bad' || stop 'an altered receipt passes' "$(cat "$work/page")"
say 'signed PDF and XML; one byte more is noticed' "$(ms "$seconds")"
curl -sS -o "$work/page" -w '%{http_code}' "$here$verify" | grep -q 200 || stop 'the receipt is not confirmed'
has 'state good' || stop 'the public page does not confirm the receipt'
number=$(grep -oE '>[0-9]{7}<' "$work/page" | tr -d '<>' | head -n 1)
say 'anyone can confirm it' "number $number"
visit "$systems/portal/dossiers/$dossier"
say 'the portal shows the payment' "$(ms "$seconds")"

# 5. The officer and the day.
today=$(TZ=Asia/Ho_Chi_Minh date +%F)
visit "$here/finance"
[[ $url == $here/staff/sign-in ]] || stop "the finance page is open to strangers: $url"
visit "$here/staff/sign-in" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode name=officer \
    --data-urlencode "password=$(cat "$var/secrets/officer")"
[[ $url == $here/staff/step ]] || stop "no second factor is asked for: $url" "$(cat "$work/page")"
visit "$here/staff/step" --data-urlencode "csrf=$(hidden csrf)" \
    --data-urlencode "code=$("$(dirname "$0")/otp.sh" "$var/secrets/officer_otp")"
[[ $url == $here/finance ]] || stop 'the officer cannot sign in' "$(cat "$work/page")"
visit "$here/finance/receipts?q=$(TZ=Asia/Ho_Chi_Minh date +%y)TAA-$number"
one=$(link /finance/receipts/rct_)
[ -n "$one" ] || stop 'the officer does not find the receipt' "$(cat "$work/page")"
visit "$here$one"
visit "$here$one" --data-urlencode "csrf=$(hidden csrf)" -d fault=text --data-urlencode 'reason=Sai địa chỉ'
[[ $url == $here$one ]] && has 'Sai địa chỉ' || stop 'no notice could be proposed' "$(cat "$work/page")"
say 'the officer proposes a notice of an error' "$(ms "$seconds")"
visit "$here/finance/$today"
visit "$here/finance/$today/fetch" --data-urlencode "csrf=$(hidden csrf)"
[ "$code" = 200 ] && has 'state good' || stop 'the day does not reconcile' "$(cat "$work/page")"
figures=$(grep -oE 'tile">[^<]*<b>[^<]*</b>[0-9]*' "$work/page" | sed 's/tile">//; s/<b>/: /; s/<\/b>/, /' | sed -n 3p)
say "the settlement file of $today is reconciled" "$figures"

# 6. The other ways to pay: a gateway, and a transfer that its narrative tells.
first=$bill
bill_open "$procedure"
visit "$bill/start" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode channel=vnpay
[[ $url == $systems/vnpay/paymentv2/* ]] && [ "$code" = 200 ] || stop "motcua does not lead to VNPAY: $url" "$(cat "$work/page")"
visit "$systems$(link /vnpay/pay/)" --data-urlencode choice=pay --data-urlencode bank=NCB
[[ $url == $bill* ]] || stop "VNPAY does not lead back: $url" "$(cat "$work/page")"
paid_wait
say 'paid by VNPAY: signed address, IPN, querydr, receipts' "$(ms "$seconds")"
bill_open "$procedure"
due=$(grep -A1 'class="amount"' "$work/page" | grep -oE '[0-9.]+ đ' | head -n 1)
visit "$bill/start" --data-urlencode "csrf=$(hidden csrf)" --data-urlencode channel=vietqr
account=$(grep -oE '[^0-9]113366668888[^0-9]' "$work/page" | grep -oE '[0-9]+' | head -n 1)
narrative=$(grep -oE 'MTC[0-9A-Z]{12}' "$work/page" | head -n 1)
[ -n "$narrative" ] && [ -n "$account" ] || stop 'the bill shows no transfer' "$(cat "$work/page")"
visit "$bill/qr.png"
head -c 8 "$work/page" | grep -aq PNG || stop 'no symbol to scan'
visit "$systems/bank" --data-urlencode "account=$account" --data-urlencode "amount=${due% đ}" \
    --data-urlencode "narrative=$narrative nop phi"
[[ $url == $systems/bank* ]] && has "$narrative" || stop 'the bank makes no transfer' "$(cat "$work/page")"
visit "$bill"
paid_wait
say 'paid by VietQR: symbol, transfer, notification' "$(ms "$seconds")"
bill=$first

# 7. The books and the log prove themselves.
say 'motcua ledger verify' "$("$program" --conf "$var/motcua.conf" ledger verify)"
say 'motcua audit verify' "$("$program" --conf "$var/motcua.conf" audit verify)"

# 8. Signing out everywhere.
visit "$systems/portal"
visit "$systems/portal/sign-out" --data-urlencode "csrf=$(hidden csrf)"
[ "$code" = 200 ] || stop 'the portal cannot sign out' "$(cat "$work/page")"
visit "$bill"
[[ $url == $here/login* ]] || stop "the session goes on after signing out: $url"
say 'signed out at the portal and here' "$(ms "$seconds")"
printf 'The journey holds: %d steps in %d ms\n' $step $((($(date +%s%N) - begin) / 1000000))
