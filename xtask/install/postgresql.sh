#!/bin/sh
# Installs Debian's PostgreSQL for the tests, without the server that the package would start.
set -eu
command -v initdb >/dev/null 2>&1 && exit 0
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends postgresql-common
mkdir -p /etc/postgresql-common
sed -i '/^create_main_cluster/d' /etc/postgresql-common/createcluster.conf 2>/dev/null || true
echo 'create_main_cluster = false' >> /etc/postgresql-common/createcluster.conf
apt-get install -y --no-install-recommends postgresql
