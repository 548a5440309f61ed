#!/bin/bash
# try.sh PACKAGE.deb [CLEAN]: shows on this machine that the Debian package works. In a clean Debian, made with debootstrap (or
# copied from the folder CLEAN, where that has been done before), it installs the package,
# runs what the unit's ExecStart says as the unit's user, with the unit's read-only file system and without rights, asks /health, compares the
# calls that the program makes with the unit's SystemCallFilter, removes the package and lists what is left. Needs root, and debootstrap,
# unshare, setpriv, ip, curl, systemd-analyze and strace. Nothing of this machine is changed: its network is the tried system's own.
set -euo pipefail
cd "$(dirname "$0")"
package=$(realpath "$1")
work=$(mktemp -d) && chmod 0755 "$work"
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT
step() { printf '%4s s  %s\n' "$SECONDS" "$*"; }
fail() { echo "try.sh: $*" >&2; exit 1; }

for tool in debootstrap unshare setpriv ip curl systemd-analyze strace; do
    command -v $tool > /dev/null || fail "$tool is missing"
done

# The first of alternatives, without versions.
needs=$(dpkg-deb --field "$package" Depends | sed 's/|[^,]*//g; s/([^)]*)//g; s/[[:space:]]//g')
step "a clean Debian with $needs"
if [ -n "${2:-}" ]; then
    cp -a "$2" "$root"
else
    debootstrap --variant=minbase --include="$needs" bookworm "$root" > "$work/debootstrap.log" 2>&1 ||
        { tail "$work/debootstrap.log"; exit 1; }
fi
cp "$package" "$root/onsale.deb"

# Every file and folder with its size, rights and owner; not what dpkg, and adduser in its backups, write about anything.
list() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev \) -prune -o \( -type f -o -type l -o -type d \) -printf '%y %s %m %u:%g %p\n' |
        sed '/^d/s/^d [0-9]*/d/' |
        grep -Ev ' \./(onsale\.deb|var/log(/|$)|var/lib/dpkg(/|$)|var/cache(/|$)|run(/|$)|tmp(/|$)|etc/(passwd|group|shadow|gshadow)-$)' | LC_ALL=C sort)
}
list > "$work/before"
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

in_root dpkg --install /onsale.deb > "$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; exit 1; }
step "installed: $(in_root dpkg-query --show onsale)"
in_root dpkg --audit
in_root onsale --version
unit=$root/usr/lib/systemd/system/onsale.service
systemd-analyze verify --root="$root" --man=no --recursive-errors=no onsale.service
# 0 is out of reach, 10 is naked; what `systemd-analyze security` calls OK ends at 2.0.
systemd-analyze security --offline=true --root="$root" --threshold=20 --no-pager onsale.service | tail -n 1
[ "$(in_root stat -c '%a %U:%G' /etc/onsale.toml)" = '640 root:onsale' ] || fail "others may read the configuration"
for shell in usr/share/bash-completion/completions/onsale usr/share/zsh/vendor-completions/_onsale; do
    [ -s "$root/$shell" ] || fail "no $shell"
done
bash -n "$root/usr/share/bash-completion/completions/onsale"
if command -v groff > /dev/null; then
    for page in "$root"/usr/share/man/man1/onsale*.1.gz; do
        zcat "$page" | groff -man -Tutf8 -ww -z 2> "$work/groff.log"
        [ ! -s "$work/groff.log" ] || { cat "$work/groff.log"; fail "groff complains about $page"; }
    done
    step "$(ls "$root"/usr/share/man/man1/onsale*.1.gz | wc -l) pages of man, which groff reads without a complaint"
fi

# What systemd would do with the unit, as far as it can be done without it.
unshare --net --mount --pid --fork --mount-proc --kill-child bash -euo pipefail ./try-unit.sh "$root" "$unit" "$work"

in_root dpkg --remove onsale > /dev/null
[ -e "$root/etc/onsale.toml" ] || fail "removing took the configuration away"
in_root dpkg --purge onsale 2>&1 | tail -n 3
list > "$work/after"
left=$(diff "$work/before" "$work/after" | grep '^[<>]' | grep -Ev ' \./(var/lib/onsale|etc/(passwd|group|shadow|gshadow)$)' || true)
[ -z "$left" ] || fail "it leaves traces beside its data: $left"
[ -s "$root/var/lib/onsale/hot.sqlite" ] || fail "purging took the data away"
in_root id onsale > /dev/null || fail "the data belongs to a user whose number may be given again"
step "removed and purged; left: the data ($(du -sh "$root/var/lib/onsale" | cut -f 1)) and its user, $(in_root id onsale)"

# Installed again, the data is found; and without data nothing is left.
in_root dpkg --install /onsale.deb > /dev/null 2>&1
in_root setpriv --reuid=onsale --regid=onsale --clear-groups onsale admin keys list --config /etc/onsale.toml 2> /dev/null | grep -q . ||
    fail "the data is not found again"
in_root dpkg --remove onsale > /dev/null
rm -r "$root/var/lib/onsale"
in_root dpkg --purge onsale > /dev/null 2>&1
if in_root id onsale > /dev/null 2>&1; then fail "a user without data is left"; fi
list > "$work/after"
diff "$work/before" "$work/after" || fail "it leaves traces"
step "installed again, the data was there; without data nothing is left"
