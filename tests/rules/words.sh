#!/bin/sh
# Calls that cannot know their bounds, secrets compared byte by byte, and unfinished work.
cd "${ROOT:-.}" || exit 2
bad=0
rooms="base crypto conf paper store http auth payments web sandbox cli"
find_bad() { # pattern, where, why
    if grep -nE "$1" $(find $2 -name '*.[ch]' -o -name '*.def' -o -name '*.sql' 2>/dev/null); then
        echo "  ^ $3"
        bad=1
    fi
}
find_bad '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca|setjmp|system|popen)\(' "$rooms" 'a banned call'
find_bad '\bgoto\b' "$rooms" 'cleanup is by arena and DEFER'
find_bad '\b(TODO|FIXME|XXX|HACK)\b' "$rooms" 'unfinished work'
find_bad '\b(time|gettimeofday|clock_gettime|localtime|localtime_r|rand|random|srand)\(' \
    "crypto conf paper store auth payments web" 'time comes from base/clock.h, chance from crypto/random.h'
find_bad '\b(memcmp|strcmp)\(' 'auth crypto' 'compare with str_eq, or secret_equal'
find_bad '\bjwt_decode\(' "$rooms" 'it lets the token choose the algorithm'
find_bad '\bfloat\b|\bdouble\b' 'payments' 'money is int64_t'
exit $bad
