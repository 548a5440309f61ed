package onsale.client;

import java.util.List;

/**
 * A ticket of a door's list.
 *
 * @param number its number
 * @param reservation its reservation's id
 * @param seats such as {@code A-1}
 * @param status VALID, USED or CANCELLED
 */
public record DoorTicket(String number, String reservation, List<String> seats, TicketStatus status) {}
