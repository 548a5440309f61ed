package onsale.client;

/** What a door without the network says of a ticket. */
public enum TicketStatus {
    /** Good, and not used before. */
    VALID,
    /** Somebody has come in with it. */
    USED,
    /** Its reservation was cancelled, or it never was the ticket of one. */
    CANCELLED,
    /** Of another schedule. */
    WRONG_SCHEDULE,
    /**
     * Rightly signed, and not in the list: paid since the list was made, or cancelled before. A list that was made after the day
     * of the event began has all good tickets: refuse it then.
     */
    NOT_LISTED,
    /** Not signed by these keys. */
    FORGED
}
