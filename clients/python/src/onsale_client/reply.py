"""What a server has answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import httpx


@dataclass(frozen=True)
class Reply:
    """The last answer to a call."""

    # 0: the server was not reached.
    status: int
    headers: httpx.Headers
    # JSON that was read, text, or None without a body.
    data: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> Optional[str]:
        """The `code` of the body, such as `SOLD_OUT`."""
        return self.data.get("code") if isinstance(self.data, dict) else None

    @property
    def trace_id(self) -> Optional[str]:
        """What an operator finds this answer by."""
        return self.headers.get("X-Trace-Id")


# Never reached.
UNREACHED = Reply(0, httpx.Headers(), None)


class OnsaleError(Exception):
    """An answer that is no success."""

    def __init__(self, reply: Reply):
        self.reply = reply
        message = reply.data.get("message") if isinstance(reply.data, dict) else None
        told = f"{reply.status} {reply.code or ''}".strip() if reply.status else "the server was not reached"
        super().__init__(f"{told}: {message} (trace {reply.trace_id})" if message else told)

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def code(self) -> Optional[str]:
        return self.reply.code
