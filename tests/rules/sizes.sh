#!/bin/sh
# No function over 70 lines, no source file over 800.
cd "${ROOT:-.}" || exit 2
bad=0
for file in $(find base crypto conf paper store http recon auth payments finance web sandbox cli tests -name '*.[ch]' 2>/dev/null); do
    lines=$(wc -l <"$file")
    if [ "$lines" -gt 800 ]; then
        echo "$file: $lines lines"
        bad=1
    fi
    ctags -f - --languages=C --kinds-C=f --fields=ne --excmd=number "$file" 2>/dev/null | awk -F'\t' -v f="$file" '
        { s = e = 0
          for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) s = substr($i, 6); if ($i ~ /^end:/) e = substr($i, 5) }
          if (e - s + 1 > 70) { print f ":" s ": " $1 " has " e - s + 1 " lines"; bad = 1 } }
        END { exit bad }' || bad=1
done
exit $bad
