"""Signed texts: two parts in base64url without padding, with a dot between. Each text has one form alone."""

from __future__ import annotations

import base64
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNATURE_BYTES = 64


class NotOurs(Exception):
    """A text that is not signed by these keys, or not written as the server writes it. `fault`: FORM, UNKNOWN_KEY, SIGNATURE."""

    def __init__(self, fault: str):
        self.fault = fault
        super().__init__(fault)


def decoded(part: str) -> bytes:
    """The bytes of base64url. Padding, and bits that no byte needs, are refused: a text would have a second form."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", part) or len(part) % 4 == 1:
        raise NotOurs("FORM")
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise NotOurs("FORM")
    return data


def parts_of(text: str) -> tuple[str, bytes, bytes]:
    """First part, its bytes, and the signature."""
    if text.count(".") != 1:
        raise NotOurs("FORM")
    first, last = text.split(".")
    content, signature = decoded(first), decoded(last)
    if len(signature) != SIGNATURE_BYTES:
        raise NotOurs("FORM")
    return first, content, signature


def is_signed(public_key: bytes, signed: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except InvalidSignature:
        return False
    return True
