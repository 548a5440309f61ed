package onsale.client;

import java.util.Map;

/**
 * The tickets of a schedule at one moment.
 *
 * @param schedule the schedule's id
 * @param at UTC; a ticket that is younger is not in it
 * @param tickets by number
 */
public record DoorList(String schedule, String at, Map<String, DoorTicket> tickets) {
    /** What the list says of a code. */
    public TicketStatus check(TicketCode code) {
        if (!code.schedule().equals(schedule)) {
            return TicketStatus.WRONG_SCHEDULE;
        }
        DoorTicket ticket = tickets.get(code.number());
        if (ticket == null) {
            return TicketStatus.NOT_LISTED;
        }
        // Number and reservation must both be the ticket's.
        return ticket.reservation().equals(code.reservation()) ? ticket.status() : TicketStatus.CANCELLED;
    }
}
