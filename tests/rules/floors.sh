#!/bin/sh
# A file includes its own room and lower floors only, and a library has one door: docs/rooms.txt.
# ROOT may name another tree, so that the check itself can be tested.
cd "${ROOT:-.}" || exit 2
awk '
FILENAME ~ /rooms.txt$/ {
    if ($1 ~ /^[0-9]+$/) for (i = 2; i <= NF; i++) floor[$i] = $1
    else if ($1 == "lib") owner[$2] = $3
    next
}
/^[ \t]*#[ \t]*include/ {
    split(FILENAME, f, "/"); me = f[1]
    stem = FILENAME; sub(/\.[ch]$/, "", stem)
    if (match($0, /"[^"]+\//)) {
        split(substr($0, RSTART + 1, RLENGTH - 1), t, "/"); to = t[1]
        if (to == "tests" || to == "bench" || (to in floor && to != me && floor[to] >= floor[me])) {
            print FILENAME ":" FNR ": " me " must not include " to; bad = 1
        }
        if (me == "sandbox" && to == "recon") {
            print FILENAME ":" FNR ": sandbox has readers of its own"; bad = 1
        }
    }
    for (h in owner)
        if (index($0, "<" h) && owner[h] != me && owner[h] != stem) {
            print FILENAME ":" FNR ": only " owner[h] " may include <" h ">"; bad = 1
        }
}
END { exit bad }' docs/rooms.txt $(find base crypto conf paper store http recon auth payments finance web sandbox cli \
    -name '*.[ch]' 2>/dev/null)
