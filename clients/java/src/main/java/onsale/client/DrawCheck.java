package onsale.client;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The check of an opening draw from public data alone, as {@code onsale verify-draw} makes it (docs/api.md, Opening draw).
 *
 * @param verdict of all checks together
 * @param checks by their names
 * @param ticket the queue number of the receipt; null without one
 * @param order the entries in the order of their queue numbers; null before the draw
 */
public record DrawCheck(Verdict verdict, Map<String, Outcome> checks, Long ticket, List<Integer> order) {
    private static final long COUNT_MAX = 100_000_000;
    private static final int RECEIPT_BYTES_MAX = 2_048;
    /** A receipt that was signed this long before the closing belongs to a participant: clocks differ less. */
    private static final long CLOCK_SLACK_MS = 5_000;
    /** "quicknet" of the League of Entropy, the one chain that no operator can sign. */
    private static final String QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
    private static final long QUICKNET_GENESIS_SECONDS = 1_692_803_367;
    private static final long QUICKNET_PERIOD_SECONDS = 3;

    /** What became of one check. */
    public enum Outcome {
        /** It fits. */
        PASSED("passed"),
        /** It does not fit. */
        FAILED("failed"),
        /** Something was missing for it. */
        NOT_CHECKED("notChecked");

        private final String word;

        Outcome(String word) {
            this.word = word;
        }

        /** As {@code onsale verify-draw --json} writes it. */
        @Override
        public String toString() {
            return word;
        }

        private static Outcome of(Boolean fits) {
            return fits == null ? NOT_CHECKED : fits ? PASSED : FAILED;
        }
    }

    /** What the checks say together. */
    public enum Verdict {
        /** Every check was made, and passed. */
        ALL_PASSED("allPassed"),
        /** None failed, and at least one was not made. */
        NOT_ALL_CHECKED("notAllChecked"),
        /** The draw is still to come. */
        NOT_DRAWN_YET("notDrawnYet"),
        /** A check failed. */
        FAILED("failed");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }

        /** As {@code onsale verify-draw --json} writes it. */
        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * A receipt and what it is checked with.
     *
     * @param text the receipt
     * @param key {@code publicKey} of {@code GET /queue/receipt-key}
     * @param user the user whose it must be; null: not checked
     */
    public record Receipt(String text, String key, String user) {}

    /**
     * Checks a draw. The signature of a round of drand is not checked here: it is BLS, which the JDK does not have;
     * {@code onsale verify-draw} checks it.
     *
     * @param document of {@code GET /queue/serving/{line}}
     * @param entries the text of {@code GET /queue/draw/{line}/entries}; null: not checked
     * @param receipt null: not checked
     */
    public static DrawCheck of(Data document, String entries, Receipt receipt) {
        Data draw = document.at("draw");
        if (draw.isNull()) {
            throw new IllegalArgumentException("this line has no opening draw");
        }
        Data count = draw.at("count");
        boolean isWhole = draw.at("seed").isNull() || !count.isNull();
        if (!isWhole || !count.isNull() && (count.number() < 0 || count.number() > COUNT_MAX)) {
            throw new IllegalArgumentException("seed and count are published together, and no line has so many places");
        }
        List<byte[]> hashes = entries == null ? null : hashes(entries);
        Map<String, Outcome> checks = new LinkedHashMap<>();
        checks.put("seed", seed(draw));
        checks.put("entries", entries(draw, hashes));
        randomness(draw, checks);
        if (!draw.at("trust").isNull()) {
            boolean isOperator = "operator".equals(draw.at("trust").text());
            checks.put("trust", Outcome.of(isOperator || needsNoTrust(draw)));
        }
        List<Integer> order = order(draw);
        Long ticket = receipt == null ? null : receipt(document, hashes, order, receipt, checks);
        return new DrawCheck(verdict(draw, checks), checks, ticket, order);
    }

    /** RFC 9162, 2.1.1: a leaf is hashed after the byte 0, a node after the byte 1. */
    static byte[] merkleRoot(List<byte[]> leaves) {
        if (leaves.isEmpty()) {
            return Signed.sha256();
        }
        List<byte[]> level = new ArrayList<>();
        leaves.forEach(leaf -> level.add(Signed.sha256(new byte[] {0}, leaf)));
        // Pairs from the left, the odd one moves up: the same tree as the one that is split at the largest power of two.
        while (level.size() > 1) {
            int above = 0;
            for (int at = 0; at < level.size(); at += 2) {
                boolean isPair = at + 1 < level.size();
                level.set(above++, isPair ? Signed.sha256(new byte[] {1}, level.get(at), level.get(at + 1)) : level.get(at));
            }
            level.subList(above, level.size()).clear();
        }
        return level.get(0);
    }

