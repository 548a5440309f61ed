package onsale.client;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A door without the network: a good ticket comes in once, and its mark is handed in later. */
public final class Door {
    private final TicketKeys keys;
    private final DoorList list;
    private final Set<String> cameIn = new HashSet<>();
    private final List<Map<String, String>> marks = new ArrayList<>();

    /** A door with these keys and this list. */
    public Door(TicketKeys keys, DoorList list) {
        this.keys = keys;
        this.list = list;
    }

    /**
     * What a door says of a ticket.
     *
     * @param status good or not
     * @param number its number; null of a forged one
     * @param seats its seats
     */
    public record Shown(TicketStatus status, String number, List<String> seats) {}

    /** Checks a ticket, and marks a good one. {@code at}: the time, as the API writes times. */
    public synchronized Shown show(String scanned, String at) {
        TicketCode code;
        try {
            code = keys.read(scanned);
        } catch (NotOurs refused) {
            return new Shown(TicketStatus.FORGED, null, List.of());
        }
        TicketStatus status = list.check(code);
        if (status == TicketStatus.VALID) {
            if (cameIn.add(code.number())) {
                marks.add(Map.of("qrData", scanned, "at", at));
            } else {
                status = TicketStatus.USED;
            }
        }
        DoorTicket ticket = list.tickets().get(code.number());
        boolean isIts = ticket != null && ticket.reservation().equals(code.reservation());
        return new Shown(status, code.number(), isIts ? ticket.seats() : List.of());
    }

    /** {@code list} of {@code POST /tickets/verify/batch}, of which 500 go into one call. */
    public synchronized List<Map<String, String>> marks() {
        return List.copyOf(marks);
    }
}
