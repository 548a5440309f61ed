"""How often, how late and under which key a call is sent, without a server."""

import asyncio
import socket

import httpx
import pytest

from onsale_client import AsyncOnsale, Onsale, OnsaleError, Patience


class Server:
    """Gives these answers, one after another, and keeps what it was asked. A number is a status, a function makes an answer;
    None: no answer."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if answer is None:
            raise httpx.ConnectError("refused")
        return httpx.Response(answer, json={"code": "X"}) if isinstance(answer, int) else answer()


def ask(server, *arguments, draw=lambda: 1.0, method="ask", patience=None, **more):
    """One call of both clients, which must do the same: the reply, and the pauses."""
    patience = patience or Patience(draw=draw)
    pauses, answers = [], list(server.answers)
    with Onsale("http://test", http=httpx.Client(transport=httpx.MockTransport(server)), sleep=pauses.append, patience=patience) as one:
        reply = getattr(one, method)(*arguments, **more)

    async def awaited():
        async def sleep(seconds):
            awaited_pauses.append(seconds)

        http = httpx.AsyncClient(transport=httpx.MockTransport(Server(*answers)))
        async with AsyncOnsale("http://test", http=http, sleep=sleep, patience=patience) as other:
            return await getattr(other, method)(*arguments, **more)

    awaited_pauses = []
    again = asyncio.run(awaited())
    assert awaited_pauses == pauses
    assert getattr(again, "status", again) == getattr(reply, "status", reply)
    return reply, pauses


def test_a_change_is_sent_again_under_one_key_until_the_server_has_time():
    server = Server(503, None, 429, 502, 504, 200)
    reply, pauses = ask(server, "POST", "/x", body={"a": "가"})
    assert (reply.status, reply.data, pauses) == (200, {"code": "X"}, [1, 2, 4, 8, 16])
    keys = {request.headers["Idempotency-Key"] for request in server.requests}
    assert len(keys) == 1 and keys != {""}
    assert {request.content for request in server.requests} == {'{"a":"가"}'.encode()}


def test_two_changes_have_two_keys_and_a_given_key_is_sent():
    server = Server(200, 200, 200)
    with Onsale("http://test", http=httpx.Client(transport=httpx.MockTransport(server))) as onsale:
        onsale.ask("POST", "/x")
        onsale.ask("POST", "/x")
        onsale.ask("POST", "/x", key="press-7")
    first, second, third = (request.headers["Idempotency-Key"] for request in server.requests)
    assert first != second and third == "press-7"


def test_a_read_has_no_key():
    server = Server(200)
    ask(server, "GET", "/x")
    assert "Idempotency-Key" not in server.requests[0].headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 500])
def test_any_other_answer_is_the_answer(status):
    reply, pauses = ask(Server(status), "POST", "/x")
    assert (reply.status, pauses) == (status, [])


def test_tries_are_bounded_and_the_last_reply_is_given():
    reply, pauses = ask(Server(*[503] * 6), "GET", "/x")
    assert (reply.status, len(pauses)) == (503, 5)
    reply, _ = ask(Server(None, None), "GET", "/x", patience=Patience(tries=2, draw=lambda: 1.0))
    assert reply.status == 0


def test_the_servers_word_counts_and_up_to_as_much_again():
    def busy(seconds):
        return lambda: httpx.Response(429, headers={"Retry-After": seconds})

    for drawn, pause in ((0.0, 3.0), (0.5, 4.5), (1.0, 6.0)):
        assert ask(Server(busy("3"), 200), "GET", "/x", draw=lambda: drawn)[1] == [pause]
    assert ask(Server(busy("soon"), busy("-1"), busy("inf"), 200), "GET", "/x")[1] == [1, 2, 4]


def test_a_pause_that_is_too_long_is_not_waited():
    reply, pauses = ask(Server(lambda: httpx.Response(503, headers={"Retry-After": "300"})), "GET", "/x")
    assert (reply.status, pauses) == (503, [])


def test_without_a_word_the_pause_is_drawn_between_nothing_and_30_seconds_at_most():
    patience = Patience(tries=9, draw=lambda: 1.0)
    assert [patience.pause(tried, 503, None) for tried in range(1, 9)] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert Patience(draw=lambda: 0.0).pause(1, 503, None) == 0
    assert len({Patience().pause(5, 503, None) for _ in range(20)}) > 1, "all would come back together"


def test_an_operation_is_filled_in_and_a_misspelt_one_is_never_sent():
    server = Server(200)
    ask(
        server,
        "GET /gate/events/{event_id}/rank",
        method="call",
        path={"event_id": "a b/c:d"},
        query={"userId": "가&b"},
    )
    assert server.requests[0].url.raw_path == b"/gate/events/a%20b%2Fc:d/rank?userId=%EA%B0%80%26b"
    with Onsale("http://test", http=httpx.Client(transport=httpx.MockTransport(Server()))) as onsale:
        for operation, path, query in [
            ("GET /nowhere", {}, {}),
            ("GET /gate/events/{event_id}/rank", {}, {"userId": "a"}),
            ("GET /gate/events/{event_id}/rank", {"event_id": "a", "b": "c"}, {"userId": "a"}),
            ("GET /gate/events/{event_id}/rank", {"event_id": "a"}, {"userid": "a"}),
        ]:
            with pytest.raises(ValueError):
                onsale.call(operation, path=path, query=query)


def test_a_refusal_says_its_code_and_its_trace():
    body = {"code": "SOLD_OUT", "message": "There is none left."}
    refusal = lambda: httpx.Response(409, json=body, headers={"X-Trace-Id": "t-1"})
    with Onsale("http://test", http=httpx.Client(transport=httpx.MockTransport(Server(refusal)))) as onsale:
        with pytest.raises(OnsaleError) as refused:
            onsale.call("GET /tickets/keys")
    assert (refused.value.status, refused.value.code) == (409, "SOLD_OUT")
    assert str(refused.value) == "409 SOLD_OUT: There is none left. (trace t-1)"


def test_keys_and_tokens_are_sent_and_a_token_is_read_anew_for_each_try():
    server, tokens = Server(503, 200), iter(["one", "two"])
    http = httpx.Client(transport=httpx.MockTransport(server))
    with Onsale("http://test/", http=http, api_key="k", access_token=lambda: next(tokens), sleep=lambda _: None) as onsale:
        onsale.ask("GET", "/x")
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer one", "Bearer two"]
    assert server.requests[0].headers["X-Api-Key"] == "k" and str(server.requests[0].url) == "http://test/x"


def test_a_server_that_never_answers_ends_a_try():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Onsale(url, sleep=lambda _: None, patience=Patience(tries=2, try_seconds=0.05)) as onsale:
            assert onsale.ask("GET", "/x").status == 0


def test_a_body_that_comes_byte_by_byte_ends_a_try():
    class Drip(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                yield b" "

    drips = Server(lambda: httpx.Response(200, stream=Drip()))
    patience = Patience(tries=1, try_seconds=0.05)
    with Onsale("http://test", http=httpx.Client(transport=httpx.MockTransport(drips)), patience=patience) as onsale:
        assert onsale.ask("GET", "/x").status == 0
