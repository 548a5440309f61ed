package onsale.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often, how late and under which key a call is sent, against a server that gives what a test wants. */
class PatienceTest {
    /** An answer; the status 0 closes the connection without one. */
    private record Answer(int status, Map<String, String> headers, String body) {
        static Answer of(int status) {
            return new Answer(status, Map.of(), "{\"code\":\"X\"}");
        }

        static Answer busy(String retryAfter) {
            return new Answer(429, Map.of("Retry-After", retryAfter), "{}");
        }
    }

    private record Asked(String method, String address, Map<String, List<String>> headers, String body) {
        String header(String name) {
            return headers.entrySet().stream()
                    .filter(header -> header.getKey().equalsIgnoreCase(name))
                    .map(header -> header.getValue().get(0))
                    .findFirst()
                    .orElse(null);
        }
    }

    private final List<Asked> asked = new ArrayList<>();
    private final List<Duration> pauses = new ArrayList<>();
    private Iterator<Answer> answers;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String address = exchange.getRequestURI().toString();
        asked.add(new Asked(exchange.getRequestMethod(), address, Map.copyOf(exchange.getRequestHeaders()), body));
        Answer answer = answers.next();
        if (answer.status() != 0) {
            answer.headers().forEach(exchange.getResponseHeaders()::add);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        }
        exchange.close();
    }

    private Patience most() {
        return Patience.standard().withDraw(() -> 1).withSleeper(pauses::add);
    }

    private Onsale.Builder client(Answer... wanted) {
        answers = List.of(wanted).iterator();
        return Onsale.at("http://127.0.0.1:" + server.getAddress().getPort() + "/").patience(most());
    }

    private static Answer[] statuses(int... statuses) {
        return IntStream.of(statuses).mapToObj(Answer::of).toArray(Answer[]::new);
    }

    private List<Long> pausesMs() {
        return pauses.stream().map(Duration::toMillis).toList();
    }

    @Test
    void aChangeIsSentAgainUnderOneKeyUntilTheServerHasTime() throws InterruptedException {
        Onsale onsale = client(statuses(503, 0, 429, 502, 504, 200)).build();
        Reply reply = onsale.ask("POST", "/x", Call.with(Map.of("a", "가")));
        assertEquals(200, reply.status());
        assertEquals("X", reply.code());
        assertEquals(List.of(1_000L, 2_000L, 4_000L, 8_000L, 16_000L), pausesMs());
        Set<String> keys = new HashSet<>();
        for (Asked one : asked) {
            keys.add(one.header("Idempotency-Key"));
            assertEquals("{\"a\":\"가\"}", one.body());
            assertEquals("application/json", one.header("Content-Type"));
        }
        assertEquals(1, keys.size());
        assertTrue(keys.iterator().next().matches("[!-~]{20,255}"), "a key that nobody guesses");
    }

    @Test
    void twoChangesHaveTwoKeysAndAGivenKeyIsSent() throws InterruptedException {
        Onsale onsale = client(statuses(200, 200, 200)).build();
        onsale.ask("POST", "/x", Call.with());
        onsale.ask("POST", "/x", Call.with());
        onsale.ask("POST", "/x", Call.with().key("press-7"));
        List<String> keys = asked.stream().map(one -> one.header("Idempotency-Key")).toList();
        assertNotEquals(keys.get(0), keys.get(1));
        assertEquals("press-7", keys.get(2));
    }

    @Test
    void aReadHasNoKey() throws InterruptedException {
        client(Answer.of(200)).build().ask("GET", "/x", Call.with());
        assertNull(asked.get(0).header("Idempotency-Key"));
    }

    @Test
    void anyOtherAnswerIsTheAnswer() throws InterruptedException {
        for (int status : List.of(400, 401, 403, 404, 409, 410, 422, 500)) {
            assertEquals(status, client(Answer.of(status)).build().ask("POST", "/x", Call.with()).status());
        }
        assertEquals(List.of(), pauses);
    }

    @Test
    void triesAreBoundedAndTheLastReplyIsGiven() throws InterruptedException {
        Onsale onsale = client(statuses(503, 503, 503, 503, 503, 503)).build();
        assertEquals(503, onsale.ask("GET", "/x", Call.with()).status());
        assertEquals(5, pauses.size());
        // The JDK's own client asks a GET once more where a connection breaks.
        Onsale away = client(statuses(0, 0, 0, 0)).patience(most().withTries(2)).build();
        assertEquals(0, away.ask("POST", "/x", Call.with()).status());
    }

    @Test
    void theServersWordCountsAndUpToAsMuchAgain() throws InterruptedException {
        for (double drawn : new double[] {0, 0.5, 1}) {
            pauses.clear();
            Patience patience = most().withDraw(() -> drawn);
            client(Answer.busy("3"), Answer.of(200)).patience(patience).build().ask("GET", "/x", Call.with());
            assertEquals(List.of(Math.round(3_000 + drawn * 3_000)), pausesMs());
        }
        pauses.clear();
        Answer[] odd = {Answer.busy("soon"), Answer.busy("-1"), Answer.busy("Infinity"), Answer.of(200)};
        client(odd).build().ask("GET", "/x", Call.with());
        assertEquals(List.of(1_000L, 2_000L, 4_000L), pausesMs());
    }

    @Test
    void aPauseThatIsTooLongIsNotWaited() throws InterruptedException {
        assertEquals(429, client(Answer.busy("300")).build().ask("GET", "/x", Call.with()).status());
        assertEquals(List.of(), pauses);
    }

    @Test
    void withoutAWordThePauseIsDrawnBetweenNothingAnd30SecondsAtMost() {
        Patience patience = most().withTries(9);
        List<Long> seconds = IntStream.rangeClosed(1, 8)
                .mapToObj(tried -> patience.pause(tried, 503, Optional.empty()).orElseThrow().toSeconds())
                .toList();
        assertEquals(List.of(1L, 2L, 4L, 8L, 16L, 30L, 30L, 30L), seconds);
        assertEquals(Duration.ZERO, patience.withDraw(() -> 0).pause(1, 503, Optional.empty()).orElseThrow());
        Set<Duration> drawn = new HashSet<>();
        for (int n = 0; n < 20; n++) {
            drawn.add(Patience.standard().pause(5, 503, Optional.empty()).orElseThrow());
        }
        assertTrue(drawn.size() > 1, "all would come back together");
    }

    @Test
    void anOperationIsFilledInAndAMisspeltOneIsNeverSent() throws InterruptedException {
        Operation rank = Operation.GET_GATE_EVENTS_EVENT_ID_RANK;
        Onsale onsale = client(Answer.of(200)).build();
        onsale.call(rank, Call.with().path("event_id", "a b/c:d").query("userId", "가&b"));
        assertEquals("/gate/events/a%20b%2Fc:d/rank?userId=%EA%B0%80%26b", asked.get(0).address());
        assertEquals("GET", asked.get(0).method());
        for (Call wrong : List.of(
                Call.with(),
                Call.with().path("event_id", "a").path("b", "c"),
                Call.with().path("event_id", "a").query("userid", "b"))) {
            assertThrows(IllegalArgumentException.class, () -> onsale.call(rank, wrong));
        }
        assertEquals(1, asked.size());
    }

    @Test
    void aRefusalSaysItsCodeAndItsTrace() {
        String body = "{\"code\":\"SOLD_OUT\",\"message\":\"There is none left.\"}";
        Onsale onsale = client(new Answer(409, Map.of("X-Trace-Id", "t-1"), body)).build();
        OnsaleException refused =
                assertThrows(OnsaleException.class, () -> onsale.call(Operation.GET_TICKETS_KEYS));
        assertEquals(409, refused.status());
        assertEquals("SOLD_OUT", refused.code());
        assertEquals("409 SOLD_OUT: There is none left. (trace t-1)", refused.getMessage());
    }

    @Test
    void keysAndTokensAreSentAndATokenIsReadAnewForEachTry() throws InterruptedException {
        Iterator<String> tokens = List.of("one", "two").iterator();
        Onsale onsale = client(statuses(503, 200)).apiKey("k").accessToken(tokens::next).build();
        onsale.ask("GET", "/x", Call.with());
        assertEquals(List.of("Bearer one", "Bearer two"), asked.stream().map(one -> one.header("Authorization")).toList());
        assertEquals("k", asked.get(0).header("X-Api-Key"));
        assertEquals("/x", asked.get(0).address());
    }

    @Test
    void aServerThatNeverAnswersEndsATry() throws IOException, InterruptedException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Patience patience = most().withTries(2).withTryLimit(Duration.ofMillis(50));
            Onsale onsale = Onsale.at("http://127.0.0.1:" + silent.getLocalPort()).patience(patience).build();
            assertEquals(0, onsale.ask("GET", "/x", Call.with()).status());
            assertEquals(1, pauses.size());
        }
    }
}
