"""Tickets at a door without the network: the code of a QR, and the signed list of a schedule."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Optional

from .signed import NotOurs, decoded, is_signed, parts_of

# In front of the code in a QR's link.
VERIFY_PATH = "/tickets/verify/"
QR_BYTES_MAX = 2_048
DOOR_LIST_BYTES_MAX = 64 << 20
NUMBER = re.compile(r"T[0-9]{8}-[0-9A-HJKMNP-TV-Z]{10}")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}")
KEY_ID = re.compile(r"[0-9a-f]{8}")
LISTED = ("VALID", "USED", "CANCELLED")


@dataclass(frozen=True)
class TicketCode:
    """What a code says."""

    number: str
    reservation: str
    schedule: str


@dataclass(frozen=True)
class DoorTicket:
    """A ticket of a list."""

    number: str
    reservation: str
    # Such as `A-1`.
    seats: tuple[str, ...]
    # VALID, USED or CANCELLED.
    status: str


@dataclass(frozen=True)
class DoorList:
    """The tickets of a schedule at one moment."""

    schedule: str
    # UTC; a ticket that is younger is not in it.
    at: str
    tickets: Mapping[str, DoorTicket] = field(repr=False)

    def check(self, code: TicketCode) -> str:
        """VALID, USED, CANCELLED, WRONG_SCHEDULE, or NOT_LISTED: paid since the list was made, or cancelled before. A list that
        was made after the day of the event began has all good tickets: refuse NOT_LISTED then."""
        if code.schedule != self.schedule:
            return "WRONG_SCHEDULE"
        ticket = self.tickets.get(code.number)
        if ticket is None:
            return "NOT_LISTED"
        # Number and reservation must both be the ticket's.
        return ticket.status if ticket.reservation == code.reservation else "CANCELLED"


class TicketKeys:
    """The keys that sign tickets."""

    def __init__(self, keys: Iterable[Mapping[str, Any]]):
        """From `keys` of `GET /tickets/keys`."""
        self._keys: dict[str, bytes] = {}
        for key in keys:
            public = decoded(key["publicKey"])
            if len(public) != 32:
                raise ValueError("a public key has 32 bytes")
            # The name follows from the key: what is told beside it is not believed.
            self._keys[hashlib.sha256(public).hexdigest()[:8]] = public

    def read(self, scanned: str) -> TicketCode:
        """The code in what was scanned: the whole link, or what stands behind `/tickets/verify/`."""
        text = scanned.strip().rsplit(VERIFY_PATH, 1)[-1]
        if len(text) > QR_BYTES_MAX:
            raise NotOurs("FORM")
        said = self._signed(text, ("v", "t", "r", "s", "k"))
        if not (NUMBER.fullmatch(said["t"]) and ID.fullmatch(said["r"]) and ID.fullmatch(said["s"])):
            raise NotOurs("FORM")
        self._check(text, said["k"])
        return TicketCode(number=said["t"], reservation=said["r"], schedule=said["s"])

    def read_door_list(self, text: str) -> DoorList:
        """The list of `GET /tickets/doors/{scheduleId}` or of `onsale tickets export`."""
        text = text.rstrip()
        if len(text) > DOOR_LIST_BYTES_MAX:
            raise NotOurs("FORM")
        said = self._signed(text, ("v", "s", "at", "k", "tickets"))
        tickets = said["tickets"]
        if not (ID.fullmatch(said["s"]) and isinstance(said["at"], str) and TIME.fullmatch(said["at"]) and isinstance(tickets, list)):
            raise NotOurs("FORM")
        listed = [_listed(ticket) for ticket in tickets]
        self._check(text, said["k"])
        return DoorList(said["s"], said["at"], {ticket.number: ticket for ticket in listed})

    def _signed(self, text: str, fields: tuple[str, ...]) -> dict[str, Any]:
        """The content with exactly these fields. Nothing of it is believed yet."""
        _, content, _ = parts_of(text)
        try:
            said = json.loads(content.decode())
        except (ValueError, RecursionError):
            raise NotOurs("FORM") from None
        if not isinstance(said, dict) or tuple(said) != fields or said["v"] != 1 or not isinstance(said["k"], str):
            raise NotOurs("FORM")
        if any(name in said and not isinstance(said[name], str) for name in ("t", "r", "s")):
            raise NotOurs("FORM")
        # Blanks, another order, another way to write a letter: the same values in another form are not ours.
        if json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") != content or not KEY_ID.fullmatch(said["k"]):
            raise NotOurs("FORM")
        return said

    def _check(self, text: str, key_id: str) -> None:
        first, _, signature = parts_of(text)
        key = self._keys.get(key_id)
        if key is None:
            raise NotOurs("UNKNOWN_KEY")
        # Over the characters of the first part.
        if not is_signed(key, first.encode(), signature):
            raise NotOurs("SIGNATURE")


def _listed(ticket: Any) -> DoorTicket:
    if not isinstance(ticket, dict) or tuple(ticket) != ("t", "r", "seats", "status"):
        raise NotOurs("FORM")
    number, reservation, seats, status = ticket.values()
    if not (isinstance(number, str) and NUMBER.fullmatch(number) and isinstance(reservation, str) and ID.fullmatch(reservation)):
        raise NotOurs("FORM")
    if status not in LISTED or not isinstance(seats, list) or not all(isinstance(seat, str) for seat in seats):
        raise NotOurs("FORM")
    return DoorTicket(number, reservation, tuple(seats), status)


@dataclass(frozen=True)
class Shown:
    """What a door says of a ticket."""

    # VALID, USED, CANCELLED, WRONG_SCHEDULE, NOT_LISTED or FORGED.
    status: str
    number: Optional[str] = None
    seats: tuple[str, ...] = ()


class Door:
    """A door without the network: a good ticket comes in once, and its mark is handed in later."""

    def __init__(self, keys: TicketKeys, door_list: DoorList):
        self._keys, self._list = keys, door_list
        self._came_in: set[str] = set()
        # `list` of `POST /tickets/verify/batch`, of which 500 go into one call.
        self.marks: list[dict[str, str]] = []

    def show(self, scanned: str, at: str) -> Shown:
        """Checks a ticket, and marks a good one. `at`: the time, as the API writes times."""
        try:
            code = self._keys.read(scanned)
        except NotOurs:
            return Shown("FORGED")
        status = self._list.check(code)
        if status == "VALID" and code.number in self._came_in:
            status = "USED"
        if status == "VALID":
            self._came_in.add(code.number)
            self.marks.append({"qrData": scanned, "at": at})
        ticket = self._list.tickets.get(code.number)
        is_its = ticket is not None and ticket.reservation == code.reservation
        return Shown(status, code.number, ticket.seats if ticket and is_its else ())
