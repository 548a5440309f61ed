#!/usr/bin/env bash
# Tests the connectors with the real proxies.
#
# Usage: deploy/connectors/test.sh PROGRAM [PROXY...]
# PROGRAM, such as target/debug/onsale, is started with fresh data on a free loopback port, beside a tiny site; PROXY is caddy,
# haproxy, envoy or traefik, all without a name. A proxy is looked for in PATH, or in the variables CADDY, HAPROXY, ENVOY, TRAEFIK;
# one that is not there is skipped by name. Debian has haproxy and caddy (apt-get install haproxy caddy).
set -euo pipefail
[[ $# -ge 1 && -x $1 ]] || { sed -n '4,8p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }
exec python3 "$(dirname "$0")/test.py" "$@"
