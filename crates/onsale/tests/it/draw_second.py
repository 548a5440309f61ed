# A check of a draw by another hand, from docs/api.md ("Opening draw"), RFC 9162 (Merkle root) and RFC 8032 (Ed25519) alone. Only
# the standard library is needed.
#
#   draw_second.py serving.json entries.txt PUBLIC_KEY RECEIPT USER
#
# Prints each queue number with its entry, and in the last line the queue number of the receipt. Ends with 1 and the reason
# if anything does not fit.
import base64
import hashlib
import json
import sys


def sha256(data):
    return hashlib.sha256(data).digest()


def demand(fits, what):
    if not fits:
        sys.exit(f"DOES NOT FIT: {what}")


def tree_hash(leaves):
    """RFC 9162, 2.1.1."""
    if len(leaves) <= 1:
        return sha256(b"\x00" + leaves[0]) if leaves else sha256(b"")
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + tree_hash(leaves[:half]) + tree_hash(leaves[half:]))


# RFC 8032, 5.1: points of edwards25519 as (x, y).
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def times(number, point):
    sum_of = (0, 1)
    while number:
        if number & 1:
            sum_of = add(sum_of, point)
        point, number = add(point, point), number >> 1
    return sum_of


def point_of(data):
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    demand(len(data) == 32 and y < P and (x * x - square) % P == 0, "no point of the curve")
    return (P - x if x & 1 != sign else x), y


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    scalar = int.from_bytes(signature[32:], "little")
    demand(len(signature) == 64 and scalar < ORDER, "no signature")
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return times(scalar, BASE) == add(point_of(signature[:32]), times(hashed, point_of(key)))


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main(serving, entries, key, receipt, user):
    document = json.load(open(serving))
    draw, entries = document["draw"], [bytes.fromhex(line) for line in open(entries).read().split()]
    seed, root = bytes.fromhex(draw["seed"]), bytes.fromhex(draw["root"])
    demand(sha256(seed).hex() == draw["commitment"], "the seed is not the one that was announced")
    demand(len(entries) == draw["count"] and all(len(entry) == 32 for entry in entries), "another number of entries")
    demand(tree_hash(entries) == root, "the entries do not have this root")

    kind, value = draw["randomness"]["kind"], draw["randomness"]["value"]
    value = {"none": lambda: b"", "manual": lambda: value.encode(), "drand": lambda: bytes.fromhex(value)}[kind]()
    lots = {entry: sha256(seed + value + root + entry.to_bytes(4, "big")) for entry in range(1, len(entries) + 1)}
    tickets = {entry: ticket for ticket, entry in enumerate(sorted(lots, key=lots.get), start=1)}

    signed, signature = (unpadded(part) for part in receipt.split("."))
    demand(is_signed(bytes.fromhex(key), signed, signature), "the receipt was not signed by this key")
    said = json.loads(signed)
    holder = sha256(f"{document['line']}\n{user}".encode())
    demand(said["line"] == document["line"], "the receipt is of another line")
    demand(said["holder"] == holder.hex(), "the receipt is another user's")
    if said["entry"] <= len(entries):
        demand(entries[said["entry"] - 1] == holder, "the list has another holder in this entry")
    for entry, ticket in sorted(tickets.items(), key=lambda pair: pair[1]):
        print(ticket, entry)
    print("receipt", tickets.get(said["entry"], said["entry"]))


main(*sys.argv[1:])
