//! What a table does not show.

use super::scene::*;
use crate::time::Timestamp;

fn get(book: &ReservationBook, of: u128) -> &Reservation {
    book.get(reservation(of)).expect("there")
}

fn done(book: &mut ReservationBook, step: Step, now: Timestamp) -> StepAnswer {
    book.decide(&step, now).unwrap_or_else(|refusal| panic!("{step:?}: {refusal:?}"))
}

#[test]
fn four_seats_are_counted_over_reservations_and_slots_are_given_again() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1, 2]), START);
    done(&mut book, hold(2, 1, &[3]), START);
    let too_many = book.decide(&hold(3, 1, &[4, 5]), START);
    assert_eq!(too_many, Err(Refusal::TooManySeats { held: 3 }));
    done(&mut book, release(1, 1), START);
    done(&mut book, hold(3, 1, &[4, 5, 6]), START);
    let slots: Vec<u8> = get(&book, 3).seats.iter().map(|seat| seat.slot).collect();
    assert_eq!((slots, book.seats_of(schedule(1), user(1))), (vec![1, 2, 4], 4));
    // Another schedule counts by itself, and another person does.
    done(&mut book, hold_in(2, 4, 1, &[11, 12, 13, 14]), START);
    done(&mut book, hold(5, 2, &[1, 2]), START);
}

#[test]
fn all_or_none_and_sold_comes_before_held() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, hold(2, 2, &[2]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    done(&mut book, secure(1, 1, PRICE, 1, START), START);
    done(&mut book, hear(1, 1, success(PRICE, 1, &[1])), START);
    let taken = book.decide(&hold(3, 3, &[3, 2, 1]), START);
    assert_eq!(taken, Err(Refusal::SeatsTaken { sold: vec![seat(1)], held: vec![seat(2)] }));
    assert_eq!(book.owner(schedule(1), seat(3)), None, "none of them");
    // Too many comes before both.
    assert_eq!(book.decide(&hold(3, 3, &[1, 2, 3, 4, 5]), START), Err(Refusal::TooManySeats { held: 0 }));
}

#[test]
fn a_swap_keeps_the_end_and_draws_a_number() {
    let mut book = ReservationBook::new(7);
    done(&mut book, hold(1, 1, &[1, 2]), START);
    done(&mut book, hold(2, 2, &[4]), START);
    assert_eq!((get(&book, 1).hold_no, get(&book, 2).hold_no), (8, 9));
    let answer = done(&mut book, swap(1, 1, &[2, 3]), after(1_000));
    assert_eq!((answer.given_up.clone(), answer.has_changed), (vec![seat(1)], true));
    let swapped = get(&book, 1).clone();
    assert_eq!(
        (swapped.hold_no, swapped.hold_expires_at, swapped.live_seats()),
        (10, after(TTL_MS), vec![seat(2), seat(3)])
    );
    // Its answer was lost: again, and nothing changes.
    let again = done(&mut book, swap(1, 1, &[3, 2]), after(2_000));
    assert_eq!((again.reservation, again.has_changed, again.given_up), (swapped, false, vec![]));
    // Another's seat: it keeps its own.
    assert!(matches!(book.decide(&swap(1, 1, &[4]), after(2_000)), Err(Refusal::SeatsTaken { .. })));
    assert_eq!(get(&book, 1).live_seats(), vec![seat(2), seat(3)]);
    // Its own seats do not count for the most, those of others do.
    done(&mut book, swap(1, 1, &[5, 6, 7, 8]), after(2_000));
    assert_eq!(book.owner(schedule(1), seat(2)), None);
    assert_eq!(book.decide(&swap(1, 2, &[5]), after(2_000)), Err(Refusal::NotOwner));
}

#[test]
fn an_extension_counts_once_for_ever() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, extend(1, 1), START);
    let until = after(TTL_MS + 120_000);
    done(&mut book, swap(1, 1, &[2]), START);
    let again = book.decide(&extend(1, 1), START);
    assert_eq!(again, Err(Refusal::AlreadyExtended { hold_expires_at: until }), "also after a swap");
    assert_eq!((book.sweep(after(TTL_MS), 9).len(), get(&book, 1).hold_no), (0, 2));
    // `secure` measures by the new end.
    done(&mut book, claim(1, 1, 1, PRICE), START);
    done(&mut book, secure(1, 1, PRICE, 2, after(TTL_MS + 60_000)), until);
}

