"""Against the running program: clients/test.sh starts it, and evening.py has sold tickets and held a draw there."""

import asyncio
import json
import os
import secrets

import pytest

from onsale_client import AsyncOnsale, Door, Onsale, OnsaleError, Patience, TicketKeys, check_draw, new_key

EVENING = os.environ.get("ONSALE_EVENING")
pytestmark = pytest.mark.skipif(not EVENING, reason="clients/test.sh PROGRAM runs these")


@pytest.fixture(scope="module")
def evening():
    with open(EVENING, encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture
def shop(evening):
    with Onsale(evening["url"], api_key=evening["apiKey"]) as onsale:
        yield onsale


def make_campaign(shop, stock=20):
    name = f"python-{secrets.token_hex(4)}"
    campaign = {"event_id": name, "name": "Python", "stock": stock, "discount": {"type": "fixed", "value": 1000}}
    assert shop.call("POST /api/v1/admin/campaigns", body=campaign)["stock"] == stock
    assert shop.call("POST /api/v1/admin/campaigns/{event_id}/open", path={"event_id": name})["status"] == "active"
    return name


def test_one_press_is_done_once(shop):
    name, key, order_key = make_campaign(shop), new_key(), new_key()
    body = {"user_id": "ann", "event_id": name}
    first, again = (shop.call("POST /api/v1/coupons/issue", body=body, key=key) for _ in range(2))
    assert first["code"] == "ISSUED" and again == first
    assert shop.call("POST /api/v1/coupons/issue", body=body)["code"] == "ALREADY_ISSUED", "a new press"
    order = {"order_id": f"order-{name}", "amount": 30_000}
    coupon = {"coupon_id": first["coupon_id"]}
    address = f"/api/v1/coupons/{first['coupon_id']}/redeem"
    replies = [shop.ask("POST", address, body=order, key=order_key) for _ in range(2)]
    assert [reply.headers.get("Idempotency-Replayed") for reply in replies] == [None, "true"]
    assert replies[0].data == replies[1].data and replies[0].data["discount_amount"] == 1_000
    confirmed = shop.call("POST /api/v1/coupons/{coupon_id}/redeem/confirm", path=coupon, body={"order_id": order["order_id"]})
    assert confirmed["status"] == "REDEEMED"


def test_a_refusal_has_its_code_and_its_trace(shop):
    with pytest.raises(OnsaleError) as refused:
        shop.call("POST /api/v1/coupons/issue", body={"user_id": "ann", "event_id": "nowhere"})
    assert (refused.value.status, refused.value.code) == (404, "CAMPAIGN_NOT_FOUND")
    assert refused.value.reply.trace_id
    with pytest.raises(OnsaleError) as refused:
        shop.call("GET /tickets/doors/{scheduleId}", path={"scheduleId": "00000000-0000-4000-8000-000000000000"})
    assert refused.value.status == 404


def test_a_crowd_waits_as_the_server_says_and_everybody_is_answered(evening, shop):
    name, pauses = make_campaign(shop), []

    def draw():
        pauses.append(1)
        return 0.0

    async def crowd():
        patience = Patience(tries=60, draw=draw)
        async with AsyncOnsale(evening["url"], api_key=evening["apiKey"], patience=patience) as onsale:
            body = {"user_id": "ben", "event_id": name}
            return await asyncio.gather(*(onsale.call("POST /api/v1/coupons/issue", body=body) for _ in range(6)))

    codes = [answer["code"] for answer in asyncio.run(crowd())]
    assert sorted(codes) == ["ALREADY_ISSUED"] * 5 + ["ISSUED"]
    # One call a second is this server's limit for a user.
    assert pauses, "the server has refused nobody, so nothing was shown"


def test_a_door_checks_tickets_without_the_network(evening, shop):
    schedule = {"scheduleId": evening["schedule"]}
    keys = TicketKeys(shop.call("GET /tickets/keys")["keys"])
    with Onsale(evening["url"], access_token=evening["adminToken"]) as operator:
        door = Door(keys, keys.read_door_list(operator.call("GET /tickets/doors/{scheduleId}", path=schedule)))
        ticket, at = evening["tickets"]["python"], evening["now"]
        assert door.show(evening["tickets"]["cancelled"], at).status == "CANCELLED"
        assert door.show(ticket[:-1] + ("B" if ticket[-1] != "B" else "C"), at).status == "FORGED"
        shown = door.show(ticket, at)
        assert (shown.status, len(shown.seats)) == ("VALID", 1)
        assert door.show(ticket, at).status == "USED"
        marks = {"gate": "3", "list": door.marks}
        assert [mark["status"] for mark in operator.call("POST /tickets/verify/batch", body=marks)["list"]] == ["VALID"]
        seen = operator.call("POST /tickets/verify", body={"qrData": ticket})
        assert (seen["status"], seen["ticketNumber"], tuple(seen["seats"])) == ("USED", shown.number, shown.seats)


def test_a_draw_is_found_as_the_program_finds_it(evening, shop):
    line, expected = {"line": evening["line"]}, evening["draw"]
    document = shop.call("GET /queue/serving/{line}", path=line)
    entries = shop.call("GET /queue/draw/{line}/entries", path=line)
    key = shop.call("GET /queue/receipt-key")["publicKey"]
    found = check_draw(document, entries, evening["receipt"], key, evening["user"])
    assert found.verdict == expected["verdict"] == "allPassed"
    assert dict(found.checks) == expected["checks"]
    assert (found.order, found.ticket) == (expected["order"], expected["ticket"])
    assert check_draw(document, entries, evening["receipt"], key, "somebody").verdict == "failed"
    other = [*entries.split()[1:], entries.split()[0]]
    assert check_draw(document, "\n".join(other)).verdict == "failed"
