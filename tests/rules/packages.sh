#!/bin/sh
# README.md names every package that is installed, with its reason.
cd "${ROOT:-.}" || exit 2
bad=0
for name in $(awk '!/^#/ && $1 != "build" { print $2 }' deploy/packages.txt); do
    grep -qF "\`$name\`" README.md || { echo "README.md does not name $name"; bad=1; }
done
exit $bad
