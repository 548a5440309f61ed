package onsale.client;

/**
 * What the code of a ticket says.
 *
 * @param number the ticket's number
 * @param reservation the reservation's id
 * @param schedule the schedule's id
 */
public record TicketCode(String number, String reservation, String schedule) {}
