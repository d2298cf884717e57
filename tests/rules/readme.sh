#!/bin/sh
# Every room has a README of at most a page.
cd "${ROOT:-.}" || exit 2
bad=0
for room in base crypto conf paper store http recon auth payments finance web sandbox cli tests bench deploy; do
    if [ ! -f $room/README.md ]; then
        echo "$room/README.md is missing"
        bad=1
    elif [ "$(wc -l <$room/README.md)" -gt 90 ]; then
        echo "$room/README.md is longer than a page"
        bad=1
    fi
done
exit $bad
