#!/bin/sh
# Prints a Secret for each role, as YAML: the file `onsale.toml` with its stores and the keys that it needs, and no others.
#
#   sh secrets.sh --keys DIR --hot URL --bus URL --ledger URL [--ledger-ROLE URL ...] [--prefix onsale] \
#     | kubectl --namespace onsale apply --server-side --filename -
#
# DIR keeps the keys: they are made once, and read the next time. Keep a copy of it where you keep passwords: whoever loses
# personal_data_key loses the data that it encrypts. `--ledger-migrate`, `--ledger-coupon`, `--ledger-user`, `--ledger-catalog`,
# `--ledger-reservation` and `--ledger-payment` give these a database user of their own (deploy/sql); gate and issuer have
# coupon's. A file DIR/ROLE.toml is put at the end of that role's file: SASL, authorities, the secrets of the payment provider.
set -eu
umask 077
prefix=onsale keys='' hot='' bus='' ledger=''
die() { echo "secrets.sh: $1" >&2; exit 2; }
plain() { case $1 in *[\"\\]*|*"
"*) die "a value has a quotation mark, a backslash or a new line: escape it in the URL (%22, %5C)" ;; esac; }
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || die "$1 needs a value"
  plain "$2"
  case $1 in
    --prefix) prefix=$2 ;; --keys) keys=$2 ;; --hot) hot=$2 ;; --bus) bus=$2 ;; --ledger) ledger=$2 ;;
    --ledger-migrate) ledger_migrate=$2 ;; --ledger-coupon) ledger_coupon=$2 ;; --ledger-user) ledger_user=$2 ;;
    --ledger-catalog) ledger_catalog=$2 ;; --ledger-reservation) ledger_reservation=$2 ;; --ledger-payment) ledger_payment=$2 ;;
    *) die "unknown: $1" ;;
  esac
  shift 2
done
for name in keys hot bus ledger; do
  eval "[ -n \"\$$name\" ]" || die "--$name is missing"
done
mkdir -p "$keys"

random() { openssl rand -base64 "$1" | tr -d '\n'; }
# Sixteen random bytes as a UUID of version 4.
uuid() { openssl rand -hex 16 | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\)$/\1-\2-4\3-a\4-\5/'; }
# The key of that name, made by the rest of the words where there is none yet.
key() {
  file=$keys/$1
  shift
  [ -s "$file" ] || "$@" >"$file"
  cat "$file"
}
line() { printf '    %s = "%s"\n' "$1" "$2"; }
section() { printf '    [%s]\n' "$1"; }
# internal.key of these roles: one's own, with which it calls, and those of its callers.
internal() {
  section internal
  for role in "$@"; do line "key.$role" "$(key "internal_$role" uuid)"; done
}
begin() { printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s-%s\ntype: Opaque\nstringData:\n  onsale.toml: |\n' "$prefix" "$1"; }
end() {
  [ ! -e "$keys/$1.toml" ] || sed 's/^/    /' "$keys/$1.toml"
  echo ---
}
in_redis() { section hot; line url "$hot"; }
in_kafka() { section bus; line url "$bus"; }
in_sql() { section ledger; line url "$1"; }
# Keys of lines. queue asks challenges, and gate checks the answers at its own lines: with another key each answer is wrong. gate signs
# the receipts of draws, and queue shows the public key that checks them.
lines() {
  section queue
  line cookie_key "$(key cookie_key random 48)"
  line receipt_key "$(key receipt_key random 32)"
}
tokens() { section auth; line jwt_secret "base64:$(key jwt_secret random 64)"; }

# Lines and the gateway keep no rows, but hear and tell over Kafka like the others.
begin gateway; in_redis; in_kafka; tokens; internal gateway; end gateway

begin user; in_redis; in_kafka; in_sql "${ledger_user:-$ledger}"; tokens
section user
line personal_data_key "$(key personal_data_key random 32)"
line lookup_key "$(key lookup_key random 32)"
internal user gateway; end user

begin catalog; in_redis; in_kafka; in_sql "${ledger_catalog:-$ledger}"
internal catalog gateway user queue reservation payment; end catalog

begin queue; in_redis; in_kafka; lines
internal queue gateway reservation; end queue

begin reservation; in_redis; in_kafka; in_sql "${ledger_reservation:-$ledger}"
section reservation
line ticket_key "$(key ticket_key random 32)"
internal reservation gateway user catalog queue payment; end reservation

begin payment; in_redis; in_kafka; in_sql "${ledger_payment:-$ledger}"
internal payment gateway queue reservation; end payment

begin coupon; in_redis; in_kafka; in_sql "${ledger_coupon:-$ledger}"
internal coupon gateway user catalog queue reservation payment; end coupon

begin gate; in_redis; in_kafka; in_sql "${ledger_coupon:-$ledger}"; lines
internal gate gateway issuer; end gate

begin issuer; in_redis; in_kafka; in_sql "${ledger_coupon:-$ledger}"
internal issuer; end issuer

# The job that makes tables needs the database alone, with the user that may.
begin migrate; in_sql "${ledger_migrate:-$ledger}"; end migrate