#[test]
fn a_taken_back_hold_has_a_new_number_and_the_same_payment() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1, 2]), START);
    done(&mut book, claim(1, 1, 1, 2 * PRICE), START);
    done(&mut book, hold(2, 2, &[3]), START);
    assert_eq!(book.sweep(after(TTL_MS), 9).len(), 2);
    let paid = || secure(1, 1, 2 * PRICE, 1, after(5));
    let answer = done(&mut book, paid(), after(TTL_MS + 10_000));
    assert_eq!((answer.reservation.hold_no, answer.reservation.is_secured()), (3, true));
    assert_eq!(answer.reservation.live_seats(), vec![seat(1), seat(2)]);
    // The reply was lost: the same number of the claim is asked with, the new one is answered.
    let again = done(&mut book, paid(), after(TTL_MS + 20_000));
    assert_eq!((again.reservation.hold_no, again.has_changed), (3, false));
    for other in [secure(1, 1, 2 * PRICE, 2, after(5)), secure(1, 1, PRICE, 3, after(5))] {
        let refused = book.decide(&other, after(TTL_MS));
        assert_eq!(
            refused,
            Err(Refusal::Unsecured(UnsecuredWhy::Changed)),
            "another's number, another price; not kept"
        );
    }
    done(&mut book, hear(1, 1, success(2 * PRICE, 3, &[1, 2])), after(TTL_MS));
    assert_eq!(standing(&book, 1), ("CONFIRMED", "", "SUCCESS"));
}

/// Payment has lost its row, and makes it again with the number that the reservation shows (hole 9).
#[test]
fn a_payment_that_is_made_again_secures_a_taken_back_hold_by_either_number() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    book.sweep(after(TTL_MS), 9);
    done(&mut book, secure(1, 1, PRICE, 1, after(5)), after(TTL_MS));
    let stands = |book: &mut ReservationBook, hold_no| {
        let answer = done(book, secure(1, 1, PRICE, hold_no, after(5)), after(TTL_MS));
        assert_eq!((answer.reservation.hold_no, answer.has_changed), (2, false), "by {hold_no}");
    };
    stands(&mut book, 1);
    stands(&mut book, 2);
    done(&mut book, hear(1, 1, success(PRICE, 2, &[1])), after(TTL_MS));
    stands(&mut book, 1);
    stands(&mut book, 2);
    let other = book.decide(&secure(1, 1, PRICE, 3, after(5)), after(TTL_MS));
    assert_eq!(other, Err(Refusal::Unsecured(UnsecuredWhy::Changed)));
    assert_eq!(standing(&book, 1), ("CONFIRMED", "", "SUCCESS"));
}

#[test]
fn before_it_is_secured_only_the_number_of_the_claim_counts() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    let other = book.decide(&secure(1, 1, PRICE, 2, START), START);
    assert_eq!(other, Err(Refusal::Unsecured(UnsecuredWhy::Changed)));
}

#[test]
fn holds_that_are_over_and_not_swept_are_in_no_payments_way() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    // Another has the seat, and the person another hold: both run out, and nobody sweeps.
    done(&mut book, hold(2, 2, &[1]), after(TTL_MS));
    done(&mut book, hold(3, 1, &[2]), after(TTL_MS));
    let paid = secure(1, 1, PRICE, 1, START);
    let answer = done(&mut book, paid, after(2 * TTL_MS));
    assert_eq!((answer.reservation.is_secured(), book.owner(schedule(1), seat(1))), (true, Some(reservation(1))));
    assert_eq!(told(&mut book), ["HOLD_EXPIRED"; 3]);
}

/// Kind: a claim of nothing stands firmly, payment's table refuses its row, and everybody asks for ever.
#[test]
fn seats_that_cost_nothing_are_not_payable_and_no_claim_of_them_stands() {
    let mut book = ReservationBook::new(0);
    let free = |of, by, numbers: &[u128]| match hold(of, by, numbers) {
        Step::Hold(mut wish) => {
            wish.seats[0].price = 0;
            Step::Hold(wish)
        }
        other => other,
    };
    done(&mut book, free(1, 1, &[1]), START);
    for step in [claim(1, 1, 1, 0), claim(1, 1, 1, 1), provisional(1, 1, 1, 0), provisional(1, 1, 1, 1)] {
        assert_eq!(book.decide(&step, START), Err(Refusal::NotPayable), "{step:?}");
    }
    assert_eq!(get(&book, 1).claim, None, "a refused claim leaves nothing");
    assert_eq!(book.decide(&claim(1, 2, 1, 0), START), Err(Refusal::NotOwner), "first");
    assert_eq!(book.decide(&claim(1, 1, 1, 0), after(TTL_MS)), Err(Refusal::HoldExpired), "first");
    // Beside one that costs something it is paid as any.
    done(&mut book, free(2, 2, &[2, 3]), START);
    done(&mut book, claim(2, 2, 2, PRICE), START);
}

