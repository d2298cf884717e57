#!/bin/sh
# install.sh KIND...: installs the Debian packages of those kinds that are missing, and says which.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
missing=
for kind in "$@"; do
    for name in $(awk -v kind="$kind" '$1 == kind { print $2 }' "$here/packages.txt"); do
        case $name in
        nodejs | npm) command -v "${name%js}" >/dev/null && continue ;; # a newer one may be there
        esac
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' ||
            missing="$missing $name"
    done
done
[ -n "$missing" ] || exit 0
echo "Installing:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
# Servers that come with packages are not started: whoever needs one starts its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
    $sudo chmod 755 $policy
    trap '$sudo rm -f $policy' EXIT
    trap 'exit 1' INT TERM # else Ctrl-C leaves it there, and no service starts any more
fi
$sudo apt-get update -qq # package lists may be old, or absent on a fresh machine
$sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
