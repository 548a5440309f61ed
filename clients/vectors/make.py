#!/usr/bin/env python3
"""Writes vectors.json: signed tickets, lists of doors and draws, with what a check must find in each. All three clients read it.

    make.py            needs the package `cryptography`

The formats are those of docs/api.md; the outcomes were worked out by hand from the rules of `onsale verify-draw` and of doors.
"""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(data):
    return hashlib.sha256(data).digest()


class Key:
    def __init__(self, byte):
        self.secret = Ed25519PrivateKey.from_private_bytes(bytes([byte]) * 32)
        self.public = self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha256(self.public)[:4].hex()

    def shown(self):
        return {"keyId": self.id, "algorithm": "Ed25519", "publicKey": b64(self.public)}

    def ticket(self, content):
        """A signed text of tickets: the signature is over the characters of the first part."""
        first = b64(content.encode())
        return f"{first}.{b64(self.secret.sign(first.encode()))}"

    def receipt(self, content):
        """A receipt: the signature is over the bytes of the JSON."""
        return f"{b64(content.encode())}.{b64(self.secret.sign(content.encode()))}"


ONE, TWO, STRANGE = Key(7), Key(8), Key(9)
SCHEDULE, OTHER = "00000000-0000-4000-8000-000000000009", "00000000-0000-4000-8000-00000000000a"


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def reservation(number):
    return f"00000000-0000-4000-8000-0000000abc{number:02x}"


def code_json(number, schedule=SCHEDULE, of=None, key=ONE):
    return compact({"v": 1, "t": f"T20261223-{number:0>10}", "r": reservation(of or number), "s": schedule, "k": key.id})


def codes():
    good = ONE.ticket(code_json(1))
    content = code_json(1)
    first, signature = good.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last of 86 characters has four bits that no byte needs.
    loose = signature[:-1] + alphabet[alphabet.index(signature[-1]) ^ 1]
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]

    def read(name, text, number, schedule=SCHEDULE, of=None, door="VALID"):
        said = {"number": f"T20261223-{number:0>10}", "reservation": reservation(of or number), "schedule": schedule}
        return {"name": name, "text": text, "code": said, "fault": None, "door": door}

    def refused(name, text, fault):
        return {"name": name, "text": text, "code": None, "fault": fault, "door": "FORGED"}

    return [
        read("good", good, 1),
        read("good, as a link", f"https://tickets.example/tickets/verify/{good}", 1),
        read("of the previous key", TWO.ticket(code_json(2, key=TWO)), 2, door="USED"),
        read("cancelled", ONE.ticket(code_json(3)), 3, door="CANCELLED"),
        read("not in the list", ONE.ticket(code_json(4)), 4, door="NOT_LISTED"),
        read("another reservation's number", ONE.ticket(code_json(1, of=2)), 1, of=2, door="CANCELLED"),
        read("of another schedule", ONE.ticket(code_json(1, schedule=OTHER)), 1, schedule=OTHER, door="WRONG_SCHEDULE"),
        refused("a changed signature", f"{first}.{changed}", "SIGNATURE"),
        refused("signed by another key than it says", ONE.ticket(code_json(1, key=TWO)), "SIGNATURE"),
        refused("of a key that nobody knows", STRANGE.ticket(code_json(1, key=STRANGE)), "UNKNOWN_KEY"),
        refused("bits that no byte needs", f"{first}.{loose}", "FORM"),
        refused("padded", f"{good}=", "FORM"),
        refused("cut", good[:-1], "FORM"),
        refused("without its signature", first, "FORM"),
        refused("three parts", f"{good}.{signature}", "FORM"),
        refused("nothing", "", "FORM"),
        refused("only a dot", ".", "FORM"),
        refused("blanks in the JSON", ONE.ticket(content.replace(":", ": ")), "FORM"),
        refused("another version", ONE.ticket(content.replace('"v":1', '"v":2')), "FORM"),
        refused("one field more", ONE.ticket(content.replace("}", ',"x":1}')), "FORM"),
        refused("capital digits", ONE.ticket(content.replace("abc01", "ABC01")), "FORM"),
        refused("a letter that numbers do not have", ONE.ticket(content.replace("T20261223-0", "T20261223-O")), "FORM"),
        refused("not JSON", ONE.ticket("ticket"), "FORM"),
        refused("a list", ONE.ticket("[]"), "FORM"),
        refused("brackets without an end", f"{b64(b'[' * 1_400)}.{signature}", "FORM"),
        refused("half a letter", ONE.ticket(content.replace("T20261223", "\\ud800")), "FORM"),
        refused("not UTF-8", f"{b64(bytes([0xff, 0xfe]))}.{signature}", "FORM"),
        refused("too long", "A" * 3000 + f".{signature}", "FORM"),
    ]


