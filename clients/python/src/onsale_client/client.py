"""The clients, one that blocks and one that is awaited."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Awaitable, Callable, Mapping, Optional, Union

import httpx

from .addresses import fill
from .operations import Operation
from .patience import Patience, new_key
from .reply import UNREACHED, OnsaleError, Reply

VERSION = "0.1.0"
NOTHING: Any = object()
Token = Union[str, Callable[[], str]]


class _Base:
    """What both clients know."""

    def __init__(
        self,
        url: str,
        api_key: Optional[str] = None,
        access_token: Optional[Token] = None,
        language: str = "en",
        patience: Patience = Patience(),
    ):
        self._url = url.rstrip("/")
        self._api_key, self._access_token, self._language = api_key, access_token, language
        self._patience = patience

    def _timeout(self) -> httpx.Timeout:
        return httpx.Timeout(self._patience.try_seconds)

    def _deadline(self) -> float:
        return time.monotonic() + self._patience.try_seconds

    def _request(self, method: str, address: str, body: Any, key: str, headers: Optional[Mapping[str, str]]) -> httpx.Request:
        all_headers = {
            "Accept": "application/json",
            "Accept-Language": self._language,
            "User-Agent": f"onsale-client-python/{VERSION}",
        }
        if self._api_key:
            all_headers["X-Api-Key"] = self._api_key
        if self._access_token:
            token = self._access_token if isinstance(self._access_token, str) else self._access_token()
            all_headers["Authorization"] = f"Bearer {token}"
        if key:
            all_headers["Idempotency-Key"] = key
        content = None
        if body is not NOTHING:
            all_headers["Content-Type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        all_headers.update(headers or {})
        return httpx.Request(
            method, self._url + address, headers=all_headers, content=content, extensions={"timeout": self._timeout().as_dict()}
        )


def _key_of(method: str, key: Optional[str]) -> str:
    """One key for all tries of one change."""
    return key or ("" if method == "GET" else new_key())


def _reply(response: httpx.Response, content: bytes) -> Reply:
    if not content:
        return Reply(response.status_code, response.headers, None)
    text = content.decode("utf-8", "replace")
    data: Any = text
    if "json" in response.headers.get("Content-Type", ""):
        try:
            data = json.loads(text)
        except ValueError:
            data = None
    return Reply(response.status_code, response.headers, data)


def _late(deadline: float, request: httpx.Request) -> None:
    # A body that comes byte by byte would hold a try for ever.
    if time.monotonic() > deadline:
        raise httpx.ReadTimeout("the answer takes too long", request=request)


def _checked(reply: Reply) -> Any:
    if not reply.ok:
        raise OnsaleError(reply)
    return reply.data


class Onsale(_Base):
    """A client that blocks. Use one for all threads, and close it, or use `with`."""

    def __init__(self, url: str, *, http: Optional[httpx.Client] = None, sleep: Callable[[float], None] = time.sleep, **more: Any):
        super().__init__(url, **more)
        self._http, self._sleep = http or httpx.Client(), sleep

    def __enter__(self) -> "Onsale":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        operation: Operation,
        *,
        path: Optional[Mapping[str, Any]] = None,
        query: Optional[Mapping[str, Any]] = None,
        body: Any = NOTHING,
        key: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Any:
        """One operation; its data. An answer that is no success is an OnsaleError."""
        method, address = fill(operation, path, query)
        return _checked(self.ask(method, address, body=body, key=key, headers=headers))

    def ask(
        self,
        method: str,
        address: str,
        *,
        body: Any = NOTHING,
        key: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Reply:
        """One call with patience. Any answer is a Reply; status 0: the server was not reached in any try."""
        once, tried = _key_of(method, key), 0
        while True:
            reply = self._once(self._request(method, address, body, once, headers))
            tried += 1
            pause = self._patience.pause(tried, reply.status, reply.headers.get("Retry-After"))
            if pause is None:
                return reply
            self._sleep(pause)

    def _once(self, request: httpx.Request) -> Reply:
        deadline, content = self._deadline(), bytearray()
        try:
            response = self._http.send(request, stream=True)
            try:
                for part in response.iter_bytes():
                    content += part
                    _late(deadline, request)
            finally:
                response.close()
        except httpx.TransportError:
            return UNREACHED
        return _reply(response, bytes(content))


class AsyncOnsale(_Base):
    """The same, to be awaited."""

    def __init__(
        self,
        url: str,
        *,
        http: Optional[httpx.AsyncClient] = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **more: Any,
    ):
        super().__init__(url, **more)
        self._http, self._sleep = http or httpx.AsyncClient(), sleep

    async def __aenter__(self) -> "AsyncOnsale":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def call(
        self,
        operation: Operation,
        *,
        path: Optional[Mapping[str, Any]] = None,
        query: Optional[Mapping[str, Any]] = None,
        body: Any = NOTHING,
        key: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Any:
        """One operation; its data. An answer that is no success is an OnsaleError."""
        method, address = fill(operation, path, query)
        return _checked(await self.ask(method, address, body=body, key=key, headers=headers))

    async def ask(
        self,
        method: str,
        address: str,
        *,
        body: Any = NOTHING,
        key: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> Reply:
        """One call with patience. Any answer is a Reply; status 0: the server was not reached in any try."""
        once, tried = _key_of(method, key), 0
        while True:
            reply = await self._once(self._request(method, address, body, once, headers))
            tried += 1
            pause = self._patience.pause(tried, reply.status, reply.headers.get("Retry-After"))
            if pause is None:
                return reply
            await self._sleep(pause)

    async def _once(self, request: httpx.Request) -> Reply:
        deadline, content = self._deadline(), bytearray()
        try:
            response = await self._http.send(request, stream=True)
            try:
                async for part in response.aiter_bytes():
                    content += part
                    _late(deadline, request)
            finally:
                await response.aclose()
        except httpx.TransportError:
            return UNREACHED
        return _reply(response, bytes(content))
