"""The check of an opening draw from public data alone, as `onsale verify-draw` makes it (docs/api.md, Opening draw)."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping, Optional

from .signed import NotOurs, is_signed, parts_of

HEX32 = re.compile(r"[0-9a-fA-F]{64}")
COUNT_MAX = 100_000_000
RECEIPT_BYTES_MAX = 2_048
# A receipt that was signed this long before the closing belongs to a participant: clocks differ less.
CLOCK_SLACK_MS = 5_000
# "quicknet" of the League of Entropy, the one chain that no operator can sign.
QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
QUICKNET_GENESIS, QUICKNET_PERIOD = 1_692_803_367, 3


@dataclass(frozen=True)
class DrawCheck:
    """What was found."""

    # allPassed, notAllChecked, notDrawnYet or failed.
    verdict: str
    # passed, failed or notChecked, by the name of the check.
    checks: Mapping[str, str]
    # The queue number of the receipt.
    ticket: Optional[int]
    # The entries in the order of their queue numbers; None before the draw.
    order: Optional[list[int]]


def check_draw(
    document: Mapping[str, Any],
    entries: Optional[str] = None,
    receipt: Optional[str] = None,
    receipt_key: Optional[str] = None,
    user: Optional[str] = None,
) -> DrawCheck:
    """Checks a draw. `document`: of `GET /queue/serving/{line}`; `entries`: the text of `GET /queue/draw/{line}/entries`;
    `receipt_key`: `publicKey` of `GET /queue/receipt-key`. The signature of a round of drand is not checked here."""
    draw = document.get("draw")
    if not isinstance(draw, dict):
        raise ValueError("this line has no opening draw")
    count = draw.get("count")
    if draw.get("seed") is not None and count is None or count is not None and not 0 <= count <= COUNT_MAX:
        raise ValueError("seed and count are published together, and no line has so many places")
    hashes = None if entries is None else [_hash(line) for line in entries.split()]
    checks = {"seed": _seed(draw), "entries": _entries(draw, hashes), **_randomness(draw)}
    if draw.get("trust") is not None:
        checks["trust"] = _outcome(draw["trust"] == "operator" or _needs_no_trust(draw))
    order, ticket = _order(draw), None
    if receipt is not None:
        if receipt_key is None or not HEX32.fullmatch(receipt_key):
            raise ValueError("a receipt key has 64 hexadecimal digits")
        found, ticket = _receipt(document, hashes, order, receipt, bytes.fromhex(receipt_key), user)
        checks.update(found)
    return DrawCheck(_verdict(draw, checks), checks, ticket, order)


def merkle_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1: a leaf is hashed after the byte 0, a node after the byte 1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    # Pairs from the left, the odd one moves up: the same tree as the one that is split at the largest power of two.
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\1" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) // 2 * 2 :]
    return level[0]


def _outcome(fits: Optional[bool]) -> str:
    return "notChecked" if fits is None else "passed" if fits else "failed"


def _hash(text: str) -> bytes:
    if not HEX32.fullmatch(text):
        raise ValueError("each line of the entries has 64 hexadecimal digits")
    return bytes.fromhex(text)


def _seed_bytes(draw: Mapping[str, Any]) -> Optional[bytes]:
    seed = draw.get("seed")
    return bytes.fromhex(seed) if isinstance(seed, str) and HEX32.fullmatch(seed) else None


def _seed(draw: Mapping[str, Any]) -> str:
    if draw.get("seed") is None:
        return "notChecked"
    seed = _seed_bytes(draw)
    return _outcome(seed is not None and hashlib.sha256(seed).hexdigest() == draw["commitment"].lower())


def _entries(draw: Mapping[str, Any], hashes: Optional[list[bytes]]) -> str:
    if hashes is None or draw.get("root") is None:
        return "notChecked"
    return _outcome(merkle_root(hashes).hex() == draw["root"].lower() and len(hashes) == draw.get("count"))


def _kind(draw: Mapping[str, Any]) -> str:
    return (draw.get("randomness") or {}).get("kind", "none")


def _randomness(draw: Mapping[str, Any]) -> dict[str, str]:
    kind = _kind(draw)
    if kind == "none":
        return {}
    if kind == "manual":
        # Entered by the operator: compare it with what the named source published.
        return {"value": "notChecked"}
    randomness = draw["randomness"]
    value = randomness.get("value")
    is_value = isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{96}", value) is not None and randomness.get("round") is not None
    # A signature of BLS12-381: `onsale verify-draw` checks it.
    is_wrong = draw.get("seed") is not None and not is_value
    return {"value": "failed" if is_wrong else "notChecked", "round": _outcome(_round_after_closing(draw))}


def _closes_at_ms(draw: Mapping[str, Any]) -> Optional[int]:
    text = draw.get("closesAt")
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    return round(at.timestamp() * 1_000)


def _round_after_closing(draw: Mapping[str, Any]) -> Optional[bool]:
    randomness = draw["randomness"]
    if (randomness.get("chain") or "").lower() != QUICKNET:
        return None
    round_, closes_at = randomness.get("round"), _closes_at_ms(draw)
    if round_ is None or closes_at is None:
        return False
    return (QUICKNET_GENESIS + QUICKNET_PERIOD * max(round_ - 1, 0)) * 1_000 > closes_at


def _needs_no_trust(draw: Mapping[str, Any]) -> bool:
    kind = _kind(draw)
    if kind == "drand":
        return _round_after_closing(draw) is True
    return kind == "manual" and draw.get("closesAt") is not None


def _order(draw: Mapping[str, Any]) -> Optional[list[int]]:
    seed, root = _seed_bytes(draw), draw.get("root")
    if seed is None:
        return None
    key = seed
    if root is not None:
        value = (draw.get("randomness") or {}).get("value") or ""
        try:
            drawn = {"none": lambda: b"", "manual": value.encode, "drand": lambda: bytes.fromhex(value)}[_kind(draw)]()
            key = seed + drawn + bytes.fromhex(root)
        except ValueError:
            return None
    begun = hashlib.sha256(key)

    def lot(entry: int) -> bytes:
        hashed = begun.copy()
        hashed.update(entry.to_bytes(4, "big"))
        return hashed.digest()

    return sorted(range(1, draw["count"] + 1), key=lot)


def _receipt(
    document: Mapping[str, Any],
    hashes: Optional[list[bytes]],
    order: Optional[list[int]],
    text: str,
    key: bytes,
    user: Optional[str],
) -> tuple[dict[str, str], Optional[int]]:
    said = _read_receipt(text, key)
    if said is None:
        return {"receipt": "failed"}, None
    draw, entry = document["draw"], said["entry"]
    count = draw.get("count")
    is_late = count is not None and entry > count
    holder = None if user is None else hashlib.sha256(f"{said['line']}\n{user}".encode()).hexdigest()
    checks = {
        "receipt": "passed",
        "line": _outcome(said["line"] == document.get("line")),
        "user": _outcome(None if holder is None else holder == said["holder"]),
    }
    if is_late:
        closes_at = _closes_at_ms(draw)
        is_left_out = closes_at is not None and said["issuedAtMs"] < closes_at - CLOCK_SLACK_MS
        return {**checks, "part": _outcome(not is_left_out)}, entry
    is_listed = None if hashes is None else entry <= len(hashes) and hashes[entry - 1].hex() == said["holder"]
    ticket = order.index(entry) + 1 if order and entry in order else None
    return {**checks, "holder": _outcome(is_listed)}, ticket


def _read_receipt(text: str, key: bytes) -> Optional[dict[str, Any]]:
    """The content of a receipt that this key has signed."""
    text = text.strip()
    try:
        if len(text) > RECEIPT_BYTES_MAX:
            return None
        _, content, signature = parts_of(text)
        # Over the bytes of the JSON.
        if not is_signed(key, content, signature):
            return None
        said = json.loads(content)
    except (NotOurs, ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or set(said) != {"line", "entry", "holder", "issuedAtMs"}:
        return None
    is_whole = isinstance(said["line"], str) and isinstance(said["holder"], str)
    is_whole = is_whole and type(said["entry"]) is int and said["entry"] > 0 and type(said["issuedAtMs"]) is int
    return said if is_whole else None


def _verdict(draw: Mapping[str, Any], checks: Mapping[str, str]) -> str:
    outcomes = checks.values()
    if "failed" in outcomes:
        return "failed"
    if draw.get("seed") is None:
        return "notDrawnYet"
    return "notAllChecked" if "notChecked" in outcomes else "allPassed"