    private static List<byte[]> hashes(String entries) {
        List<byte[]> hashes = new ArrayList<>();
        for (String line : entries.strip().split("\\s+")) {
            byte[] hash = hex(line);
            if (!line.isEmpty() && (hash == null || hash.length != 32)) {
                throw new IllegalArgumentException("each line of the entries has 64 hexadecimal digits");
            }
            if (!line.isEmpty()) {
                hashes.add(hash);
            }
        }
        return hashes;
    }

    /** The bytes of hexadecimal digits; null for anything else. */
    private static byte[] hex(String text) {
        return text != null && text.matches("(?:[0-9a-fA-F]{2})*") ? HexFormat.of().parseHex(text) : null;
    }

    private static byte[] hex32(String text) {
        byte[] bytes = hex(text);
        return bytes != null && bytes.length == 32 ? bytes : null;
    }

    private static boolean isSame(byte[] hash, String hex) {
        return HexFormat.of().formatHex(hash).equalsIgnoreCase(hex);
    }

    private static Outcome seed(Data draw) {
        if (draw.at("seed").isNull()) {
            return Outcome.NOT_CHECKED;
        }
        byte[] seed = hex32(draw.at("seed").text());
        return Outcome.of(seed != null && isSame(Signed.sha256(seed), draw.at("commitment").text()));
    }

    private static Outcome entries(Data draw, List<byte[]> hashes) {
        if (hashes == null || draw.at("root").isNull()) {
            return Outcome.NOT_CHECKED;
        }
        boolean isCount = Long.valueOf(hashes.size()).equals(draw.at("count").value());
        return Outcome.of(isCount && isSame(merkleRoot(hashes), draw.at("root").text()));
    }

    private static String kind(Data draw) {
        String kind = draw.at("randomness", "kind").text();
        return kind == null ? "none" : kind;
    }

    private static void randomness(Data draw, Map<String, Outcome> checks) {
        switch (kind(draw)) {
            case "none" -> {}
            // Entered by the operator: compare it with what the named source published.
            case "manual" -> checks.put("value", Outcome.NOT_CHECKED);
            default -> {
                byte[] value = hex(draw.at("randomness", "value").text());
                boolean isValue = value != null && value.length == 48 && !draw.at("randomness", "round").isNull();
                boolean isWrong = !draw.at("seed").isNull() && !isValue;
                checks.put("value", isWrong ? Outcome.FAILED : Outcome.NOT_CHECKED);
                checks.put("round", Outcome.of(isRoundAfterClosing(draw)));
            }
        }
    }

