#!/bin/bash
# Every `motcua client add` line of docs/integration registers a client as it stands there, and every
# file that the guides lead to exists. Run by tests/stack.sh.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
bad=0 count=0
printf '{"keys":[%s]}' '{"kty":"EC","crv":"P-256","kid":"one","alg":"ES256","use":"sig","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}' >"$STACK/keys.json"
head -c 24 /dev/urandom | base64 >"$STACK/guides.secret"
chmod 600 "$STACK/guides.secret"

for guide in "$top"/docs/integration/*.md; do
    # One line for each command: a line that ends in a backslash goes on in the next one.
    sed -n '/^    motcua client add/,/[^\\]$/p' "$guide" | sed -e ':a' -e '/\\$/N; s/\\\n//; ta' >"$STACK/lines"
    while read -r line; do
        count=$((count + 1))
        line=$(sed -e "s#motcua client add PORTAL#client add guide-$count#; s#\bKC/#https://keycloak.example.vn/realms/r/#g" \
            -e "s#keys\.json#$STACK/keys.json#; s#-file FILE#-file $STACK/guides.secret#" <<<"$line")
        eval "words=($line)" # quoted as for a shell
        if ! "$MOTCUA_BIN/motcua" --conf "$STACK/motcua.conf" "${words[@]}" >"$STACK/said" 2>&1; then
            echo "${guide#"$top"/}: $line"
            cat "$STACK/said"
            bad=1
        fi
    done <"$STACK/lines"
    for link in $(grep -oE '\]\([^)#:]+\)' "$guide" | sed 's/^](//; s/)$//') ; do
        [ -e "$top/docs/integration/$link" ] || { echo "${guide#"$top"/} leads to $link"; bad=1; }
    done
    for file in $(grep -oE '`(tests|sandbox|deploy|docs)/[a-zA-Z0-9_./]+`' "$guide" | tr -d '`'); do
        [ -e "$top/$file" ] || { echo "${guide#"$top"/} names $file"; bad=1; }
    done
done
[ "$count" -ge 12 ] || { echo "only $count commands found"; bad=1; }
[ $bad = 0 ] && echo "guides: $count registrations"
exit $bad