#[test]
fn the_discount_makes_up_the_total() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    let with_coupon = |amount| match claim(1, 1, 1, amount) {
        Step::Claim(request) => Step::Claim(ClaimRequest { is_discounted: true, ..request }),
        other => other,
    };
    for wrong in [0, -1, PRICE, PRICE + 1] {
        assert_eq!(book.decide(&with_coupon(wrong), START), Err(Refusal::AmountMismatch), "{wrong}");
    }
    assert_eq!(book.decide(&claim(1, 1, 1, PRICE - 1), START), Err(Refusal::AmountMismatch));
    assert!(get(&book, 1).claim.is_none(), "a refused claim leaves nothing");
    done(&mut book, with_coupon(PRICE - 100), START);
    // The discount was another: payment asks again before it has a row.
    done(&mut book, with_coupon(PRICE - 1_000), START);
    assert_eq!(get(&book, 1).claim.map(|claim| claim.amount), Some(PRICE - 1_000));
    let Step::Secure(request) = secure(1, 1, PRICE - 1_000, 1, START) else { panic!() };
    done(&mut book, Step::Secure(SecureRequest { discount: 1_000, ..request }), START);
    assert_eq!(get(&book, 1).claim.map(|claim| claim.amount), Some(PRICE - 1_000));
}

/// A coupon is asked after the first claim: whatever the buyer expects to pay, the coupon's answer comes first (hole 21).
#[test]
fn a_provisional_claim_takes_any_amount_and_leaves_the_hold_free() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    for (expected, guess) in [(0, 1), (-1, 1), (PRICE, PRICE - 1), (i64::MAX, PRICE - 1), (PRICE - 100, PRICE - 100)] {
        done(&mut book, provisional(1, 1, 1, expected), START);
        let claim = get(&book, 1).claim.expect("claimed");
        assert_eq!((claim.amount, claim.is_provisional, get(&book, 1).firm_claim()), (guess, true, None));
    }
    // The coupon is refused, and the buyer goes on as if nothing had been asked.
    done(&mut book, extend(1, 1), START);
    done(&mut book, swap(1, 1, &[2]), START);
    // The pair stands for ever, whichever call is first.
    done(&mut book, provisional(1, 1, 2, PRICE - 100), START);
    assert_eq!(get(&book, 1).claim.map(|claim| claim.payment), Some(payment(1)));
    // What was worked out of the seats before the swap is no price of these.
    assert_eq!(book.decide(&priced(1, 1, 1, PRICE - 100, 1), START), Err(Refusal::InProgress));
    assert_eq!(book.decide(&priced(1, 1, 1, PRICE, 2), START), Err(Refusal::AmountMismatch));
    let claimed = done(&mut book, priced(1, 1, 1, PRICE - 100, 2), START).reservation;
    let claim = claimed.firm_claim().expect("firm");
    assert_eq!((claim.payment, claim.amount, claim.hold_no), (payment(1), PRICE - 100, 2));
    // From now on a payment may be under way: another call that asks a coupon changes nothing of that.
    let again = done(&mut book, provisional(1, 1, 3, 5), START);
    assert_eq!((again.has_changed, again.reservation), (false, claimed));
    assert_eq!(book.decide(&swap(1, 1, &[3]), START), Err(Refusal::InProgress));
    let Step::Secure(request) = secure(1, 1, PRICE - 100, 2, START) else { panic!() };
    done(&mut book, Step::Secure(SecureRequest { discount: 100, ..request }), START);
}

