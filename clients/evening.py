#!/usr/bin/env python3
"""Prepares an evening in a running program, for the clients' tests: tickets that are paid, one that was cancelled, a draw that was held.

    evening.py URL API_KEY ADMIN_EMAIL ADMIN_PASSWORD PROGRAM evening.json

The program runs with its demonstration and the sandbox. Only the standard library is needed; no client is used here, so that
none is tested by itself. Ends with 1 and the answer where one is not as it must be.
"""

import json
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

# Longest wait for anything, in seconds.
PATIENCE = 120
# When the line of the draw opens. Until then its people must have come.
OPENING_SECONDS = 20
TICKETS = ("python", "typescript", "java", "cancelled")
PASSWORD = "correct horse 7!"


class Program:
    def __init__(self, url, headers=None):
        self.url, self.headers = url.rstrip("/"), headers or {}

    def with_headers(self, **headers):
        return Program(self.url, {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}})

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", **({"Content-Type": "application/json"} if data else {}), **self.headers}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def call(self, method, path, body=None):
        """A success and its JSON; waits while the server has no time."""
        until = time.monotonic() + PATIENCE
        while True:
            status, text = self.send(method, path, body)
            if 200 <= status < 300:
                return json.loads(text) if text[:1] in (b"{", b"[") else text.decode()
            if status not in (429, 503) or time.monotonic() > until:
                sys.exit(f"{method} {path} {body}: {status} {text.decode(errors='replace')}")
            time.sleep(1)


