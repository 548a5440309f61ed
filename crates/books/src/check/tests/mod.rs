mod fixture;
mod planted;

use super::*;
use crate::records::*;
use domain::Timestamp;
use fixture::*;

#[test]
fn books_that_balance_have_no_difference_and_nothing_is_unchecked() {
    let found = check(&balanced());
    assert_eq!(found, Findings::default());
    assert!(found.is_balanced());
}

#[test]
fn a_missing_book_is_said_and_no_difference() {
    type Without = (fn(&mut Books), &'static [u8]);
    let without: [Without; 8] = [
        (|books| books.reservation = None, &[1, 2, 4, 5, 6, 7, 8, 9, 10]),
        (|books| books.payment = None, &[2, 3, 4, 5, 9, 10]),
        (|books| books.catalog = None, &[7]),
        (|books| books.provider = None, &[3, 4]),
        (|books| books.hot = None, &[8]),
        (|books| books.messages = None, &[9]),
        (|books| books.coupons = None, &[10]),
        (|books| books.histories = None, &[10]),
    ];
    for (take, unchecked) in without {
        let mut books = balanced();
        take(&mut books);
        let found = check(&books);
        assert_eq!(found.violations, [], "unchecked: {unchecked:?}");
        assert_eq!(found.unchecked, unchecked);
    }
    let nothing = check(&Books::at(NOW));
    assert!(nothing.is_balanced() && nothing.unchecked == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
}

#[test]
fn a_difference_that_has_gone_at_the_second_look_is_none() {
    let mut books = balanced();
    books.reservation.as_mut().expect("a book").seats[0].is_live = false;
    let first = check(&books);
    assert!(!first.is_balanced());
    assert!(first.clone().again_in(&check(&balanced())).is_balanced());
    assert_eq!(first.clone().again_in(&first), first);
}

/// A used ticket whose money was given back by the event's end keeps its seats.
#[test]
fn a_used_ticket_of_a_cancelled_event_keeps_its_seats_and_stays_sold() {
    let mut books = balanced();
    let book = books.reservation.as_mut().expect("a book");
    let ticket = &mut book.reservations[0];
    (ticket.status, ticket.used_at) = (ReservationStatus::Cancelled, Some(NOW));
    ticket.cancel_reason = Some("EVENT_CANCELLED".into());
    let paid = &mut books.payment.as_mut().expect("a book").payments[0];
    (paid.status, paid.refunded) = (PaymentStatus::Refunded, paid.captured);
    books.provider.as_mut().expect("a book")[0].refunded = paid.captured;
    books.coupons = Some(Vec::new());
    // Told, as any other end is.
    let messages = books.messages.as_mut().expect("a book");
    for (kind, aggregate) in [("PaymentRefunded", payment(TICKET).get()), ("ReservationCancelled", TICKET.get())] {
        let id = uuid::Uuid::new_v5(&aggregate, kind.as_bytes());
        let topic = domain::message::topic::topic_of(kind).expect("a topic").to_owned();
        messages.processed.insert(id, messages.groups.clone());
        let aggregate = aggregate.to_string();
        messages.messages.push(MessageRow { id, kind: kind.into(), aggregate, topic, is_published: true });
    }
    assert_eq!(check(&books), Findings::default());
}

/// What an operator gives back in the provider's console is an alarm of its own; the ticket stays good.
#[test]
fn a_part_given_back_by_hand_leaves_the_ticket_good() {
    let mut books = balanced();
    books.payment.as_mut().expect("a book").payments[0].refunded = 1_000;
    let row = &mut books.provider.as_mut().expect("a book")[0];
    (row.refunded, row.refunded_by_hand) = (1_000, 1_000);
    assert_eq!(check(&books), Findings::default());
}

/// Money that was taken twice, of which an operator has given the second half back by hand.
#[test]
fn what_was_given_back_by_hand_of_money_taken_twice_is_lacking_nowhere() {
    let mut books = balanced();
    let paid = &mut books.payment.as_mut().expect("a book").payments[0];
    let row = &mut books.provider.as_mut().expect("a book")[0];
    (paid.captured, paid.refunded) = (2 * paid.amount, paid.amount);
    (row.captured, row.refunded, row.refunded_by_hand) = (paid.captured, paid.refunded, paid.amount);
    assert_eq!(check(&books), Findings::default());
}

#[test]
fn a_ticket_that_the_catalog_has_not_heard_of_stays_held() {
    let mut books = balanced();
    books.catalog.as_mut().expect("a book").seats.remove(0);
    let kinds = |books: &Books| check(books).violations.iter().map(Violation::kind).collect::<Vec<_>>();
    assert_eq!(kinds(&books), ["not_sold", "row_without_hot"]);
    let kept = HoldRow { schedule: schedule(), seat: seat(1), reservation: TICKET, user: user(4), until: None };
    books.hot.as_mut().expect("a book").holds.push(kept);
    assert_eq!(kinds(&books), ["not_sold"]);
}

#[test]
fn a_hold_of_hot_state_that_has_ended_is_none() {
    let mut books = balanced();
    let holds = &mut books.hot.as_mut().expect("a book").holds;
    let mut ghost = holds[0].clone();
    (ghost.seat, ghost.until) = (seat(4), Some(NOW));
    holds.push(ghost);
    assert_eq!(check(&books), Findings::default());
    books.now = Timestamp(NOW.millis() - 1);
    assert_eq!(check(&books).violations.len(), 1);
}
