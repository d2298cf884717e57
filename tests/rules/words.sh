#!/bin/sh
# Calls that cannot know their bounds, secrets compared byte by byte, and unfinished work. Comments
# may name what the code may not do.
cd "${ROOT:-.}" || exit 2
bad=0
rooms="base crypto conf paper store http recon auth payments finance web sandbox cli"
code() { # the code without comments, as file:line:text
    for file in $(find $1 -name '*.[ch]' 2>/dev/null); do
        awk -v file="$file" '
            { line = $0
              if (inside) { if (sub(/^.*\*\//, "", line)) inside = 0; else next }
              gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
              if (sub(/\/\*.*$/, "", line)) inside = 1
              gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
              print file ":" FNR ":" line }' "$file"
    done
}
find_bad() { # pattern, rooms, why, files that may
    if code "$2" | grep -vE "^(${4:-nothing}):" | grep -E "$1"; then
        echo "  ^ $3"
        bad=1
    fi
}
find_bad '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca|setjmp|system|popen)\(' "$rooms" 'a banned call'
find_bad '\bgoto\b' "$rooms" 'cleanup is by arena and DEFER'
find_bad '\b(time|gettimeofday|clock_gettime|localtime|localtime_r|rand|random|srand)\(' \
    "crypto conf paper store recon auth payments finance web" 'time comes from base/clock.h, chance from crypto/random.h' \
    'store/seats.c' # waits on a condition with a deadline
find_bad '\b(memcmp|strcmp)\(' 'auth crypto' 'compare with str_eq, or secret_equal'
find_bad '\bjwt_decode\(' "$rooms" 'it lets the token choose the algorithm'
find_bad '\b(float|double)\b' 'payments recon finance' 'money is int64_t'
if grep -rnE '\b(TODO|FIXME|XXX|HACK)\b' $(find $rooms -name '*.[ch]' -o -name '*.def' -o -name '*.sql' -o -name '*.html' 2>/dev/null); then
    echo '  ^ unfinished work'
    bad=1
fi
exit $bad
