#!/bin/bash
# Apache httpd with mod_auth_openidc, a strict OpenID client, against motcua behind TLS: discovery,
# code + PKCE, state, nonce, ES256 ID token, userinfo, logout. It keeps its defaults but for what a
# site must say about itself. Run by tests/tls_stack.sh.
set -euo pipefail
work=$(mktemp -d /tmp/motcua-apache-XXXXXX)
chmod 755 "$work" # its workers run as another user
here=$MOTCUA_URL
. "$(dirname "$0")/../free_port.sh"
port=$(free_port)
site=http://127.0.0.1:$port # not localhost, whose HSTS is for every port
modules=/usr/lib/apache2/modules
stop() {
    status=$?
    trap - EXIT
    if [ -f "$work/httpd.pid" ]; then
        pid=$(cat "$work/httpd.pid")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
    fi
    [ $status = 0 ] || tail -n 30 "$work/error.log" >&2 || true
    rm -rf "$work"
    exit $status
}
trap stop EXIT
fail() { echo "$1" >&2; [ -z "${2:-}" ] || head -c 3000 "$2" >&2; exit 1; }

(umask 077 && head -c 24 /dev/urandom | base64 | tr +/ ab >"$work/secret")
"$MOTCUA_BIN/motcua" --conf "$STACK/motcua.conf" client add apache --profile oidc --id-token-alg ES256 --name-vi 'Trang Apache' --name-en 'Apache site' \
    --redirect "$site/private/back" --post-logout "$site/left.html" --scopes 'openid profile email vn_id' --grants 'authorization_code refresh_token' \
    --secret-file "$work/secret" >/dev/null

mkdir -p "$work/site/private"
echo 'you have left' >"$work/site/left.html"
cat >"$work/site/private/index.shtml" <<'END'
sub=<!--#echo var="OIDC_CLAIM_sub" -->
acr=<!--#echo var="OIDC_CLAIM_acr" -->
name=<!--#echo var="OIDC_CLAIM_name" -->
number=<!--#echo var="OIDC_CLAIM_SoDinhDanh" -->
user=<!--#echo var="REMOTE_USER" -->
token=<!--#echo var="OIDC_id_token" -->
access=<!--#echo var="OIDC_access_token" -->
END
chmod -R a+rX "$work/site"
cat >"$work/httpd.conf" <<END
ServerRoot $work
ServerName 127.0.0.1
Listen 127.0.0.1:$port
PidFile $work/httpd.pid
ErrorLog $work/error.log
LogLevel warn auth_openidc:info
Mutex file:$work
DefaultRuntimeDir $work
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule dir_module $modules/mod_dir.so
LoadModule mime_module $modules/mod_mime.so
LoadModule filter_module $modules/mod_filter.so
LoadModule include_module $modules/mod_include.so
LoadModule env_module $modules/mod_env.so
LoadModule auth_openidc_module $modules/mod_auth_openidc.so
TypesConfig /etc/mime.types
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 64
MinSpareThreads 4
MaxSpareThreads 16
$([ "$(id -u)" != 0 ] || printf 'User www-data\nGroup www-data\n')
DocumentRoot $work/site
OIDCProviderMetadataURL $here/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret $(cat "$work/secret")
OIDCRedirectURI $site/private/back
OIDCCryptoPassphrase $(head -c 24 /dev/urandom | base64 | tr '+/' 'ab')
OIDCScope "openid profile vn_id"
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ES256
OIDCCABundlePath $CA
OIDCPassIDTokenAs serialized
<Directory $work/site>
    Options +Includes
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
    DirectoryIndex index.shtml
    Require all granted
</Directory>
<Location /private>
    AuthType openid-connect
    Require valid-user
</Location>
END
/usr/sbin/apache2 -f "$work/httpd.conf"
for _ in $(seq 100); do
    curl -sf -o /dev/null "$site/left.html" && break
    sleep 0.05
done

