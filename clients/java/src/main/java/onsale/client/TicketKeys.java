package onsale.client;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The keys that sign tickets, and what they have signed: the code of a QR, and the list of a schedule. */
public final class TicketKeys {
    /** In front of the code in a QR's link. */
    private static final String VERIFY_PATH = "/tickets/verify/";
    private static final int QR_BYTES_MAX = 2_048;
    private static final int DOOR_LIST_BYTES_MAX = 64 << 20;
    private static final Pattern NUMBER = Pattern.compile("T[0-9]{8}-[0-9A-HJKMNP-TV-Z]{10}");
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern TIME =
            Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}");
    private static final Pattern KEY_ID = Pattern.compile("[0-9a-f]{8}");
    private static final List<String> LISTED = List.of("VALID", "USED", "CANCELLED");

    private final Map<String, PublicKey> keys;

    private TicketKeys(Map<String, PublicKey> keys) {
        this.keys = keys;
    }

    /** From {@code keys} of {@code GET /tickets/keys}. Throws IllegalArgumentException for what is no key. */
    public static TicketKeys of(Data shown) {
        Map<String, PublicKey> keys = new HashMap<>();
        for (Data key : shown.list()) {
            try {
                byte[] bytes = Signed.decoded(key.at("publicKey").text());
                // The name follows from the key: what is told beside it is not believed.
                keys.put(HexFormat.of().formatHex(Signed.sha256(bytes), 0, 4), Signed.key(bytes));
            } catch (NotOurs noKey) {
                throw new IllegalArgumentException("not a public key", noKey);
            }
        }
        return new TicketKeys(keys);
    }

    /** The code in what was scanned: the whole link, or what stands behind {@code /tickets/verify/}. */
    public TicketCode read(String scanned) throws NotOurs {
        String text = scanned.trim();
        int at = text.lastIndexOf(VERIFY_PATH);
        text = at < 0 ? text : text.substring(at + VERIFY_PATH.length());
        if (text.length() > QR_BYTES_MAX) {
            throw new NotOurs(NotOurs.Fault.FORM);
        }
        Signed signed = Signed.read(text);
        Map<?, ?> said = content(signed, List.of("v", "t", "r", "s", "k"));
        demand(is(NUMBER, said.get("t")) && is(ID, said.get("r")) && is(ID, said.get("s")));
        check(signed, said);
        return new TicketCode((String) said.get("t"), (String) said.get("r"), (String) said.get("s"));
    }

    /** The list of {@code GET /tickets/doors/{scheduleId}} or of {@code onsale tickets export}. */
    public DoorList readDoorList(String given) throws NotOurs {
        String text = given.stripTrailing();
        if (text.length() > DOOR_LIST_BYTES_MAX) {
            throw new NotOurs(NotOurs.Fault.FORM);
        }
        Signed signed = Signed.read(text);
        Map<?, ?> said = content(signed, List.of("v", "s", "at", "k", "tickets"));
        demand(is(ID, said.get("s")) && is(TIME, said.get("at")) && said.get("tickets") instanceof List);
        Map<String, DoorTicket> tickets = new LinkedHashMap<>();
        for (Object ticket : (List<?>) said.get("tickets")) {
            DoorTicket listed = listed(ticket);
            tickets.put(listed.number(), listed);
        }
        check(signed, said);
        return new DoorList((String) said.get("s"), (String) said.get("at"), Map.copyOf(tickets));
    }

    private static void demand(boolean is) throws NotOurs {
        if (!is) {
            throw new NotOurs(NotOurs.Fault.FORM);
        }
    }

    private static boolean is(Pattern form, Object value) {
        return value instanceof String text && form.matcher(text).matches();
    }

    /** The content with exactly these fields. Nothing of it is believed yet. */
    private static Map<?, ?> content(Signed signed, List<String> fields) throws NotOurs {
        Object said;
        try {
            said = Json.read(signed.text());
        } catch (IllegalArgumentException noJson) {
            throw new NotOurs(NotOurs.Fault.FORM);
        }
        // Blanks, another order, another way to write a letter: the same values in another form are not ours.
        demand(said instanceof Map<?, ?> map
                && new ArrayList<>(map.keySet()).equals(fields)
                && Long.valueOf(1).equals(map.get("v"))
                && is(KEY_ID, map.get("k"))
                && Arrays.equals(Json.write(said).getBytes(StandardCharsets.UTF_8), signed.content()));
        return (Map<?, ?>) said;
    }

    private void check(Signed signed, Map<?, ?> said) throws NotOurs {
        PublicKey key = keys.get((String) said.get("k"));
        if (key == null) {
            throw new NotOurs(NotOurs.Fault.UNKNOWN_KEY);
        }
        // Over the characters of the first part.
        if (!signed.isSigned(key, signed.first().getBytes(StandardCharsets.US_ASCII))) {
            throw new NotOurs(NotOurs.Fault.SIGNATURE);
        }
    }

    private static DoorTicket listed(Object given) throws NotOurs {
        demand(given instanceof Map<?, ?> map
                && new ArrayList<>(map.keySet()).equals(List.of("t", "r", "seats", "status"))
                && is(NUMBER, map.get("t"))
                && is(ID, map.get("r"))
                && LISTED.contains(map.get("status"))
                && map.get("seats") instanceof List);
        Map<?, ?> ticket = (Map<?, ?>) given;
        List<String> seats = new ArrayList<>();
        for (Object seat : (List<?>) ticket.get("seats")) {
            demand(seat instanceof String);
            seats.add((String) seat);
        }
        TicketStatus status = TicketStatus.valueOf((String) ticket.get("status"));
        return new DoorTicket((String) ticket.get("t"), (String) ticket.get("r"), List.copyOf(seats), status);
    }
}
