package onsale.client;

import java.util.LinkedHashMap;
import java.util.Map;

/** What goes with an operation. */
public final class Call {
    final Map<String, Object> path = new LinkedHashMap<>();
    final Map<String, Object> query = new LinkedHashMap<>();
    final Map<String, String> headers = new LinkedHashMap<>();
    Object body;
    String key;

    private Call() {}

    /** Nothing yet. */
    public static Call with() {
        return new Call();
    }

    /** With a body: maps, lists, texts, numbers. */
    public static Call with(Object body) {
        return new Call().body(body);
    }

    /** A part of the address. */
    public Call path(String name, Object value) {
        path.put(name, value);
        return this;
    }

    /** A parameter. */
    public Call query(String name, Object value) {
        query.put(name, value);
        return this;
    }

    /** The body: maps, lists, texts, numbers. */
    public Call body(Object value) {
        body = value;
        return this;
    }

    /** The Idempotency-Key; without one each change gets its own. */
    public Call key(String value) {
        key = value;
        return this;
    }

    /** A header, such as {@code X-Queue-Token}. */
    public Call header(String name, String value) {
        headers.put(name, value);
        return this;
    }
}
