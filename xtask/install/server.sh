#!/bin/sh
# Installs one of Debian's servers for the tests, without starting it: server.sh BINARY PACKAGE.
# Each test starts its own, in a temporary folder, on loopback.
set -eu
PATH="$PATH:/usr/sbin:/sbin"
command -v "$1" >/dev/null 2>&1 && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update
# Debian asks this file whether a package may start its server.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get install -y --no-install-recommends "$2"
