#!/usr/bin/env bash
# Tests the clients against a running program.
#
# Usage: clients/test.sh PROGRAM [LANGUAGE...]
# Starts PROGRAM (such as target/debug/onsale) on a free loopback port with fresh data, and runs the suites of Python, TypeScript
# and Java, or those that are named. A language that is not installed is skipped by name. Before that it asks whether the
# generated files are what the program's API document says. Packages are installed into target/clients.
set -euo pipefail
usage() { sed -n '4,7p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }
[[ $# -ge 1 && -x $1 ]] || usage
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "$1")
shift
languages=("$@")
[[ ${#languages[@]} -gt 0 ]] || languages=(python typescript java)
command -v python3 >/dev/null || { echo "python3 is needed: it prepares the evening" >&2; exit 2; }
kept=${CLIENTS_TARGET:-$here/../target/clients}
mkdir -p "$kept"
kept=$(cd "$kept" && pwd)
work=$(mktemp -d)
server=
stop() {
    [[ -z $server ]] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    rm -rf "$work"
}
trap stop EXIT

# ---- the program
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
key=$(cd "$work" && "$program" admin keys create --admin --data "$work/data" 2>"$work/keys.log")
(
    cd "$work"
    # Passwords are hashed quickly: what is tested is the clients. One issue call a second and user: they must wait. All come
    # from one address.
    ONSALE__DEMO__ADMIN_PASSWORD='an administrators own 7' ONSALE__USER__BCRYPT_COST=4 ONSALE__LOG__LEVEL=warn \
        ONSALE__LIMITS__ISSUE_PER_USER_PER_SECOND=1 ONSALE__LIMITS__PER_IP_PER_SECOND=1000 ONSALE__LIMITS__PER_IP_BURST=2000 \
        exec "$program" serve --listen "127.0.0.1:$port" --data "$work/data"
) >"$work/server.log" 2>&1 &
server=$!
for ((tried = 0; ; tried++)); do
    [[ $(curl -s -o /dev/null -m 5 -w '%{http_code}' "$url/health/ready" || true) != 200 ]] || break
    kill -0 "$server" 2>/dev/null && ((tried < 600)) || { echo "the program does not start:" >&2; tail -20 "$work/server.log" >&2; exit 1; }
    sleep 0.1
done

echo "==> the generated files"
curl -sf -m 30 "$url/openapi.json" -o "$work/openapi.json"
python3 "$here/generate.py" "$work/openapi.json" --check

echo "==> an evening: tickets, a draw"
python3 "$here/evening.py" "$url" "$key" admin@onsale.local 'an administrators own 7' "$program" "$work/evening.json"
export ONSALE_EVENING=$work/evening.json

# ---- the suites
skipped=() failed=()
has() {
    local word
    for word in "${@:2}"; do
        command -v "$word" >/dev/null || { echo "==> $1: SKIPPED, $word is not installed"; skipped+=("$1"); return 1; }
    done
    echo "==> $1"
}
# Each is called in a condition, where `set -e` does not count: hence every `&&`.
python() {
    local venv=$kept/python
    cmp -s "$here/python/pyproject.toml" "$venv/made-of.toml" || {
        python3 -m venv --clear "$venv" &&
            "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e "$here/python[test]" &&
            cp "$here/python/pyproject.toml" "$venv/made-of.toml"
    } && (cd "$here/python" && PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -m pytest)
}
typescript() {
    # Built beside the tree, so that no packages are left in it.
    local folder=$kept/typescript
    mkdir -p "$folder" && rm -rf "$folder/src" "$folder/test" "$folder/build" && cp -r "$here/typescript/." "$folder/" && {
        cmp -s "$folder/package.json" "$folder/node_modules/.made-of.json" || {
            (cd "$folder" && npm install --silent --no-audit --no-fund) &&
                cp "$folder/package.json" "$folder/node_modules/.made-of.json"
        }
    } && (cd "$folder" && ONSALE_VECTORS=$here/vectors/vectors.json npm test --silent)
}
java() {
    (cd "$here/java" && mvn --batch-mode --no-transfer-progress -Dstyle.color=never "-DbuildFolder=$kept/java" test)
}
for language in "${languages[@]}"; do
    case $language in
        python) has python python3 && { python || failed+=(python); } ;;
        typescript) has typescript node npm && { typescript || failed+=(typescript); } ;;
        java) has java javac mvn && { java || failed+=(java); } ;;
        *) usage ;;
    esac || true
done
echo
echo "clients: ${#failed[@]} failed (${failed[*]:-none}), ${#skipped[@]} skipped (${skipped[*]:-none})"
[[ ${#failed[@]} -eq 0 ]]
