//! Ends, windows, swaps and repairs, one example each.

use super::*;
use crate::id::{AccountId, ReservationId, ScheduleId, SeatId};
use crate::line::QueueNumber;
use crate::time::Timestamp;
use uuid::Uuid;

const TTL_MS: u64 = 300_000;
const WINDOW_MS: u64 = 120_000;

fn at(ms: i64) -> Timestamp {
    Timestamp(1_000_000 + ms)
}

fn seat(n: u128) -> SeatId {
    SeatId(Uuid::from_u128(n))
}

fn reservation(n: u128) -> ReservationId {
    ReservationId(Uuid::from_u128(n))
}

/// Reservation `n` of person `n % 10` asks for these seats with a ticket of 100.
fn ask(n: u128, seats: &[u128]) -> HoldRequest {
    HoldRequest {
        schedule: ScheduleId(Uuid::nil()),
        reservation: reservation(n),
        user: AccountId(Uuid::from_u128(n % 10)),
        seats: seats.iter().copied().map(seat).collect(),
        replaces: None,
        rowless: Vec::new(),
        ticket: Some(QueueNumber(100)),
        is_retake: false,
        seats_max: 4,
        ttl_ms: TTL_MS,
        window: waiting(100),
    }
}

fn waiting(highest_admitted: u64) -> Window {
    let line = LineMark { highest_admitted: QueueNumber(highest_admitted), is_waiting: true };
    Window { line, returned_ms: WINDOW_MS }
}

fn holding(n: u128, seats: &[u128]) -> Holding {
    let HoldRequest { schedule, reservation, user, seats, .. } = ask(n, seats);
    Holding { schedule, reservation, user, seats }
}

fn release(n: u128, seats: &[u128]) -> Release {
    Release { of: holding(n, seats), window: waiting(100) }
}

fn held(ms: i64) -> HoldOutcome {
    HoldOutcome::Held { until: at(ms) }
}

fn taken(seats: &[u128]) -> HoldOutcome {
    HoldOutcome::Taken { seats: seats.iter().copied().map(seat).collect(), own: Vec::new() }
}

fn holds_of(book: &SeatBook, now: Timestamp) -> Vec<(SeatId, ReservationId)> {
    book.look(Window::OPEN, now).holds.into_iter().map(|(seat, hold)| (seat, hold.reservation)).collect()
}

const END: i64 = TTL_MS as i64;

#[test]
fn a_hold_ends_at_its_very_millisecond_and_is_open_to_those_who_waited() {
    let mut book = SeatBook::default();
    assert_eq!(book.hold(&ask(1, &[7]), at(0)), held(END));
    assert_eq!(book.hold(&ask(2, &[7]), at(END - 1)), taken(&[7]));
    let mut giver = book.clone();
    assert_eq!(giver.hold(&ask(11, &[7]), at(END)), taken(&[7]), "the giver was inside");
    let mut friend = book.clone();
    assert_eq!(friend.hold(&ask(2, &[7]), at(END)), taken(&[7]), "without any sweep");
    let newcomer = HoldRequest { ticket: Some(QueueNumber(101)), ..ask(3, &[7]) };
    assert_eq!(friend.hold(&newcomer, at(END + 1)), held(2 * END + 1), "who waited at that moment");
    let nobody_waits = HoldRequest { window: Window { line: LineMark::NOBODY, ..waiting(0) }, ..ask(2, &[7]) };
    assert_eq!(book.hold(&nobody_waits, at(END)), held(2 * END), "public when nobody waits");
}

#[test]
fn a_window_begins_with_the_end_of_the_hold_and_ends_in_time() {
    let mut book = SeatBook::default();
    book.hold(&ask(1, &[7, 8]), at(0));
    let window_end = END + WINDOW_MS as i64;
    let late = HoldRequest { window: waiting(500), ..ask(2, &[7]) };
    let mut unmet = book.clone();
    assert_eq!(unmet.hold(&late, at(window_end)), held(window_end + END), "nobody met the seat within its window");
    // The first call that meets the seat says above which number it is open; a later one does not move that.
    let now = book.holds(waiting(100), at(END + 5));
    let returned = ReturnedSeat { above: QueueNumber(100), until: at(window_end) };
    assert_eq!((now.holds.len(), now.returned), (0, vec![(seat(7), returned), (seat(8), returned)]));
    let late = HoldRequest { ticket: Some(QueueNumber(101)), ..late };
    assert_eq!(book.hold(&late, at(END + 9)), held(2 * END + 9));
    assert_eq!(book.hold(&ask(3, &[8]), at(window_end - 1)), taken(&[8]));
    assert_eq!(book.hold(&ask(3, &[8]), at(window_end)), held(window_end + END));
    assert_eq!(book.holds(Window::OPEN, at(window_end)).returned, []);
}