visit() { # as a browser does; the last address in $url, the page in $work/page
    curl -sS --cacert "$CA" -b "$work/jar" -c "$work/jar" -L --max-redirs 15 --max-time 20 \
        -H 'Accept: text/html' -H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document' \
        -o "$work/page" -w '%{http_code} %{url_effective}\n' "$@" >"$work/line" || fail "no answer from $1"
    read -r code url <"$work/line"
}
value() { sed -n "s/^$1=//p" "$work/page"; }

# A protected page leads to the sign-in and, signed in, back to itself with the claims.
visit "$site/private/"
[[ $url == $here/login* ]] || fail "not the sign-in page: $code $url" "$work/page"
way=$(grep -oE 'href="/login/vneid/start[^"]*"' "$work/page" | head -n 1 | sed 's/^href="//; s/"$//; s/&amp;/\&/g')
visit "$here$way"
[[ $url == $SANDBOX_URL/vneid/authorize* ]] || fail "not at VNeID: $code $url" "$work/page"
visit "$url&persona=thu"
[ "$code" = 200 ] && [[ $url == $site/private/* ]] || fail "not back on the site: $code $url" "$work/page"
sub=$(value sub)
[ -n "$sub" ] || fail 'no sub' "$work/page"
[ "$(value acr)" = urn:vn:loa:2 ] || fail 'no level' "$work/page"
[ -n "$(value name)" ] && [ "$(value number)" = 001087123456 ] || fail 'no claims of userinfo' "$work/page"
[ "$(value user)" = "$sub@${here#https://}" ] || fail 'REMOTE_USER is not the subject at the issuer' "$work/page"
token=$(value token)
head=$(printf '%s' "$token" | cut -d. -f1 | tr '_-' '/+')
printf '%s==' "$head" | base64 -d 2>/dev/null | grep -q '"alg":"ES256"' || fail 'the ID token is not signed by ES256' "$work/page"

# A second visit needs no sign-in.
visit "$site/private/"
[ "$code" = 200 ] && [ "$(value sub)" = "$sub" ] || fail 'the site forgot its visitor' "$work/page"

# The module's own hook for refreshing: it comes back without an error and with another access token.
access=$(value access)
[ -n "$access" ] || fail 'no access token' "$work/page"
encoded=$(printf '%s' "$site/private/" | sed 's#:#%3A#g; s#/#%2F#g')
visit "$site/private/back?refresh=$encoded&access_token=$access"
[ "$code" = 200 ] && [[ $url != *error* ]] || fail "the refresh ends elsewhere: $code $url" "$work/page"
visit "$site/private/"
[ -n "$(value access)" ] && [ "$(value access)" != "$access" ] || fail 'the access token is the same after a refresh' "$work/page"

# Logout: the site's session and motcua's end; the next visit is a sign-in again.
left=$(printf '%s' "$site/left.html" | sed 's#:#%3A#g; s#/#%2F#g')
visit "$site/private/back?logout=$left"
[ "$code" = 200 ] && [ "$url" = "$site/left.html" ] && grep -q 'you have left' "$work/page" || fail "logout ends elsewhere: $code $url" "$work/page"
visit "$site/private/"
[[ $url == $here/login* ]] || fail "still signed in: $code $url" "$work/page"

# A wrong client secret lets nobody in: the module's own checks are at work.
sed -i 's/^OIDCClientSecret .*/OIDCClientSecret wrong/' "$work/httpd.conf"
/usr/sbin/apache2 -f "$work/httpd.conf" -k graceful
sleep 1
rm -f "$work/jar"
visit "$site/private/"
way=$(grep -oE 'href="/login/vneid/start[^"]*"' "$work/page" | head -n 1 | sed 's/^href="//; s/"$//; s/&amp;/\&/g')
visit "$here$way"
visit "$url&persona=thu"
[ "$code" != 200 ] || [[ $url != $site/private/ ]] || fail 'let in by a wrong secret' "$work/page"
echo 'mod_auth_openidc: discovery, code, PKCE, ES256, userinfo, refresh, logout, wrong secret'