def door_lists():
    tickets = [
        {"t": "T20261223-0000000001", "r": reservation(1), "seats": ["A-1", "가-12"], "status": "VALID"},
        {"t": "T20261223-0000000002", "r": reservation(2), "seats": ['B-"7"\\'], "status": "USED"},
        {"t": "T20261223-0000000003", "r": reservation(3), "seats": [], "status": "CANCELLED"},
    ]
    json_text = compact({"v": 1, "s": SCHEDULE, "at": "2026-12-23T04:26:40.123", "k": ONE.id, "tickets": tickets})
    good = ONE.ticket(json_text)
    changed = ("A" if good[-2] != "A" else "B").join([good[:-2], good[-1]])
    refused = [
        ("changed", changed, "SIGNATURE"),
        ("of a key that nobody knows", STRANGE.ticket(json_text.replace(ONE.id, STRANGE.id)), "UNKNOWN_KEY"),
        ("blanks in the JSON", ONE.ticket(json_text.replace(":", ": ")), "FORM"),
        ("a status that no list has", ONE.ticket(json_text.replace("USED", "FORGED")), "FORM"),
        ("a time without its fraction", ONE.ticket(json_text.replace(".123", "")), "FORM"),
        ("a code", ONE.ticket(code_json(1)), "FORM"),
        ("nothing", "", "FORM"),
    ]
    return {"good": good + "\n", "schedule": SCHEDULE, "at": "2026-12-23T04:26:40.123", "tickets": tickets,
            "refused": [{"name": name, "text": text, "fault": fault} for name, text, fault in refused]}


# ---- draws

LINE = "gate:shoes"
SEED = bytes([7]) * 32
QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
# The signature of round 123 of quicknet, of 2023-08-23T15:15:33.
ROUND = "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92"


def holder(user, line=LINE):
    return sha256(f"{line}\n{user}".encode())


ENTRIES = [holder("ann"), holder("ben"), bytes(32), holder("dan"), holder("eve")]


def tree_hash(leaves):
    """RFC 9162, 2.1.1."""
    if len(leaves) <= 1:
        return sha256(b"\0" + leaves[0]) if leaves else sha256(b"")
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\1" + tree_hash(leaves[:half]) + tree_hash(leaves[half:]))


ROOT = tree_hash(ENTRIES)


def order(value, root=ROOT):
    lot = lambda entry: sha256(SEED + value + root + entry.to_bytes(4, "big"))
    return sorted(range(1, len(ENTRIES) + 1), key=lot)


def document(**changes):
    draw = {"commitment": sha256(SEED).hex(), "closesAt": "2023-08-23T15:15:00", "randomness":
            {"kind": "none", "source": None, "round": None, "value": None}, "root": ROOT.hex(), "count": len(ENTRIES),
            "seed": SEED.hex(), "trust": "operator", "notice": "trusts the operator"}
    draw.update(changes)
    return {"line": LINE, "state": "OPEN", "serving": 0, "left": [], "draw": draw}


def drand(**changes):
    randomness = {"kind": "drand", "source": f"drand, chain {QUICKNET}", "round": 123, "chain": QUICKNET, "publicKey": "", "value": ROUND}
    randomness.update(changes)
    return randomness


MANUAL = {"kind": "manual", "source": "a lottery", "round": None, "value": "4 8 15"}


def receipt(user="ben", entry=2, line=LINE, at=0, key=ONE):
    return key.receipt(compact({"line": line, "entry": entry, "holder": holder(user, line).hex(), "issuedAtMs": at}))


