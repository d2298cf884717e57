#!/bin/bash
# tls_stack.sh COMMAND...: as stack.sh, with deploy/nginx.conf in front of motcua and a certificate
# chain of its own: MOTCUA_URL is https://localhost:<port>, NODE_EXTRA_CA_CERTS and CA name the root.
# With TLS_CLIENTS=1 nginx tells the certificates of clients, in the lines that deploy/nginx.conf names;
# TLS names the folder of the root and its key.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

if [ "${1:-}" = --inside ]; then # motcua is up; nginx in front, then the command
    shift
    sed -e "s#/etc/motcua/tls#$TLS#; s#/run/nginx.pid#$TLS/nginx.pid#; s#/var/log/nginx/error.log#$TLS/error.log#" \
        -e "s#server unix:/run/motcua/http.sock;#server 127.0.0.1:$MOTCUA_PORT;#" \
        -e "s#listen 443 ssl#listen 127.0.0.1:$TLS_PORT ssl#; s#motcua.example#localhost#" \
        -e '/listen 80;/,/return 301/d' "$top/deploy/nginx.conf" >"$TLS/nginx.conf"
    # What is left of the plain server is an empty block.
    sed -i -e '/^    server {$/{N;/server {\n    }/d}' "$TLS/nginx.conf"
    if [ -n "${TLS_CLIENTS:-}" ]; then
        sed -i -e '/^ *proxy_set_header Client-Cert\(-Verified\)\? "";/d' \
            -e 's/#     \(ssl_client_certificate\|ssl_verify_client\|proxy_set_header Client-Cert\)/\1/' "$TLS/nginx.conf"
        cp "$CA" "$TLS/client-ca.pem"
    fi
    /usr/sbin/nginx -p "$TLS" -c "$TLS/nginx.conf" -g 'daemon off;' &
    nginx=$!
    trap 'kill $nginx; wait $nginx || true' EXIT
    for _ in $(seq 100); do
        curl -sf --cacert "$CA" -o /dev/null "$MOTCUA_URL/healthz" && break
        kill -0 $nginx
        sleep 0.05
    done
    curl -sf --cacert "$CA" -o /dev/null "$MOTCUA_URL/healthz"
    "$@"
    exit
fi

TLS=$(mktemp -d /tmp/motcua-tls-XXXXXX)
trap 'rm -rf "$TLS"' EXIT
chmod 755 "$TLS"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=motcua test root' \
    -keyout "$TLS/root.key" -out "$TLS/root.pem" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=localhost' \
    -keyout "$TLS/key.pem" -out "$TLS/leaf.csr" 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$TLS/leaf.ext"
openssl x509 -req -in "$TLS/leaf.csr" -CA "$TLS/root.pem" -CAkey "$TLS/root.key" -CAcreateserial -days 2 \
    -extfile "$TLS/leaf.ext" -out "$TLS/chain.pem" 2>/dev/null
. "$top/tests/free_port.sh"
TLS_PORT=$(free_port)
export TLS TLS_PORT CA=$TLS/root.pem NODE_EXTRA_CA_CERTS=$TLS/root.pem
export MOTCUA_ISSUER=https://localhost:$TLS_PORT MOTCUA_HTTP_TRUSTED_PROXIES=127.0.0.1
[ -z "${TLS_CLIENTS:-}" ] || export MOTCUA_HTTP_CLIENT_CERTIFICATES=true
"$top/tests/stack.sh" "$0" --inside "$@"
