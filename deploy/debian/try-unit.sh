# try-unit.sh ROOT UNIT WORK, within namespaces of its own (see try.sh): the unit's command line as its user, with as much of its walls as needs
# no systemd.
root=$1 unit=$2 work=$3
step() { printf '%4s s  %s\n' "$SECONDS" "$*"; }
fail() { echo "try-unit.sh: $*" >&2; tail -n 20 "$work/server.log" >&2; exit 1; }
# The last value of a setting.
setting() { sed -n "s/^$1=//p" "$unit" | tail -n 1; }

ip link set lo up
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
# PrivateTmp=, and StateDirectory= within ProtectSystem=strict.
mount -t tmpfs tmpfs "$root/tmp"
state=$root/var/lib/$(setting StateDirectory)
mount --bind "$state" "$state"
mount -o remount,bind,ro "$root"
if touch "$root/etc/written" 2> /dev/null; then fail "the file system is not read-only"; fi

user=$(setting User) group=$(setting Group) command=$(setting ExecStart)
as_unit=(chroot "$root" setpriv --reuid="$user" --regid="$group" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all
    env -i "USER=$user" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
    sh -c "umask $(setting UMask); ulimit -n $(setting LimitNOFILE) 2> /dev/null || true; cd $(setting WorkingDirectory); exec \"\$@\"" sh)

# Every call of the server's life.
# shellcheck disable=SC2086
strace --follow-forks --quiet=all --signal=none --output="$work/trace" "${as_unit[@]}" $command > "$work/server.log" 2>&1 &
tracer=$!
health=http://127.0.0.1:9080/health
deadline=$((SECONDS + 120))
until [ "$(curl --silent --output /dev/null --write-out '%{http_code}' $health)" = 200 ]; do
    kill -0 $tracer 2> /dev/null || fail "the server ended"
    [ "$SECONDS" -lt "$deadline" ] || fail "no health"
    sleep 0.2
done
curl --silent $health | head -c 300; echo
server=$(pgrep --exact onsale)
grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs):' "/proc/$server/status" | tr -s '\t\n' '  '; echo
if grep -qE '^Uid:[[:space:]]0|^Cap(Eff|Bnd):.*[1-9a-f]|^NoNewPrivs:[[:space:]]0' "/proc/$server/status"; then fail "it has rights"; fi
step "$command, as $user, on a read-only system: healthy"

KEY=$("${as_unit[@]}" onsale admin keys create --admin --config /etc/onsale.toml 2> /dev/null)
TENANT_KEY=$("${as_unit[@]}" onsale admin keys create --tenant default --config /etc/onsale.toml 2> /dev/null)
curl --silent --fail http://127.0.0.1:8080/api/v1/admin/campaigns -H "X-Api-Key: $KEY" -H 'Content-Type: application/json' \
    -d '{"event_id":"tried","name":"Tried","stock":10}' > /dev/null || fail "no campaign"
curl --silent --fail -X POST http://127.0.0.1:8080/api/v1/admin/campaigns/tried/open -H "X-Api-Key: $KEY" > /dev/null || fail "not open"
for number in $(seq 20); do
    curl --silent http://127.0.0.1:8080/api/v1/coupons/issue -H "X-Api-Key: $TENANT_KEY" -H 'Content-Type: application/json' \
        -d "{\"user_id\":\"user$number\",\"event_id\":\"tried\"}" | grep -o '"code":"[A-Z_]*"'
done | sort | uniq -c
for path in / /events; do
    curl --silent --fail --output /dev/null --max-time 20 "http://127.0.0.1:8080$path" || fail "no answer to $path"
done

kill -TERM "$server"
wait $tracer && status=0 || status=$?
[ "$status" = 0 ] || fail "SIGTERM ended it with status $status"
"${as_unit[@]}" onsale doctor --config /etc/onsale.toml > "$work/server.log" 2>&1 || fail "the doctor refuses the unit's environment"
step "SIGTERM: ended with 0; the doctor has nothing against the environment"

# The unit's walls against what the program did. What was called before the program was there, systemd would call before it sets them.
sed -n '/execve("\/usr\/bin\/onsale"/,$p' "$work/trace" > "$work/own"
# MemoryDenyWriteExecute=: no memory that is written and run, and none that becomes runnable.
if grep -E '(mmap|mprotect)\(.*PROT_WRITE\|PROT_EXEC|mprotect\(.*PROT_EXEC' "$work/own"; then fail "memory that was written may be run"; fi
families=$(grep -oE 'socket\(AF_[A-Z0-9]+' "$work/own" | sed 's/.*(//' | sort -u)
for family in $families; do
    case " $(setting RestrictAddressFamilies) " in *" $family "*) ;; *) fail "sockets of $family, which the unit forbids" ;; esac
done
# SystemCallFilter=: what is called and not in it is refused with EPERM.
allowed() { systemd-analyze syscall-filter "$1" | sed 's/^ *//' | grep -v '^#' | while read -r name; do
    case $name in "$1") ;; @*) allowed "$name" ;; *) echo "$name" ;; esac
done; }
allowed @system-service | sort -u > "$work/allowed"
for taken in $(sed -n 's/^SystemCallFilter=~//p' "$unit"); do allowed "$taken"; done | sort -u > "$work/taken"
sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' "$work/own" | sort -u > "$work/called"
beyond=$(comm -23 "$work/called" <(comm -23 "$work/allowed" "$work/taken") | tr '\n' ' ')
[ -z "$beyond" ] || fail "calls beyond the unit's filter: $beyond"
step "$(wc -l < "$work/called") kinds of calls, all within the unit's filter; sockets: ${families//$'\n'/, }; no memory that is written and run"
