#!/bin/bash
# seed.sh FOLDER PORT SANDBOX_PORT BIN: makes the folder of a development installation (settings,
# secrets, keys, sealed database) or brings an old one up to date, and registers the demo systems and
# an officer. What is there is kept.
set -euo pipefail
umask 077
var=$1 here=http://127.0.0.1:$2 systems=http://127.0.0.1:$3 bin=$4
top=$(cd "$(dirname "$0")/.." && pwd)

random() { head -c 24 /dev/urandom | base64 | tr '+/' 'ab'; }
motcua() { "$bin/motcua" --conf "$var/motcua.conf" "$@"; }

first=
[ -d "$var/keys" ] || first=yes
mkdir -p "$var/secrets" "$var/sandbox"
for name in vneid person person_api_key business portal demo_portal demo_onestop vnpay bank; do
    [ -f "$var/secrets/$name" ] || random >"$var/secrets/$name"
done
# The four classes of characters that staff passwords need.
[ -f "$var/secrets/officer" ] || echo "Mc1-$(random)" >"$var/secrets/officer"
cat >"$var/motcua.conf" <<END
# A development installation. Written anew by deploy/seed.sh at each start: change settings by
# environment. All settings: docs/settings.md
[service]
issuer = ${MOTCUA_ISSUER:-$here}
[http]
listen = 127.0.0.1:$2
[vneid]
issuer = $systems/vneid
[person]
url = $systems/dancu
[business]
url = $systems/dkkd
token_url = $systems/dkkd/token
status_file = $top/conf/status/tax_status.csv
[portal]
url = $systems/pp
pay_origins = $systems
settlement_url = $systems/pp/settlement
[vnpay]
enabled = true
pay_url = $systems/vnpay/paymentv2/vpcpay.html
pay_origins = $systems
api_url = $systems/vnpay/merchant_webapi/api/transaction
secret_file = $var/secrets/vnpay
[vietqr]
enabled = true
bank_bin = 970415
account = 113366668888
account_name = TTPVHCC TINH THANH HOA
bank_name = Ngân hàng thử nghiệm
notice_secret_file = $var/secrets/bank
[payments]
fees_dir = $top/conf/fees
places_dir = $top/conf/places
refunds_dir = $top/conf/refunds
[finance]
sources_dir = $top/conf/sources
reports_dir = $top/conf/reports
accounts_dir = $top/conf/accounts
calendar_dir = $top/conf/calendar
END
case $(motcua keys list 2>/dev/null || true) in *RS256*) ;; *) motcua keys make >/dev/null ;; esac
[ -f "$var/seal.key" ] || motcua seal make
motcua migrate >/dev/null
motcua receipts sample-keys # bodies sign their receipts; clearly samples

motcua client list >"$var/clients"
# Keys, database and the sandbox's truth belong together.
if [ -n "$first" ] && [ -s "$var/clients" ]; then
    rm -rf "$var/keys"
    echo "The database holds another installation's data, sealed with keys that are not here." >&2
    echo "Give an empty database, or the folder that belongs to this one instead of $var" >&2
    exit 1
fi
[ -n "$first" ] || [ -s "$var/clients" ] || rm -f "$var/sandbox"/*.jsonl # a new database: a new story
grep -q '^demo-portal ' "$var/clients" || motcua client add demo-portal --profile oidc --id-token-alg ES256 \
    --name-vi 'Cổng dịch vụ công thử nghiệm' --name-en 'Demo public service portal' \
    --redirect "$systems/portal/callback" --post-logout "$systems/portal/signed-out" \
    --backchannel-logout "$systems/portal/backchannel-logout" --backchannel-sid true \
    --scopes 'openid profile email phone address vn_id vn_profile' \
    --secret-file "$var/secrets/demo_portal" >/dev/null
grep -q '^demo-onestop ' "$var/clients" || motcua client add demo-onestop --profile oidc \
    --name-vi 'Hệ thống một cửa thử nghiệm' --name-en 'Demo one-stop system' \
    --scopes 'payments:write payments:read refunds:write webhooks counter' --hosts '127.0.0.1 localhost' --grants client_credentials \
    --secret-file "$var/secrets/demo_onestop" >/dev/null
motcua staff list >"$var/staff"
grep -q '^officer ' "$var/staff" || motcua staff add officer --display 'Cán bộ đối soát' \
    --role officer --password-file "$var/secrets/officer" >/dev/null
# The secret of the officer's telephone: deploy/otp.sh shows codes in its place.
if [ -n "$first" ] || [ ! -s "$var/secrets/officer_otp" ]; then
    motcua staff otp officer | sed -n 's/^secret //p' >"$var/secrets/officer_otp"
fi
