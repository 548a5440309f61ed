package onsale.client;

import java.net.http.HttpHeaders;
import java.util.Map;
import java.util.Optional;

/**
 * The last answer to a call.
 *
 * @param status 0: the server was not reached
 * @param headers its headers
 * @param data its body
 */
public record Reply(int status, HttpHeaders headers, Data data) {
    static final Reply UNREACHED = new Reply(0, HttpHeaders.of(Map.of(), (name, value) -> true), new Data(null));

    /** Whether it is a success. */
    public boolean isOk() {
        return status >= 200 && status < 300;
    }

    /** The {@code code} of the body, such as {@code SOLD_OUT}; null without one. */
    public String code() {
        return data.at("code").text();
    }

    /** A header. */
    public Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** What an operator finds this answer by; null without one. */
    public String traceId() {
        return header("X-Trace-Id").orElse(null);
    }
}
