#!/bin/bash
# otp.sh FILE: a one-time code (RFC 6238) of the secret in FILE, for the officer of a development
# installation: what a telephone would show. Each code counts once, so the step of the last one is
# kept beside the secret, and the next is of a later step; when none is left it waits.
set -euo pipefail
umask 077
file=$1
key=$(tr -d ' \n' <"$file" | base32 -d | od -An -v -tx1 | tr -d ' \n')
last=$(cat "$file.step" 2>/dev/null || echo 0)
seconds=$(date +%s)
now=$((seconds / 30))
least=$((seconds % 30 < 20 ? now - 1 : now)) # the one before would be over when it arrives
step=$((last < least ? least : last + 1))
while [ $step -gt $((now + 1)) ]; do
    sleep 1
    now=$(($(date +%s) / 30))
done
echo $step >"$file.step"
digest=$(printf "$(printf '%016x' $step | sed 's/../\\x&/g')" |
    openssl dgst -sha1 -mac HMAC -macopt "hexkey:$key" | sed 's/.*= *//')
at=$((16#${digest:39:1} * 2))
printf '%06d\n' $(((16#${digest:at:8} & 0x7fffffff) % 1000000))