/// Kind: a refused coupon makes a payment of its own, FAILED, that nobody has begun.
#[test]
fn nobody_is_asked_about_a_claim_that_was_provisional_to_the_end() {
    let ended = |claims: &[Step]| {
        let mut book = ReservationBook::new(0);
        done(&mut book, hold(1, 1, &[1]), START);
        claims.iter().for_each(|step| drop(done(&mut book, step.clone(), START)));
        assert_eq!(book.sweep(after(TTL_MS), 9).len(), 1);
        book
    };
    let book = ended(&[provisional(1, 1, 1, PRICE - 100)]);
    assert_eq!((get(&book, 1).ask_at, get(&book, 1).begun_claim()), (None, None));
    let mut firm = ended(&[provisional(1, 1, 1, PRICE - 100), priced(1, 1, 1, PRICE - 100, 1)]);
    assert_eq!(get(&firm, 1).ask_at, Some(after(TTL_MS + 60_000)), "a payment may have begun");
    done(&mut firm, hear(1, 1, PaymentNews::Failed), after(TTL_MS));
    assert_eq!(get(&firm, 1).ask_at, None);
    // A copy of the table that has missed the second claim, and hears of its payment.
    let mut copy = ended(&[provisional(1, 1, 1, PRICE - 100)]);
    done(&mut copy, hear(1, 1, success(PRICE - 100, 1, &[1])), after(TTL_MS));
    assert_eq!(get(&copy, 1).ask_at, Some(after(TTL_MS + 60_000)), "until its money is back");
}

#[test]
fn a_claim_without_a_coupon_goes_on_with_a_provisional_one() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, provisional(1, 1, 1, 7), START);
    done(&mut book, swap(1, 1, &[2]), START);
    let claimed = done(&mut book, claim(1, 1, 2, PRICE), START).reservation;
    let claim = claimed.firm_claim().expect("firm");
    assert_eq!((claim.payment, claim.amount, claim.hold_no, claim.coupon), (payment(1), PRICE, 2, None));
    done(&mut book, secure(1, 1, PRICE, 2, START), START);
    // While it is asked the same checks come first as ever.
    done(&mut book, hold(2, 2, &[1]), START);
    assert_eq!(book.decide(&provisional(2, 1, 3, 7), START), Err(Refusal::NotOwner));
    assert_eq!(book.decide(&provisional(2, 2, 3, 7), after(TTL_MS)), Err(Refusal::HoldExpired));
}

#[test]
fn seats_of_a_used_ticket_stay_its_own() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    done(&mut book, secure(1, 1, PRICE, 1, START), START);
    done(&mut book, hear(1, 1, success(PRICE, 1, &[1])), START);
    assert_eq!(book.decide(&show(1, 9), START), Err(Refusal::NoTicket), "number and reservation must match");
    done(&mut book, show(1, 1), after(5));
    done(&mut book, hear(1, 1, PaymentNews::Refunded), after(6));
    assert_eq!(standing(&book, 1), ("CANCELLED", "PAYMENT_REFUNDED", "REFUNDED"));
    assert_eq!(book.owner(schedule(1), seat(1)), Some(reservation(1)));
    let told = book.take_told();
    assert_eq!(told.len(), 1);
    assert!(told[0].seats.is_empty(), "its seats are not told back");
    assert!(
        matches!(book.decide(&hold(2, 2, &[1]), after(7)), Err(Refusal::SeatsTaken { sold, .. }) if !sold.is_empty())
    );
}

#[test]
fn of_marks_handed_in_later_the_first_by_time_counts() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    done(&mut book, hear(1, 1, success(PRICE, 1, &[1])), START);
    let mark = |at, gate: &str| {
        Step::Use(UseWish { reservation: reservation(1), number: ticket(1), gate: Some(gate.into()), at: Some(at) })
    };
    done(&mut book, mark(after(10), "a"), after(50));
    done(&mut book, mark(after(5), "b"), after(60));
    let late = book.decide(&mark(after(5), "c"), after(70));
    assert_eq!(late, Err(Refusal::Used { at: after(5), gate: Some("b".into()) }));
}

fn reply(status: ReplyStatus, refund: Option<RefundState>) -> Step {
    Step::HearAnswer(PaymentReply {
        reservation: reservation(1),
        payment: payment(1),
        status,
        amount: PRICE,
        hold_no: Some(1),
        refund,
        ticket_number: ticket(1),
    })
}

