#!/bin/sh
# The rules themselves are tested: a breach planted in a small tree must be reported.
rules=$(cd "$(dirname "$0")" && pwd)
source=$(pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/docs" "$tree/base" "$tree/auth" "$tree/payments"
cp docs/rooms.txt "$tree/docs"
echo 'int ok(void);' >"$tree/base/ok.c"
ROOT=$tree sh "$rules/$1.sh" >/dev/null || { echo "a clean tree is refused"; exit 1; }
case $1 in
floors)
    for breach in '#include "payments/order.h"' '#include "web/app.h"' '#include <openssl/evp.h>'; do
        echo "$breach" >"$tree/auth/bad.c"
        ! ROOT=$tree sh "$rules/floors.sh" >/dev/null || { echo "not found: $breach"; exit 1; }
    done ;;
sizes)
    { echo 'int f(void)'; echo '{'; yes '    ;' | head -n 70; echo '}'; } >"$tree/auth/bad.c"
    ! ROOT=$tree sh "$rules/sizes.sh" >/dev/null || { echo "a long function is not found"; exit 1; } ;;
words)
    for breach in 'strcpy(a, b);' 'if (memcmp(a, b, 3))' 'goto end;'; do
        echo "$breach" >"$tree/auth/bad.c"
        ! ROOT=$tree sh "$rules/words.sh" >/dev/null || { echo "not found: $breach"; exit 1; }
    done ;;
esac
cd "$source" || exit 2
