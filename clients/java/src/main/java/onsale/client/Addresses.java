package onsale.client;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Addresses of operations, with their parts and parameters. */
final class Addresses {
    private static final Pattern PART = Pattern.compile("\\{(\\w+)\\}");

    private Addresses() {}

    /** Fills an address in. A misspelt name is refused here, before it is sent. */
    static String fill(String template, Map<String, ?> parts, List<String> known, Map<String, ?> parameters) {
        Set<String> wanted = new HashSet<>();
        String path = PART.matcher(template).replaceAll(found -> {
            wanted.add(found.group(1));
            Object value = parts.get(found.group(1));
            return Matcher.quoteReplacement(value == null ? "" : escaped(value));
        });
        if (!wanted.equals(parts.keySet())) {
            throw new IllegalArgumentException(template + " takes the parts " + wanted + ", not " + parts.keySet());
        }
        StringJoiner query = new StringJoiner("&", "?", "").setEmptyValue("");
        parameters.forEach((name, value) -> {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(template + " takes the parameters " + known + ", not " + name);
            }
            query.add(escaped(name) + "=" + escaped(value));
        });
        return path + query;
    }

    private static String escaped(Object value) {
        String text = URLEncoder.encode(String.valueOf(value), StandardCharsets.UTF_8);
        return text.replace("+", "%20").replace("%3A", ":").replace("%7E", "~");
    }
}
