"""A thin client of Onsale: patience and idempotency in a rush, tickets and draws checked offline."""

from .client import AsyncOnsale, Onsale
from .draws import DrawCheck, check_draw
from .patience import Patience, new_key
from .reply import OnsaleError, Reply
from .signed import NotOurs
from .tickets import Door, DoorList, TicketCode, TicketKeys

__all__ = [
    "AsyncOnsale",
    "Door",
    "DoorList",
    "DrawCheck",
    "NotOurs",
    "Onsale",
    "OnsaleError",
    "Patience",
    "Reply",
    "TicketCode",
    "TicketKeys",
    "check_draw",
    "new_key",
]