def until(what, find):
    """Asks until there is something."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        found = find()
        if found:
            return found
        time.sleep(0.2)
    sys.exit(f"waited {PATIENCE} s for this: {what}")


def at(text_delta):
    return (datetime.now(timezone.utc) + text_delta).strftime("%Y-%m-%dT%H:%M:%S")


def log_in(program, email, password):
    body = {"email": email, "password": password, "recaptchaToken": "pass"}
    token = program.call("POST", "/auth/login", body)["accessToken"]
    return program.with_headers(Authorization=f"Bearer {token}"), token


def make_event(admin):
    venue = admin.call("POST", "/venues", {"name": "한강홀", "address": "여의도동 1", "city": "서울"})["id"]
    template = {"rows": ["A", "B"], "seatsPerRow": 10, "gradeMapping": {"A": "S", "B": "S"}}
    hall = admin.call("POST", f"/venues/{venue}/halls", {"name": "대극장", "capacity": 20, "seatTemplate": template})["id"]
    schedule = {
        "playSequence": 1,
        "eventStartAt": at(timedelta(days=30)),
        "eventEndAt": at(timedelta(days=30, hours=2)),
        "saleStartAt": at(timedelta(hours=-1)),
        "saleEndAt": at(timedelta(days=29)),
    }
    event = {"title": f"Clients {secrets.token_hex(4)}", "artist": "하늘 밴드", "venueId": venue, "hallId": hall}
    event = admin.call("POST", "/events", {**event, "priceByGrade": {"S": 120000}, "schedules": [schedule]})["id"]
    admin.call("POST", f"/events/{event}/open")
    return admin.call("GET", f"/events/{event}")["schedules"][0]["times"][0]["id"]


def sign_up(program):
    phone = f"010-1234-{secrets.randbelow(10_000):04}"
    identity = program.call("POST", "/sandbox/portone/identity-verifications", {"name": "김하늘", "phone": phone})
    email = f"client-{secrets.token_hex(6)}@example.com"
    account = {"email": email, "password": PASSWORD, "name": "김하늘", "phone": phone, "recaptchaToken": "pass"}
    program.call("POST", "/auth/signup", {**account, "identityVerificationId": identity["identityVerificationId"]})
    return log_in(program, email, PASSWORD)[0]


def buy(program, schedule):
    """A person with one paid ticket: the person, the reservation, and what the QR code says."""
    me = sign_up(program)
    me.call("POST", "/queue/enter", {"scheduleId": schedule})

    def turn():
        standing = me.call("GET", f"/queue/status?scheduleId={schedule}")
        return standing.get("token") if standing["status"] == "ACTIVE" else None

    inside = me.with_headers(X_Queue_Token=until("the turn", turn))
    held = inside.call("POST", "/reservations/hold", {"scheduleId": schedule, "count": 1})
    reservation, amount = held["reservationId"], held["totalAmount"]
    payment = {"reservationId": reservation, "amount": amount, "paymentMethod": "CARD"}
    made = inside.call("POST", "/payments", payment)
    paid = program.call("POST", f"/sandbox/portone/payments/{made['paymentKey']}/pay", {"webhook": False})
    confirmation = {name: made[name] for name in ("paymentId", "paymentKey")}
    confirmation |= {"reservationId": reservation, "amount": amount, "transactionId": paid["transactionId"]}
    inside.call("POST", "/payments/confirm", confirmation)
    return me, reservation, until("the ticket", lambda: me.call("GET", f"/reservations/{reservation}").get("qrData"))


def begin_draw(shop):
    """A line that opens soon, with a draw and its people."""
    name = f"draw-{secrets.token_hex(4)}"
    campaign = {"event_id": name, "name": "Draw", "stock": 5, "gated": True}
    shop.call("POST", "/api/v1/admin/campaigns", {**campaign, "opens_at": at(timedelta(seconds=OPENING_SECONDS)) + "Z"})
    until("the line", lambda: shop.send("GET", f"/queue/serving/gate:{name}")[0] == 200)
    shop.call("PUT", f"/queue/admin/gate:{name}/draw", {"randomness": {"kind": "none"}})
    users = [f"user-{number}" for number in range(1, 8)]
    receipts = [shop.call("POST", f"/gate/events/{name}/enqueue?userId={user}")["receipt"] for user in users]
    return f"gate:{name}", users[2], receipts[2]


def judge_draw(shop, program, line, user, receipt):
    """What `onsale verify-draw` finds."""
    def drawn():
        document = shop.call("GET", f"/queue/serving/{line}")
        return document if (document.get("draw") or {}).get("seed") else None

    document = until("the draw", drawn)
    key = shop.call("GET", "/queue/receipt-key")["publicKey"]
    with tempfile.TemporaryDirectory() as folder:
        serving, entries = Path(folder, "serving.json"), Path(folder, "entries.txt")
        serving.write_text(json.dumps(document))
        entries.write_text(shop.call("GET", f"/queue/draw/{line}/entries"))
        words = [program, "verify-draw", "--json", "--order", "--serving", serving, "--entries", entries]
        words += ["--receipt", receipt, "--receipt-key", key, "--user", user]
        found = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)
    checks = {check["name"]: check["outcome"] for check in found["checks"]}
    return {"verdict": found["verdict"], "checks": checks, "order": found["order"], "ticket": found["receipt"]["ticket"]}


def main(url, api_key, email, password, program, file):
    anyone = Program(url)
    shop = anyone.with_headers(X_Api_Key=api_key)
    line, user, receipt = begin_draw(shop)
    # The accounts of the demonstration are made just after the server listens.
    body = {"email": email, "password": password, "recaptchaToken": "pass"}
    until("the administrator", lambda: anyone.send("POST", "/auth/login", body)[0] == 200)
    admin, token = log_in(anyone, email, password)
    schedule = make_event(admin)
    tickets = {}
    for name in TICKETS:
        buyer, reservation, tickets[name] = buy(anyone, schedule)
    buyer.call("DELETE", f"/reservations/{reservation}")
    evening = {"url": url, "apiKey": api_key, "adminToken": token, "schedule": schedule, "tickets": tickets, "now": at(timedelta()) + "Z"}
    evening |= {"line": line, "user": user, "receipt": receipt, "draw": judge_draw(shop, program, line, user, receipt)}
    Path(file).write_text(json.dumps(evening))


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