    /** The closing in milliseconds since 1970; null without one. A time without an offset is UTC. */
    private static Long closesAtMs(Data draw) {
        String text = draw.at("closesAt").text();
        if (text == null) {
            return null;
        }
        boolean hasOffset = text.matches(".*(?:Z|[+-][0-9]{2}:[0-9]{2})");
        return hasOffset
                ? OffsetDateTime.parse(text).toInstant().toEpochMilli()
                : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC).toEpochMilli();
    }

    private static Boolean isRoundAfterClosing(Data draw) {
        if (!QUICKNET.equalsIgnoreCase(draw.at("randomness", "chain").text())) {
            return null;
        }
        Object round = draw.at("randomness", "round").value();
        Long closesAt = closesAtMs(draw);
        if (!(round instanceof Long number) || closesAt == null) {
            return false;
        }
        return (QUICKNET_GENESIS_SECONDS + QUICKNET_PERIOD_SECONDS * Math.max(number - 1, 0)) * 1_000 > closesAt;
    }

    private static boolean needsNoTrust(Data draw) {
        return switch (kind(draw)) {
            case "drand" -> Boolean.TRUE.equals(isRoundAfterClosing(draw));
            case "manual" -> !draw.at("closesAt").isNull();
            default -> false;
        };
    }

    /** What is hashed before an entry's number: seed, value, root; the seed alone in a draw of an earlier version. */
    private static byte[][] orderKey(Data draw) {
        byte[] seed = hex32(draw.at("seed").text());
        if (seed == null || draw.at("root").isNull()) {
            return seed == null ? null : new byte[][] {seed};
        }
        String text = draw.at("randomness", "value").isNull() ? "" : draw.at("randomness", "value").text();
        byte[] value = switch (kind(draw)) {
            case "none" -> new byte[0];
            case "manual" -> text.getBytes(StandardCharsets.UTF_8);
            default -> hex(text);
        };
        byte[] root = hex(draw.at("root").text());
        return value == null || root == null ? null : new byte[][] {seed, value, root};
    }

    private record Lot(int entry, byte[] hash) {}

    private static List<Integer> order(Data draw) {
        byte[][] key = orderKey(draw);
        if (key == null) {
            return null;
        }
        byte[][] parts = Arrays.copyOf(key, key.length + 1);
        List<Lot> lots = new ArrayList<>();
        for (int entry = 1; entry <= draw.at("count").number(); entry++) {
            parts[key.length] = ByteBuffer.allocate(4).putInt(entry).array();
            lots.add(new Lot(entry, Signed.sha256(parts)));
        }
        lots.sort((one, other) -> Arrays.compareUnsigned(one.hash, other.hash));
        return lots.stream().map(Lot::entry).toList();
    }

    /** Adds the checks of a receipt; its queue number. */
    private static Long receipt(
            Data document, List<byte[]> hashes, List<Integer> order, Receipt given, Map<String, Outcome> checks) {
        Data said = read(given);
        if (said == null) {
            checks.put("receipt", Outcome.FAILED);
            return null;
        }
        Data draw = document.at("draw");
        long entry = said.at("entry").number();
        String line = said.at("line").text();
        String holder = said.at("holder").text();
        checks.put("receipt", Outcome.PASSED);
        checks.put("line", Outcome.of(line.equals(document.at("line").text())));
        byte[] owned = Signed.sha256((line + "\n" + given.user()).getBytes(StandardCharsets.UTF_8));
        checks.put("user", Outcome.of(given.user() == null ? null : HexFormat.of().formatHex(owned).equals(holder)));
        if (draw.at("count").value() instanceof Long count && entry > count) {
            Long closesAt = closesAtMs(draw);
            boolean isLeftOut = closesAt != null && said.at("issuedAtMs").number() < closesAt - CLOCK_SLACK_MS;
            checks.put("part", Outcome.of(!isLeftOut));
            return entry;
        }
        Boolean isListed = null;
        if (hashes != null) {
            isListed = entry <= hashes.size()
                    && HexFormat.of().formatHex(hashes.get((int) entry - 1)).equals(holder);
        }
        checks.put("holder", Outcome.of(isListed));
        int at = order == null ? -1 : order.indexOf((int) entry);
        return at < 0 ? null : Long.valueOf(at + 1);
    }

    /** The content of a receipt that this key has signed; null for any other text. */
    private static Data read(Receipt given) {
        byte[] bytes = hex32(given.key());
        if (bytes == null) {
            throw new IllegalArgumentException("a receipt key has 64 hexadecimal digits");
        }
        PublicKey key = Signed.key(bytes);
        String text = given.text().strip();
        if (text.length() > RECEIPT_BYTES_MAX) {
            return null;
        }
        try {
            Signed signed = Signed.read(text);
            // Over the bytes of the JSON.
            if (!signed.isSigned(key, signed.content())) {
                return null;
            }
            Data said = Data.read(signed.text());
            boolean isWhole = said.value() instanceof Map<?, ?> fields
                    && fields.keySet().equals(Set.of("line", "entry", "holder", "issuedAtMs"))
                    && said.at("line").text() != null
                    && said.at("holder").text() != null
                    && said.at("entry").value() instanceof Long entry
                    && entry > 0
                    && said.at("issuedAtMs").value() instanceof Long;
            return isWhole ? said : null;
        } catch (NotOurs | IllegalArgumentException other) {
            return null;
        }
    }

    private static Verdict verdict(Data draw, Map<String, Outcome> checks) {
        if (checks.containsValue(Outcome.FAILED)) {
            return Verdict.FAILED;
        }
        if (draw.at("seed").isNull()) {
            return Verdict.NOT_DRAWN_YET;
        }
        return checks.containsValue(Outcome.NOT_CHECKED) ? Verdict.NOT_ALL_CHECKED : Verdict.ALL_PASSED;
    }
}
