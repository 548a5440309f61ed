#!/usr/bin/env bash
# One walk from the sign-up to the paid ticket and its refund, and to a show that is cancelled, as a person and an administrator
# would do it with curl.
#
# Usage: tickets.sh BASE_URL ADMIN_EMAIL ADMIN_PASSWORD [SANDBOX_URL]
# Ends with 0 and a last line "the walk is done" when every answer was as it must be.
set -euo pipefail
base=$1 admin_email=$2 admin_password=$3 sandbox=${4:-$1}

# The value at a path of the JSON on standard input: `at list.0.id`.
at() { python3 -c '
import json, sys
value = json.load(sys.stdin)
for part in sys.argv[1].split("."):
    value = value[int(part)] if isinstance(value, list) else value[part]
print(value if not isinstance(value, (dict, list, bool)) else json.dumps(value))' "$1"; }
# An answer with its status on the last line.
call() { curl -sS -m 30 -w '\n%{http_code}' -H 'Content-Type: application/json' "$@"; }
# Calls, wants a status, prints the body.
expect() {
    local status=$1 answer
    shift
    answer=$(call "$@")
    if [[ ${answer##*$'\n'} != "$status" ]]; then
        echo "wanted $status of: $*" >&2
        echo "$answer" >&2
        exit 1
    fi
    echo "${answer%$'\n'*}"
}
say() { echo "==> $*"; }
# Waits until a mail to the person has this in its subject and text, which stand on one line.
mailed() {
    local mails
    for _ in $(seq 1 120); do
        mails=$(expect 200 "$sandbox/sandbox/mail?to=$email" | python3 -c '
import json, sys
for mail in json.load(sys.stdin)["list"]:
    print(mail["subject"], " ".join(mail["text"].split()))')
        if grep -qE "$1" <<<"$mails"; then return; fi
        sleep 1
    done
    echo "no mail to $email has $1, but: $mails" >&2
    exit 1
}
# Waits until the payment with this id is given back.
refunded() {
    local status=
    for _ in $(seq 1 240); do
        status=$(expect 200 "$base/payments/$1" "${me[@]}" | at status)
        if [[ $status == REFUNDED ]]; then return; fi
        sleep 0.5
    done
    echo "the payment $1 is $status" >&2
    exit 1
}

say "an identity is verified, as the payment provider's window would do it"
number=$(printf '%04d' $((RANDOM % 10000)))
verified=$(expect 200 "$sandbox/sandbox/portone/identity-verifications" -d "{\"name\":\"김하늘\",\"phone\":\"010-1234-$number\"}" || true)
[[ -n $verified ]] || verified=$(expect 201 "$sandbox/sandbox/portone/identity-verifications" -d "{\"name\":\"김하늘\",\"phone\":\"010-1234-$number\"}")
identity=$(at identityVerificationId <<<"$verified")

say "sign-up"
email="walk-$RANDOM-$RANDOM@example.com" password='correct horse 7!'
account="{\"email\":\"$email\",\"password\":\"$password\",\"name\":\"김하늘\",\"phone\":\"010-1234-$number\",
  \"identityVerificationId\":\"$identity\",\"recaptchaToken\":\"pass\"}"
expect 201 "$base/auth/signup" -d "$account" >/dev/null
expect 400 "$base/auth/signup" -d "${account/\"pass\"/\"fail\"}" | grep -q RECAPTCHA_FAILED

say "log-in"
session=$(expect 200 "$base/auth/login" -d "{\"email\":\"$email\",\"password\":\"$password\",\"recaptchaToken\":\"pass\"}")
access=$(at accessToken <<<"$session") refresh=$(at refreshToken <<<"$session")
expect 401 "$base/auth/login" -d "{\"email\":\"$email\",\"password\":\"wrong one 7!\",\"recaptchaToken\":\"pass\"}" | grep -q INVALID_CREDENTIALS
[[ $(expect 200 "$base/users/me" -H "Authorization: Bearer $access" | at email) == "$email" ]]
expect 401 "$base/users/me" | grep -q UNAUTHORIZED

say "an administrator makes venue, hall and event"
admin=$(expect 200 "$base/auth/login" -d "{\"email\":\"$admin_email\",\"password\":\"$admin_password\",\"recaptchaToken\":\"pass\"}" | at accessToken)
as_admin=(-H "Authorization: Bearer $admin")
expect 403 "$base/venues" -H "Authorization: Bearer $access" -d '{"name":"A","address":"B","city":"서울"}' >/dev/null
venue=$(expect 201 "$base/venues" "${as_admin[@]}" -d '{"name":"한강홀","address":"여의도동 1","city":"서울"}' | at id)
hall=$(expect 201 "$base/venues/$venue/halls" "${as_admin[@]}" \
    -d '{"name":"대극장","capacity":200,"seatTemplate":{"rows":["A","B","C","D"],"seatsPerRow":25,"gradeMapping":{"A":"VIP","B":"S","C":"A","D":"B"}}}' | at id)
day() { date -u -d "$1" +%Y-%m-%dT%H:%M:%S; }
event=$(expect 201 "$base/events" "${as_admin[@]}" -d "{\"title\":\"가을 음악회 $RANDOM\",\"artist\":\"하늘 밴드\",\"venueId\":\"$venue\",\"hallId\":\"$hall\",
  \"priceByGrade\":{\"VIP\":150000,\"S\":120000,\"A\":90000,\"B\":60000},
  \"schedules\":[{\"playSequence\":1,\"eventStartAt\":\"$(day '+30 days')\",\"eventEndAt\":\"$(day '+30 days 2 hours')\",
    \"saleStartAt\":\"$(day '-1 hour')\",\"saleEndAt\":\"$(day '+29 days')\"}]}" | at id)

say "nobody sees it before it is published"
expect 404 "$base/events/$event" >/dev/null
expect 200 "$base/events/$event/open" "${as_admin[@]}" -X POST >/dev/null

say "list, detail, seats"
expect 200 "$base/events?size=100&keyword=%EA%B0%80%EC%9D%84" | grep -q "$event"
schedule=$(expect 200 "$base/events/$event" | at schedules.0.times.0.id)
seats=$(expect 200 "$base/events/schedules/$schedule/seats")
[[ $(python3 -c 'import json,sys; print(sum(len(g["seats"]) for g in json.load(sys.stdin)["grades"]))' <<<"$seats") == 100 ]]

say "the pictures for cards and shared links"
poster=$(expect 200 "$base/events?size=100&keyword=%EA%B0%80%EC%9D%84" | python3 -c 'import json,sys; print(next(one["poster"] for one in json.load(sys.stdin)["list"] if one["id"] == sys.argv[1]))' "$event")
expect 200 "$base$poster" | grep -q '<svg'
shared=$(expect 200 "$base/shows/$event" -H 'Accept: text/html' | grep -o '/assets/poster/[^"]*\.png' | head -1)
[[ $(curl -sS -o /dev/null -w '%{http_code} %{content_type}' "$base$shared") == '200 image/png' ]]

say "refresh; the same token again ends the family"
renewed=$(expect 200 "$base/auth/refresh" -d "{\"refreshToken\":\"$refresh\"}")
access=$(at accessToken <<<"$renewed")
expect 200 "$base/users/me" -H "Authorization: Bearer $access" >/dev/null
expect 401 "$base/auth/refresh" -d "{\"refreshToken\":\"$refresh\"}" >/dev/null
expect 401 "$base/users/me" -H "Authorization: Bearer $access" >/dev/null
expect 401 "$base/auth/refresh" -d "{\"refreshToken\":\"$(at refreshToken <<<"$renewed")\"}" | grep -q REVOKED_REFRESH_TOKEN

say "a person logs in again, and waits for the turn"
session=$(expect 200 "$base/auth/login" -d "{\"email\":\"$email\",\"password\":\"$password\",\"recaptchaToken\":\"pass\"}")
access=$(at accessToken <<<"$session")
me=(-H "Authorization: Bearer $access")
expect 404 "$base/queue/status?scheduleId=$schedule" "${me[@]}" | grep -q NOT_IN_QUEUE
entered=$(expect 200 "$base/queue/enter" "${me[@]}" -d "{\"scheduleId\":\"$schedule\"}")
[[ $(at status <<<"$entered") == WAITING ]]
pass=
for _ in $(seq 1 30); do
    standing=$(expect 200 "$base/queue/status?scheduleId=$schedule" "${me[@]}")
    if [[ $(at status <<<"$standing") == ACTIVE ]]; then pass=$(at token <<<"$standing"); break; fi
    # Fifteen looks at once, and then one every four seconds.
    sleep 2
done
[[ $pass == qr_* ]]
expect 409 "$base/queue/enter" "${me[@]}" -d "{\"scheduleId\":\"$schedule\"}" | grep -q ALREADY_APPROVED

say "seats are held: all or none, and nobody else gets them"
with_pass=("${me[@]}" -H "X-Queue-Token: $pass")
expect 401 "$base/reservations/hold" "${me[@]}" -d "{\"scheduleId\":\"$schedule\",\"count\":2}" | grep -q QUEUE_TOKEN_MISSING
held=$(expect 201 "$base/reservations/hold" "${with_pass[@]}" -d "{\"scheduleId\":\"$schedule\",\"count\":2,\"grade\":\"S\"}")
reservation=$(at reservationId <<<"$held") amount=$(at totalAmount <<<"$held")
[[ $(at status <<<"$held") == PENDING && $amount == 240000 ]]
seat=$(expect 200 "$base/reservations/$reservation" "${me[@]}" | at seats.0.seatId)
expect 409 "$base/reservations/hold" "${with_pass[@]}" -d "{\"scheduleId\":\"$schedule\",\"seatIds\":[\"$seat\"]}" >/dev/null
expect 400 "$base/reservations/hold" "${with_pass[@]}" -d "{\"scheduleId\":\"$schedule\",\"count\":3}" | grep -q MAX_SEATS_EXCEEDED
[[ $(expect 200 "$base/reservations/seats/$schedule" "${with_pass[@]}" | at seats.hold) == 2 ]]

say "the payment is made, paid at the provider, and confirmed"
expect 400 "$base/payments" "${with_pass[@]}" -d "{\"reservationId\":\"$reservation\",\"amount\":1,\"paymentMethod\":\"CARD\"}" | grep -q PAYMENT_AMOUNT_MISMATCH
made=$(expect 200 "$base/payments" "${with_pass[@]}" -d "{\"reservationId\":\"$reservation\",\"amount\":$amount,\"paymentMethod\":\"CARD\"}")
payment=$(at paymentId <<<"$made") key=$(at paymentKey <<<"$made")
transaction=$(expect 200 "$sandbox/sandbox/portone/payments/$key/pay" -d '{"webhook":false}' | at transactionId)
confirmation="{\"reservationId\":\"$reservation\",\"paymentId\":\"$payment\",\"paymentKey\":\"$key\",\"transactionId\":\"$transaction\",\"amount\":$amount}"
[[ $(expect 200 "$base/payments/confirm" "${with_pass[@]}" -d "$confirmation" | at status) == SUCCESS ]]
expect 409 "$base/payments/confirm" "${with_pass[@]}" -d "$confirmation" | grep -q PAYMENT_ALREADY_EXISTS

say "the ticket comes, with a code that a door can check"
ticket=None
for _ in $(seq 1 120); do
    mine=$(expect 200 "$base/reservations/$reservation" "${me[@]}")
    ticket=$(at ticketNumber <<<"$mine")
    [[ $ticket == None ]] || break
    sleep 0.5
done
[[ $ticket != None && $(at status <<<"$mine") == CONFIRMED ]]
qr=$(at qrData <<<"$mine")
code=${qr##*/}
[[ $(expect 200 "$base/tickets/verify/$code" -H 'Accept: application/json' | at status) == VALID ]]
verify() { expect 200 "$base/tickets/verify" "${as_admin[@]}" -d "{\"qrData\":\"$1\",\"gate\":\"A\"$2}" | at status; }
[[ $(verify "$qr" ',"peek":true') == VALID ]]
[[ $(verify "${qr%?}A" ',"peek":true') == FORGED || $(verify "${qr%?}B" ',"peek":true') == FORGED ]]
expect 403 "$base/tickets/verify" "${me[@]}" -d "{\"qrData\":\"$qr\"}" >/dev/null
sold=
for _ in $(seq 1 120); do
    sold=$(expect 200 "$base/events/schedules/$schedule/seats" | python3 -c 'import json,sys; print(sum(s["status"] == "SOLD" for g in json.load(sys.stdin)["grades"] for s in g["seats"]))')
    [[ $sold == 2 ]] && break
    sleep 0.5
done
[[ $sold == 2 ]]

say "a mail tells where the ticket is"
mailed "/me/tickets/$reservation"

say "it is cancelled, and the money comes back"
cancelled=$(expect 200 "$base/reservations/$reservation" "${me[@]}" -X DELETE)
[[ $(at status <<<"$cancelled") == CANCELLED && $(at refundAmount <<<"$cancelled") == "$amount" ]]
refunded "$payment"
[[ $(expect 200 "$sandbox/sandbox/portone/payments/$key" | at refunded) == "$amount" ]]
[[ $(verify "$qr" '') == CANCELLED ]]
expect 409 "$base/reservations/$reservation" "${me[@]}" -X DELETE | grep -q RESERVATION_ALREADY_CANCELLED

say "another seat is bought, and the show is cancelled: the money comes back, and a mail says so"
held=$(expect 201 "$base/reservations/hold" "${with_pass[@]}" -d "{\"scheduleId\":\"$schedule\",\"count\":1,\"grade\":\"A\"}")
reservation=$(at reservationId <<<"$held") amount=$(at totalAmount <<<"$held")
made=$(expect 200 "$base/payments" "${with_pass[@]}" -d "{\"reservationId\":\"$reservation\",\"amount\":$amount,\"paymentMethod\":\"CARD\"}")
payment=$(at paymentId <<<"$made") key=$(at paymentKey <<<"$made")
transaction=$(expect 200 "$sandbox/sandbox/portone/payments/$key/pay" -d '{"webhook":false}' | at transactionId)
confirmation="{\"reservationId\":\"$reservation\",\"paymentId\":\"$payment\",\"paymentKey\":\"$key\",\"transactionId\":\"$transaction\",\"amount\":$amount}"
[[ $(expect 200 "$base/payments/confirm" "${with_pass[@]}" -d "$confirmation" | at status) == SUCCESS ]]
mailed "/me/tickets/$reservation"
[[ $(expect 200 "$base/events/$event/cancel" "${as_admin[@]}" -d '{"reason":"비"}' | at status) == CANCELLED ]]
refunded "$payment"
[[ $(expect 200 "$sandbox/sandbox/portone/payments/$key" | at refunded) == "$amount" ]]
mine=$(expect 200 "$base/reservations/$reservation" "${me[@]}")
[[ $(at status <<<"$mine") == CANCELLED && $(at cancelReason <<<"$mine") == EVENT_CANCELLED ]]
mailed "(cancelled|취소).*$reservation"
expect 409 "$base/reservations/hold" "${with_pass[@]}" -d "{\"scheduleId\":\"$schedule\",\"count\":1}" | grep -q EVENT_CANCELLED

say "logout"
expect 204 "$base/auth/logout" -X POST -H "Authorization: Bearer $access" >/dev/null
expect 401 "$base/users/me" -H "Authorization: Bearer $access" >/dev/null

say "services' routes are nobody's here"
expect 404 "$base/internal/schedules/$schedule" >/dev/null
echo "the walk is done"
