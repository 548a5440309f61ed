"""Tickets, lists of doors and draws, without a server."""

import pytest

from onsale_client import Door, NotOurs, TicketKeys, check_draw


def read_all(vectors):
    keys = TicketKeys(vectors["keys"])
    return keys, keys.read_door_list(vectors["doorList"]["good"])


def test_a_code_is_read_only_as_it_was_signed(vectors):
    keys, _ = read_all(vectors)
    for one in vectors["codes"]:
        try:
            found, fault = vars(keys.read(one["text"])), None
        except NotOurs as refused:
            found, fault = None, refused.fault
        assert (found, fault) == (one["code"], one["fault"]), one["name"]


def test_a_list_is_read_only_as_it_was_signed(vectors):
    keys, door_list = read_all(vectors)
    expected = vectors["doorList"]
    assert (door_list.schedule, door_list.at) == (expected["schedule"], expected["at"])
    for ticket in expected["tickets"]:
        found = door_list.tickets[ticket["t"]]
        assert (found.reservation, list(found.seats), found.status) == (ticket["r"], ticket["seats"], ticket["status"])
    for one in expected["refused"]:
        with pytest.raises(NotOurs) as refused:
            keys.read_door_list(one["text"])
        assert refused.value.fault == one["fault"], one["name"]


def test_a_door_without_the_network_lets_each_good_ticket_in_once(vectors):
    keys, door_list = read_all(vectors)
    for one in vectors["codes"]:
        assert Door(keys, door_list).show(one["text"], "2026-12-24T10:00:00Z").status == one["door"], one["name"]
    door, good = Door(keys, door_list), vectors["codes"][0]["text"]
    first, second = (door.show(good, at) for at in ("2026-12-24T10:00:00Z", "2026-12-24T10:00:05Z"))
    assert (first.status, first.seats, second.status) == ("VALID", ("A-1", "가-12"), "USED")
    assert door.marks == [{"qrData": good, "at": "2026-12-24T10:00:00Z"}]


def test_the_name_of_a_key_follows_from_the_key(vectors):
    renamed = [{**key, "keyId": "00000000"} for key in vectors["keys"]]
    assert TicketKeys(renamed).read(vectors["codes"][0]["text"]).number == "T20261223-0000000001"


def test_each_check_of_a_draw_is_passed_failed_or_not_made(vectors):
    for one in vectors["draws"]:
        found = check_draw(one["document"], one["entries"], one["receipt"], one["receiptKey"], one["user"])
        told = (found.verdict, dict(found.checks), found.order, found.ticket)
        assert told == (one["verdict"], one["checks"], one["order"], one["ticket"]), one["name"]


def test_a_document_without_a_draw_and_a_key_that_is_none_are_refused(vectors):
    draw = vectors["draws"][0]
    with pytest.raises(ValueError):
        check_draw({"line": "gate:shoes"})
    with pytest.raises(ValueError):
        check_draw({"draw": {"commitment": "", "seed": "00" * 32}})
    with pytest.raises(ValueError):
        check_draw(draw["document"], receipt="a.b", receipt_key="short")
    with pytest.raises(ValueError):
        check_draw(draw["document"], entries="short\n")
