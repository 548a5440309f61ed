package onsale.client;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The client. One serves all threads. */
public final class Onsale {
    private final String url;
    private final String apiKey;
    private final Supplier<String> accessToken;
    private final String language;
    private final Patience patience;
    private final HttpClient http;

    private Onsale(Builder builder) {
        url = builder.url;
        apiKey = builder.apiKey;
        accessToken = builder.accessToken;
        language = builder.language;
        patience = builder.patience;
        http = builder.http;
    }

    /** A client of the server at this address. */
    public static Builder at(String url) {
        return new Builder(url);
    }

    /** What a client is made of. */
    public static final class Builder {
        private final String url;
        private String apiKey;
        private Supplier<String> accessToken;
        private String language = "en";
        private Patience patience = Patience.standard();
        private HttpClient http;

        private Builder(String url) {
            this.url = URI.create(url).toString().replaceAll("/+$", "");
        }

        /** A tenant's, an administrator's or a door's key. */
        public Builder apiKey(String key) {
            apiKey = key;
            return this;
        }

        /** A person's access token. */
        public Builder accessToken(String token) {
            return accessToken(() -> token);
        }

        /** What gives a person's access token before each try. */
        public Builder accessToken(Supplier<String> token) {
            accessToken = token;
            return this;
        }

        /** Of messages: {@code en} or {@code ko}. */
        public Builder language(String other) {
            language = other;
            return this;
        }

        /** Tries, times and pauses. */
        public Builder patience(Patience other) {
            patience = other;
            return this;
        }

        /** A client of HTTP with settings of its own, such as a proxy. */
        public Builder http(HttpClient other) {
            http = other;
            return this;
        }

        /** The client. */
        public Onsale build() {
            if (http == null) {
                // Without the offer of HTTP/2, which plain HTTP would carry in each first request.
                http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .build();
            }
            return new Onsale(this);
        }
    }

    /** One operation; its data. Throws OnsaleException for an answer that is no success. */
    public Data call(Operation operation, Call call) throws InterruptedException {
        Reply reply = ask(operation.method(), operation.address(call.path, call.query), call);
        if (!reply.isOk()) {
            throw new OnsaleException(reply);
        }
        return reply.data();
    }

    /** One operation that takes nothing. */
    public Data call(Operation operation) throws InterruptedException {
        return call(operation, Call.with());
    }

    /** One call with patience. Any answer is a Reply; status 0: the server was not reached in any try. */
    public Reply ask(String method, String address, Call call) throws InterruptedException {
        // One key for all tries of one change.
        String once = call.key != null || method.equals("GET") ? call.key : Patience.newKey();
        byte[] body = call.body == null ? null : Json.write(call.body).getBytes(StandardCharsets.UTF_8);
        for (int tried = 1; ; tried++) {
            Reply reply = once(request(method, address, body, once, call));
            Optional<Duration> pause = patience.pause(tried, reply.status(), reply.header("Retry-After"));
            if (pause.isEmpty()) {
                return reply;
            }
            patience.sleeper().sleep(pause.get());
        }
    }

    private HttpRequest request(String method, String address, byte[] body, String key, Call call) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + address))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
                .setHeader("Accept", "application/json")
                .setHeader("Accept-Language", language);
        if (body != null) {
            request.setHeader("Content-Type", "application/json");
        }
        if (apiKey != null) {
            request.setHeader("X-Api-Key", apiKey);
        }
        if (accessToken != null) {
            request.setHeader("Authorization", "Bearer " + accessToken.get());
        }
        if (key != null) {
            request.setHeader("Idempotency-Key", key);
        }
        call.headers.forEach(request::setHeader);
        return request.build();
    }

    private Reply once(HttpRequest request) throws InterruptedException {
        // The limit counts for the body, too: one that comes byte by byte would hold a try for ever.
        CompletableFuture<HttpResponse<String>> answer =
                http.sendAsync(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        try {
            HttpResponse<String> heard = answer.get(patience.tryLimit().toMillis(), TimeUnit.MILLISECONDS);
            return new Reply(heard.statusCode(), heard.headers(), data(heard));
        } catch (TimeoutException late) {
            answer.cancel(true);
            return Reply.UNREACHED;
        } catch (InterruptedException ended) {
            answer.cancel(true);
            throw ended;
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof IOException) {
                return Reply.UNREACHED;
            }
            throw new IllegalStateException(failed.getCause());
        }
    }

    private static Data data(HttpResponse<String> heard) {
        if (heard.body().isEmpty()) {
            return new Data(null);
        }
        if (!heard.headers().firstValue("Content-Type").orElse("").contains("json")) {
            return new Data(heard.body());
        }
        try {
            return Data.read(heard.body());
        } catch (IllegalArgumentException noJson) {
            return new Data(null);
        }
    }
}