#[test]
fn a_release_is_a_return_and_a_sale_is_none() {
    let mut book = SeatBook::default();
    book.hold(&ask(1, &[5, 6, 7]), at(0));
    assert_eq!(book.release(&release(2, &[5]), at(1)), [], "another's reservation");
    assert_eq!(book.release(&release(1, &[5, 9, 5]), at(1)), [seat(5)]);
    assert_eq!(book.hold(&ask(1, &[5]), at(2)), taken(&[5]), "nor may the giver take it back");
    assert_eq!(book.sold(&holding(2, &[6])), []);
    assert_eq!(book.sold(&holding(1, &[6])), [seat(6)]);
    assert_eq!(book.stands(seat(6)), SeatStands::Free);
    assert_eq!(book.release(&release(1, &[5, 6]), at(3)), [], "again changes nothing");
    let open = Release { window: Window::OPEN, ..release(1, &[7]) };
    assert_eq!(book.release(&open, at(3)), [seat(7)]);
    assert_eq!(book.hold(&ask(2, &[7]), at(3)), held(3 + END));
}

#[test]
fn four_of_one_person_are_counted_over_requests_and_a_swap_counts_once() {
    let mut book = SeatBook::default();
    book.hold(&ask(1, &[1, 2]), at(0));
    book.hold(&ask(11, &[3]), at(1));
    let two_more = HoldOutcome::TooMany { held: 3, own: vec![reservation(1), reservation(11)] };
    assert_eq!(book.hold(&ask(21, &[4, 5]), at(2)), two_more);
    assert_eq!(book.hold(&ask(21, &[4]), at(2)), held(2 + END));
    let swap = HoldRequest { replaces: Some(reservation(1)), ttl_ms: TTL_MS - 3, ..ask(1, &[2, 5]) };
    assert_eq!(book.hold(&swap, at(3)), held(END), "2 is held already, 1 is given up");
    assert_eq!(holds_of(&book, at(3)).len(), 5, "new seats before the old ones go");
    assert_eq!(book.release(&release(1, &[1]), at(3)), [seat(1)]);
    let too_many = HoldRequest { replaces: Some(reservation(1)), ..ask(1, &[5, 6, 7]) };
    let outcome = HoldOutcome::TooMany { held: 2, own: vec![reservation(11), reservation(21)] };
    assert_eq!(book.hold(&too_many, at(4)), outcome);
    let again = HoldRequest { seats_max: 1, ..ask(21, &[4]) };
    assert_eq!(book.hold(&again, at(5)), held(2 + END), "a repetition hears the same, whatever is allowed now");
    assert_eq!(book.hold(&ask(31, &[8, 9]), at(END)), held(2 * END), "ended ones do not count: 2 and 5 have");
}

#[test]
fn what_a_crash_left_is_taken_over_by_the_same_person() {
    let mut book = SeatBook::default();
    book.hold(&ask(1, &[1, 2, 3]), at(0));
    let retry = ask(11, &[2]);
    let seats = vec![seat(2)];
    assert_eq!(book.hold(&retry, at(1)), HoldOutcome::Taken { seats, own: vec![reservation(1)] });
    let stranger = HoldRequest { rowless: vec![reservation(1)], ..ask(2, &[2]) };
    assert_eq!(book.hold(&stranger, at(1)), taken(&[2]), "only the same person's");
    let retry = HoldRequest { rowless: vec![reservation(1)], ..retry };
    assert_eq!(book.hold(&retry, at(1)), held(1 + END));
    assert_eq!(holds_of(&book, at(1)), [(seat(2), reservation(11))], "the rest is given back");
    assert_eq!(book.look(waiting(100), at(1)).returned.len(), 2);
    let blocked = HoldRequest { rowless: vec![reservation(11)], ..ask(21, &[2, 1]) };
    assert_eq!(book.hold(&blocked, at(2)), taken(&[1]), "all or none: nothing goes");
    assert_eq!(holds_of(&book, at(2)), [(seat(2), reservation(11))]);
}

