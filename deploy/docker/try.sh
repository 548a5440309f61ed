#!/bin/bash
# try.sh small|whole [USERS]: shows on this machine that a compose file works. It starts the system, opens the shop's page, sends a crowd, kills
# a container of each kind while a second crowd is at work, and compares the books. What it started it removes, with its data.
set -euo pipefail
cd "$(dirname "$0")/../.."
which=$1 users=${2:-100000}
project=onsale-try-$which
# Where the engine itself may open fewer files, so may what it starts.
OPEN_FILES=$(ulimit -Hn)
if [ "$OPEN_FILES" = unlimited ] || [ "$OPEN_FILES" -gt 65536 ]; then OPEN_FILES=65536; fi
export OPEN_FILES
export PUBLISH=127.0.0.1:${PORT:-18080} GRAFANA_PORT=${GRAFANA_PORT:-13000}
case $which in
    small) files=(--file docker-compose.small.yml) site=http://onsale:8080 network=${project}_default ;;
    whole) files=(--file docker-compose.yml) site=http://nginx:8080 network=${project}_inside ;;
    *) echo "try.sh small|whole [USERS]" >&2; exit 2 ;;
esac
compose() { docker compose --project-name "$project" "${files[@]}" --env-file deploy/docker/rehearsal.env "$@"; }
step() { printf '%5s s  %s\n' "$SECONDS" "$*"; }
trap 'compose --profile tools --profile sandbox down --volumes --remove-orphans --timeout 5 > /dev/null 2>&1 || true' EXIT

# Waits until a command succeeds: six minutes at most.
until_done() {
    local deadline=$((SECONDS + 360))
    until "$@" > /dev/null 2>&1; do
        if [ "$SECONDS" -gt "$deadline" ]; then echo "in vain: $*" >&2; exit 1; fi
        sleep 1
    done
}

admin() {
    if [ "$which" = small ]; then compose exec -T onsale entry "$@"; else compose run --rm -T onsale "$@" --config "/run/onsale/$file"; fi
}
rush() {
    docker run --rm --network "$network" --read-only --tmpfs /tmp --ulimit "nofile=$OPEN_FILES" onsale rush --url "$site" --key "$ADMIN" \
        --issue-key "$TENANT" --users "$users" --connections 200 --report /tmp/rush-report.html "$@"
}

step "start"
compose up --detach --wait
step "all are healthy"
until_done curl --fail --silent --output /dev/null "http://$PUBLISH/"
curl --silent "http://$PUBLISH/" | grep -i -m 1 '<title>' || { echo 'no page' >&2; exit 1; }
step "the shop's page answers"
file=keys.toml
ADMIN=$(admin admin keys create --admin)
TENANT=$(admin admin keys create --tenant default)
rush
step "a crowd of $users, all books balance"
docker stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.CPUPerc}}' | sort

# A second crowd: whoever is served by what dies hears an error, or nothing.
rush --campaign killed --stock 5000 > /tmp/try-rush.log 2>&1 &
crowd=$!
# Somebody has been served: the crowd is at work.
served() { curl --fail --silent --header "X-Api-Key: $ADMIN" "http://$PUBLISH/api/v1/coupons/status/killed" | grep -Eq '"remaining_stock":([0-4][0-9]{3}|[0-9]{1,3})[,}]'; }
until_done served
if [ "$which" = small ]; then
    killed=(onsale)
else
    killed=(coupon-1 gateway-2 redis-1 kafka-2 issuer-1 queue-1 gate-1 catalog-1 user-1 reservation-1 payment-1 postgres-2 mariadb-2 prometheus
        alertmanager nginx mariadb-1 postgres-1)
fi
for service in "${killed[@]}"; do
    compose kill "$service" > /dev/null 2>&1
    compose start "$service" > /dev/null 2>&1
    step "$service killed and started"
done
wait "$crowd" || true
tail -n 20 /tmp/try-rush.log
compose up --detach --wait > /dev/null 2>&1
step "all are healthy again"
file=books.toml
until_done admin reconcile
admin reconcile
step "the books balance"