def draws():
    def case(name, verdict, checks, serving, order=None, ticket=None, entries=ENTRIES, **claim):
        listed = None if entries is None else "".join(f"{entry.hex()}\n" for entry in entries)
        return {"name": name, "document": serving, "entries": listed, "receipt": claim.get("receipt"),
                "receiptKey": ONE.public.hex() if "receipt" in claim else None, "user": claim.get("user"),
                "verdict": verdict, "checks": checks, "order": order, "ticket": ticket}

    passed, failed, unchecked = "passed", "failed", "notChecked"
    plain = {"seed": passed, "entries": passed, "trust": passed}
    by_none, by_manual, by_drand = order(b""), order(b"4 8 15"), order(bytes.fromhex(ROUND))
    ben = {"receipt": receipt(), "user": "ben"}
    signed = {**plain, "receipt": passed, "line": passed, "user": passed, "holder": passed}
    late_ms = 1_692_803_700_000 + 1
    of_drand = {"randomness": drand(), "trust": "public"}
    drand_checks = {"seed": passed, "entries": passed, "value": unchecked, "round": passed, "trust": passed}
    return [
        case("without randomness", "allPassed", plain, document(), by_none),
        case("without the list", "notAllChecked", {**plain, "entries": unchecked}, document(), by_none, entries=None),
        case("a lottery's numbers", "notAllChecked", {"seed": passed, "entries": passed, "value": unchecked, "trust": passed},
             document(randomness=MANUAL, trust="public"), by_manual),
        case("a round of drand", "notAllChecked", drand_checks, document(**of_drand), by_drand),
        case("a round that was known at the closing", "failed", {**drand_checks, "round": failed, "trust": failed},
             document(**{**of_drand, "closesAt": "2023-08-23T15:15:33"}), by_drand),
        case("a chain of the operator's that says public", "failed", {**drand_checks, "round": unchecked, "trust": failed},
             document(randomness=drand(chain="ab" * 32), trust="public"), by_drand),
        case("a round without a value", "failed", {**drand_checks, "value": failed},
             document(randomness=drand(value=None), trust="public"), order(b"")),
        case("trust that nothing warrants", "failed", {**plain, "trust": failed}, document(trust="public"), by_none),
        case("another seed than announced", "failed", {**plain, "seed": failed}, document(commitment="00" * 32), by_none),
        case("no seed at all", "failed", {**plain, "seed": failed}, document(seed="nonsense"), None),
        case("another root", "failed", {**plain, "entries": failed}, document(root="00" * 32), order(b"", bytes(32))),
        case("another list", "failed", {**plain, "entries": failed}, document(), by_none, entries=ENTRIES[:4]),
        case("another count", "failed", {**plain, "entries": failed}, document(count=4),
             [entry for entry in by_none if entry <= 4]),
        case("not drawn yet", "notDrawnYet", {"seed": unchecked, "entries": passed, "trust": passed}, document(seed=None)),
        case("of an earlier version", "notAllChecked", {"seed": passed, "entries": unchecked},
             {"line": LINE, "draw": {"commitment": sha256(SEED).hex(), "seed": SEED.hex(), "count": 5}}, [1, 2, 5, 4, 3]),
        case("an own receipt", "allPassed", signed, document(), by_none, by_none.index(2) + 1, **ben),
        case("a receipt whose user is not named", "notAllChecked", {**signed, "user": unchecked}, document(), by_none,
             by_none.index(2) + 1, receipt=receipt()),
        case("another user's receipt", "failed", {**signed, "user": failed}, document(), by_none, by_none.index(2) + 1,
             receipt=receipt(), user="ann"),
        case("a receipt of another line", "failed", {**signed, "line": failed, "holder": failed}, document(), by_none,
             by_none.index(2) + 1, receipt=receipt(line="gate:hats"), user="ben"),
        case("a list with another holder", "failed", {**signed, "holder": failed}, document(), by_none, by_none.index(4) + 1,
             receipt=receipt(entry=4), user="ben"),
        case("a late receipt", "allPassed", {**plain, "receipt": passed, "line": passed, "user": passed, "part": passed},
             document(), by_none, 6, receipt=receipt("zoe", 6, at=late_ms), user="zoe"),
        case("left out", "failed", {**plain, "receipt": passed, "line": passed, "user": passed, "part": failed},
             document(), by_none, 6, receipt=receipt("zoe", 6, at=1_000), user="zoe"),
        case("a receipt that another key signed", "failed", {**plain, "receipt": failed}, document(), by_none,
             receipt=receipt(key=TWO), user="ben"),
        case("the entry 0", "failed", {**plain, "receipt": failed}, document(), by_none, receipt=receipt(entry=0), user="ben"),
        case("no receipt", "failed", {**plain, "receipt": failed}, document(), by_none, receipt="a.b", user="ben"),
    ]


def main():
    assert order(b"", b"") == [1, 2, 5, 4, 3], "as the domain's own tests have it"
    vectors = {"keys": [ONE.shown(), TWO.shown()], "codes": codes(), "doorList": door_lists(), "draws": draws()}
    text = json.dumps(vectors, ensure_ascii=False, indent=1) + "\n"
    Path(__file__).with_name("vectors.json").write_text(text, encoding="utf-8")


main()
