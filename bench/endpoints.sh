#!/bin/bash
# endpoints.sh: requests a second of motcua's endpoints, each as a ratio to nginx giving a small static
# answer in the same run on the same machine (the limit of HTTP itself there). Needs wrk and
# nginx-light; builds nothing: ./run has built build/release. Stores as for ./run, by environment.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
seconds=${BENCH_SECONDS:-5}

if [ "${1:-}" != --inside ]; then
    MOTCUA_BIN=$top/build/release/bin exec "$top/tests/stack.sh" "$0" --inside
fi
work=$(mktemp -d)
port=$((MOTCUA_PORT + 1))
cat >"$work/nginx.conf" <<END
worker_processes 2; pid $work/pid; error_log $work/error.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000;
       server { listen 127.0.0.1:$port; location / { default_type application/json; return 200 '{"ok":true}'; } } }
END
/usr/sbin/nginx -p "$work" -c "$work/nginx.conf" -g 'daemon off;' &
nginx=$!
trap 'kill $nginx; wait $nginx || true; rm -rf "$work"' EXIT
sleep 0.5

secret=$(cat "$STACK/secrets/demo_onestop")
cat >"$work/token.lua" <<END
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "grant_type=client_credentials&client_id=demo-onestop&client_secret=$secret&scope=payments:read"
END
token=$(curl -s "$MOTCUA_URL/token" -d "grant_type=client_credentials&client_id=demo-onestop&client_secret=$secret&scope=payments:read" |
    sed 's/.*"access_token":"\([^"]*\)".*/\1/')

rate() { wrk -t1 -c64 -d"${seconds}s" "$@" | awk '/Requests\/sec/ { print $2 }'; }
limit=$(rate "http://127.0.0.1:$port/")
printf '%-42s %10s %8s\n' endpoint 'requests/s' ratio
show() { printf '%-42s %10.0f %8.2f\n' "$1" "$2" "$(awk -v a="$2" -v b="$limit" 'BEGIN { print a / b }')"; }
show 'nginx, static answer' "$limit"
show 'GET /healthz' "$(rate "$MOTCUA_URL/healthz")"
show 'GET /.well-known/openid-configuration' "$(rate "$MOTCUA_URL/.well-known/openid-configuration")"
show 'GET /jwks' "$(rate "$MOTCUA_URL/jwks")"
show 'POST /token (client_credentials, ES256)' "$(rate -s "$work/token.lua" "$MOTCUA_URL/token")"
show 'GET /v1/payments/{id} (token checked, 404)' "$(rate -H "Authorization: Bearer $token" "$MOTCUA_URL/v1/payments/pay_NONE")"
show 'GET /fees (page)' "$(rate "$MOTCUA_URL/fees")"
printf 'memory of motcua: %d MiB\n' $(($(ps -o rss= -p "$MOTCUA_PID") / 1024))
