"""How often and how late a call is sent again: the rules of docs/client.en.md."""

from __future__ import annotations

import math
import random
import secrets
from dataclasses import dataclass
from typing import Callable, Optional

# The server has no time, or was not reached.
AGAIN = frozenset({0, 429, 502, 503, 504})
# Longest pause that is drawn without a word of the server, in seconds.
LONGEST_DRAWN = 30.0


@dataclass(frozen=True)
class Patience:
    """The limits of one call."""

    # How often it is sent at most.
    tries: int = 6
    # Longest time of one try, in seconds.
    try_seconds: float = 15.0
    # A server that asks for a longer pause gets no further try, in seconds.
    longest_pause: float = 60.0
    # From 0 to 1.
    draw: Callable[[], float] = random.random

    def pause(self, tried: int, status: int, retry_after: Optional[str]) -> Optional[float]:
        """Seconds before the next try, after `tried` tries; None: this reply is the last."""
        if status not in AGAIN or tried >= self.tries:
            return None
        asked = seconds_of(retry_after)
        if asked > self.longest_pause:
            return None
        # As much again at random: all that were refused together must not come back together.
        return asked + self.draw() * asked if asked > 0 else self.draw() * min(LONGEST_DRAWN, 2.0 ** (tried - 1))


def seconds_of(retry_after: Optional[str]) -> float:
    """The seconds of a `Retry-After`; 0 where there are none."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def new_key() -> str:
    """An Idempotency-Key that no other call has."""
    return secrets.token_urlsafe(16)
