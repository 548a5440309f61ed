package onsale.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What an answer has: JSON, text, or nothing. A field that is not there is nothing, too.
 *
 * @param value maps, lists, String, Long, Double, Boolean or null
 */
public record Data(Object value) {
    /** A field of an object, or an element of a list; {@code at("list", 0, "status")} goes deeper. */
    public Data at(Object... path) {
        Object found = value;
        for (Object part : path) {
            if (found instanceof Map<?, ?> fields) {
                found = fields.get(String.valueOf(part));
            } else if (found instanceof List<?> values && part instanceof Integer index && index < values.size()) {
                found = values.get(index);
            } else {
                found = null;
            }
        }
        return new Data(found);
    }

    /** Whether there is nothing. */
    public boolean isNull() {
        return value == null;
    }

    /** A text; null for anything else. */
    public String text() {
        return value instanceof String text ? text : null;
    }

    /** A whole number. Throws IllegalStateException for anything else. */
    public long number() {
        if (value instanceof Long number) {
            return number;
        }
        throw new IllegalStateException("no whole number: " + value);
    }

    /** Whether it is true. */
    public boolean isTrue() {
        return Boolean.TRUE.equals(value);
    }

    /** The elements of a list; none for anything else. */
    public List<Data> list() {
        List<Data> all = new ArrayList<>();
        if (value instanceof List<?> values) {
            values.forEach(one -> all.add(new Data(one)));
        }
        return all;
    }

    /** As JSON. */
    @Override
    public String toString() {
        return Json.write(value);
    }

    /** Reads JSON. Throws IllegalArgumentException for any other text. */
    public static Data read(String json) {
        return new Data(Json.read(json));
    }
}
