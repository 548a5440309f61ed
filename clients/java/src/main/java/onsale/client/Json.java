package onsale.client;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as maps in the order of their fields, lists, strings, Long, Double, Boolean and null. */
final class Json {
    /** Deeper texts are none of ours, and would need a deep stack. */
    private static final int DEPTH_MAX = 100;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Reads a whole text. Throws IllegalArgumentException for one that is no JSON, or has a field twice. */
    static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.blanks();
        if (json.at < text.length()) {
            throw json.fault();
        }
        return value;
    }

    private IllegalArgumentException fault() {
        return new IllegalArgumentException("no JSON at " + at);
    }

    private void blanks() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private boolean takes(char wanted) {
        blanks();
        if (at < text.length() && text.charAt(at) == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private void wants(char wanted) {
        if (!takes(wanted)) {
            throw fault();
        }
    }

    private Object value(int depth) {
        if (depth > DEPTH_MAX) {
            throw fault();
        }
        blanks();
        if (at >= text.length()) {
            throw fault();
        }
        return switch (text.charAt(at)) {
            case '{' -> object(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw fault();
        }
        at += word.length();
        return value;
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> fields = new LinkedHashMap<>();
        wants('{');
        if (takes('}')) {
            return fields;
        }
        do {
            blanks();
            String name = string();
            wants(':');
            if (fields.containsKey(name)) {
                throw fault();
            }
            fields.put(name, value(depth + 1));
        } while (takes(','));
        wants('}');
        return fields;
    }

    private List<Object> list(int depth) {
        List<Object> values = new ArrayList<>();
        wants('[');
        if (takes(']')) {
            return values;
        }
        do {
            values.add(value(depth + 1));
        } while (takes(','));
        wants(']');
        return values;
    }

    private String string() {
        if (at >= text.length() || text.charAt(at) != '"') {
            throw fault();
        }
        at++;
        StringBuilder read = new StringBuilder();
        while (at < text.length()) {
            char letter = text.charAt(at++);
            if (letter == '"') {
                return read.toString();
            }
            if (letter < ' ') {
                throw fault();
            }
            read.append(letter == '\\' ? escaped() : letter);
        }
        throw fault();
    }

    private char escaped() {
        if (at >= text.length()) {
            throw fault();
        }
        char letter = text.charAt(at++);
        int known = "\"\\/bfnrt".indexOf(letter);
        if (known >= 0) {
            return "\"\\/\b\f\n\r\t".charAt(known);
        }
        if (letter != 'u' || at + 4 > text.length() || !text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
            throw fault();
        }
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 4, at), 16);
    }

    private Object number() {
        int from = at;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(from, at);
        if (!digits.matches("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")) {
            throw fault();
        }
        if (digits.matches("-?[0-9]{1,18}")) {
            return Long.valueOf(digits);
        }
        return Double.valueOf(digits);
    }

    /** Writes a value without blanks, and as few escapes as there must be. */
    static String write(Object value) {
        StringBuilder text = new StringBuilder();
        write(value, text);
        return text.toString();
    }

    private static void write(Object value, StringBuilder text) {
        if (value instanceof Data data) {
            write(data.value(), text);
        } else if (value instanceof Map<?, ?> fields) {
            String before = "{";
            for (Map.Entry<?, ?> field : fields.entrySet()) {
                text.append(before);
                writeText(String.valueOf(field.getKey()), text);
                text.append(':');
                write(field.getValue(), text);
                before = ",";
            }
            text.append(fields.isEmpty() ? "{}" : "}");
        } else if (value instanceof Iterable<?> values) {
            String before = "[";
            for (Object one : values) {
                text.append(before);
                write(one, text);
                before = ",";
            }
            text.append(before.equals("[") ? "[]" : "]");
        } else if (value instanceof Number number) {
            text.append(number instanceof Double || number instanceof Float
                    ? BigDecimal.valueOf(number.doubleValue()).toString()
                    : number.toString());
        } else if (value == null || value instanceof Boolean) {
            text.append(value);
        } else {
            writeText(value.toString(), text);
        }
    }

    private static void writeText(String value, StringBuilder text) {
        text.append('"');
        for (int at = 0; at < value.length(); at++) {
            char letter = value.charAt(at);
            int known = "\"\\\b\f\n\r\t".indexOf(letter);
            if (known >= 0) {
                text.append('\\').append("\"\\bfnrt".charAt(known));
            } else if (letter < ' ') {
                text.append(String.format("\\u%04x", (int) letter));
            } else {
                text.append(letter);
            }
        }
        text.append('"');
    }
}