#[test]
fn a_payer_takes_again_what_ran_out() {
    let mut book = SeatBook::default();
    book.hold(&ask(1, &[1]), at(0));
    let again = HoldRequest { is_retake: true, ..ask(1, &[1]) };
    let mut met = book.clone();
    met.holds(waiting(100), at(END));
    assert_eq!(met.hold(&again, at(END + 1)), held(2 * END + 1), "the window is open to him");
    assert_eq!(book.hold(&again, at(END)), held(2 * END));
    let other = HoldRequest { is_retake: true, ..ask(2, &[1]) };
    assert_eq!(book.hold(&other, at(END + 1)), taken(&[1]), "but no hold of another");
    let full = HoldRequest { is_retake: true, seats_max: 1, ..ask(21, &[9]) };
    assert!(matches!(book.hold(&full, at(END + 1)), HoldOutcome::TooMany { held: 1, .. }), "counted towards the most");
}

#[test]
fn the_row_gives_a_hold_back_that_ran_out_or_was_lost_but_takes_none_from_another() {
    let mut book = SeatBook::default();
    book.hold(&ask(1, &[1]), at(0));
    book.hold(&ask(2, &[2]), at(0));
    assert_eq!(book.extend(&holding(1, &[1, 2, 3]), at(END + 50), at(9)), [seat(2)]);
    assert_eq!(holds_of(&book, at(END)), [(seat(1), reservation(1)), (seat(3), reservation(1))]);
    assert_eq!(book.extend(&holding(1, &[1]), at(END), at(9)), [], "an end only moves on");
    assert_eq!(holds_of(&book, at(END)).len(), 2);
    assert_eq!(book.keep(&holding(1, &[1, 2]), at(END)), [], "2 ran out");
    assert_eq!(book.extend(&holding(1, &[1]), at(END + 60), at(END)), []);
    assert_eq!(holds_of(&book, at(i64::MAX / 2)), [(seat(1), reservation(1)), (seat(2), reservation(1))]);
    assert_eq!(book.hold(&ask(1, &[1]), at(END)), held(2 * END), "held already, without an end");
    assert_eq!(book.counts(at(END)), SeatCounts { held: 3, kept: 2, returned: 0 });
}

#[test]
fn the_book_follows_the_rows() {
    let mut book = SeatBook::default();
    book.hold(&ask(1, &[1]), at(0));
    book.hold(&ask(2, &[2]), at(20_000));
    book.hold(&ask(3, &[3]), at(0));
    let row =
        |n: u128, end| (seat(n), SeatHold { reservation: reservation(4), user: AccountId(Uuid::from_u128(4)), end });
    let kept = (seat(3), SeatHold { end: HoldEnd::Kept, reservation: reservation(3), user: ask(3, &[]).user });
    let rows = [row(1, HoldEnd::Kept), row(2, HoldEnd::Kept), kept, row(5, HoldEnd::At(at(20_000)))];
    let right = book.put_right(&rows, at(10_000), waiting(100), at(20_000));
    assert_eq!(right, PutRight { gone: 1, made: 1, extended: 1 });
    let holds: Vec<_> = holds_of(&book, at(20_000)).into_iter().map(|(_, reservation)| reservation).collect();
    assert_eq!(holds, [reservation(4), reservation(2), reservation(3)], "the row of a young hold may be on its way");
    let rows = [row(1, HoldEnd::Kept), kept];
    let right = book.put_right(&rows, at(20_001), waiting(100), at(30_001));
    assert_eq!(right, PutRight { gone: 1, made: 0, extended: 0 });
    assert_eq!(book.look(waiting(100), at(30_001)).returned.len(), 1, "what goes comes back");
    assert!(book.put_right(&rows, at(30_000), waiting(100), at(40_000)).is_nothing());
}