#[test]
fn payment_is_asked_where_an_outcome_is_missing_and_its_answer_counts_as_the_message() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    assert_eq!(get(&book, 1).ask_at, None, "a claim ends with its hold");
    done(&mut book, secure(1, 1, PRICE, 1, START), START);
    assert_eq!(get(&book, 1).ask_at, Some(after(60_000)));
    done(&mut book, reply(ReplyStatus::Pending, None), after(60_000));
    assert_eq!((standing(&book, 1).0, get(&book, 1).ask_at), ("PENDING", Some(after(120_000))));
    done(&mut book, reply(ReplyStatus::Success, None), after(120_000));
    assert_eq!((standing(&book, 1).0, get(&book, 1).ask_at), ("CONFIRMED", None));
    done(&mut book, cancel(1, 1), after(130_000));
    assert_eq!(told(&mut book), ["USER_REQUEST"]);
    assert_eq!(get(&book, 1).ask_at, Some(after(190_000)), "until it is given back");
    // Payment has not heard of the end: told again. It is under way: not.
    done(&mut book, reply(ReplyStatus::Success, None), after(190_000));
    assert_eq!(told(&mut book), ["USER_REQUEST"]);
    done(&mut book, reply(ReplyStatus::Success, Some(RefundState::Running)), after(250_000));
    assert_eq!(told(&mut book), Vec::<&str>::new());
    done(&mut book, reply(ReplyStatus::Refunded, Some(RefundState::Done)), after(310_000));
    assert_eq!((standing(&book, 1), get(&book, 1).ask_at), (("CANCELLED", "USER_REQUEST", "REFUNDED"), None));
}

#[test]
fn a_late_payment_has_the_number_and_the_seats_of_the_payment() {
    let mut book = ReservationBook::new(40);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    done(&mut book, cancel(1, 1), START);
    book.take_told();
    done(&mut book, hear(1, 1, success(PRICE, 7, &[1, 2])), START);
    let told = book.take_told();
    assert_eq!((told[0].reason, told[0].hold_no), (CancelReason::LatePayment, Some(7)));
    assert_eq!(told[0].seats, vec![seat(1), seat(2)]);
}

#[test]
fn a_database_that_is_behind_sells_sweeps_secures_and_cancels_nothing() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    done(&mut book, hold(2, 2, &[2]), START);
    book.see_hold_no(2);
    assert!(!book.is_behind(), "its own number");
    book.see_hold_no(3);
    let steps = [
        hold(3, 3, &[3]),
        swap(2, 2, &[4]),
        extend(2, 2),
        release(2, 2),
        cancel(2, 2),
        claim(2, 2, 2, PRICE),
        secure(1, 1, PRICE, 1, START),
        hear(1, 1, PaymentNews::Failed),
    ];
    for step in &steps {
        assert_eq!(book.decide(step, START), Err(Refusal::Behind), "{step:?}");
    }
    book.remember_cancelled(schedule(1));
    assert!(book.sweep(after(TTL_MS), 9).is_empty() && book.cancel_events(START, 9).is_empty());
    book.raise_hold_no(1_000);
    done(&mut book, hold_in(2, 3, 3, &[3]), START);
    assert_eq!(get(&book, 3).hold_no, 1_001, "never one that was used");
}

#[test]
fn a_number_that_was_never_drawn_tells_of_an_older_copy() {
    let mut book = ReservationBook::new(0);
    done(&mut book, hold(1, 1, &[1]), START);
    done(&mut book, claim(1, 1, 1, PRICE), START);
    assert_eq!(book.decide(&hear(1, 1, success(PRICE, 2, &[1])), after(2 * TTL_MS)), Err(Refusal::Behind));
    assert!(book.is_behind());
    assert_eq!(book.take_told(), vec![], "nothing is given back of what was sold");
}

#[test]
fn a_hold_that_comes_again_is_answered_as_long_as_it_stands() {
    let mut book = ReservationBook::new(0);
    let first = done(&mut book, hold(1, 1, &[1, 2]), START);
    let again = done(&mut book, hold(1, 1, &[2, 1]), after(10));
    assert_eq!((again.reservation, again.has_changed), (first.reservation, false));
    assert_eq!(book.decide(&hold(1, 1, &[3]), START), Err(Refusal::OtherHold));
    assert_eq!(book.decide(&hold(1, 2, &[1, 2]), START), Err(Refusal::OtherHold));
    assert_eq!(book.decide(&hold(1, 1, &[1, 2]), after(TTL_MS)), Err(Refusal::HoldExpired));
    assert_eq!(book.decide(&claim(9, 1, 1, 1), START), Err(Refusal::NotFound));
}

#[test]
fn cancelled_events_end_in_batches_in_the_order_of_ids() {
    let mut book = ReservationBook::new(0);
    for number in 1..=7 {
        done(&mut book, hold(number, number, &[number]), START);
    }
    done(&mut book, hold_in(2, 8, 8, &[8]), START);
    book.remember_cancelled(schedule(1));
    let sizes: Vec<usize> = std::iter::from_fn(|| Some(book.cancel_events(START, 3).len())).take(4).collect();
    assert_eq!(sizes, [3, 3, 1, 0]);
    assert_eq!((told(&mut book).len(), standing(&book, 8).0), (7, "PENDING"));
}
