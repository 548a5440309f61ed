//! Random histories of many people, payments and schedules: whatever happens in whatever order, these hold.

use super::scene::*;
use crate::id::{ReservationId, ScheduleId, SeatId};
use crate::time::Timestamp;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What happens next, in small numbers.
#[derive(Clone, Debug)]
enum Act {
    Do(Step),
    Answer(u128, ReplyStatus, Option<RefundState>),
    Sweep,
    CancelEvents,
    Remember(u128),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Act> {
    let numbers = proptest::collection::btree_set(1..7u128, 1..4).prop_map(|set| set.into_iter().collect::<Vec<_>>());
    // A reservation is of one person and one schedule, and mostly under its own payment.
    let of = 1..7u128;
    let by = |of: u128| of % 3;
    let place = |of: u128| of % 2 + 1;
    let paying = (of.clone(), 0..8u8).prop_map(|(of, other)| if other == 0 { 9 } else { of });
    let amounts = prop_oneof![8 => Just(0i64), 1 => Just(1i64)];
    let paid = prop_oneof![Just(0i64), Just(TTL_MS - 1), Just(TTL_MS), Just(2 * TTL_MS)];
    prop_oneof![
        6 => (of.clone(), numbers.clone()).prop_map(move |(of, numbers)| Act::Do(hold_in(place(of), of, by(of), &numbers))),
        2 => (of.clone(), numbers.clone()).prop_map(move |(of, numbers)| Act::Do(swap(of, by(of), &numbers))),
        1 => of.clone().prop_map(move |of| Act::Do(extend(of, by(of)))),
        1 => of.clone().prop_map(move |of| Act::Do(release(of, by(of)))),
        1 => of.clone().prop_map(move |of| Act::Do(cancel(of, by(of)))),
        4 => (of.clone(), paying.clone(), 1..4i64)
            .prop_map(move |(of, paying, count)| Act::Do(claim(of, by(of), paying, count * PRICE))),
        2 => (of.clone(), paying.clone(), 0..4i64)
            .prop_map(move |(of, paying, count)| Act::Do(provisional(of, by(of), paying, count * PRICE))),
        1 => (of.clone(), paying.clone(), 1..4i64, 1..20i64).prop_map(move |(of, paying, count, hold_no)| {
            Act::Do(priced(of, by(of), paying, count * PRICE - 1, hold_no))
        }),
        4 => (of.clone(), paying.clone(), 1..4i64, amounts, 1..20i64, paid).prop_map(
            |(of, paying, count, off, hold_no, at)| Act::Do(secure(of, paying, count * PRICE + off, hold_no, after(at)))
        ),
        3 => (of.clone(), paying.clone(), 1..20i64, numbers)
            .prop_map(|(of, paying, hold_no, numbers)| Act::Do(hear(of, paying, success(PRICE, hold_no, &numbers)))),
        1 => (of.clone(), paying.clone()).prop_map(|(of, paying)| Act::Do(hear(of, paying, PaymentNews::Failed))),
        1 => (of.clone(), paying).prop_map(|(of, paying)| Act::Do(hear(of, paying, PaymentNews::Refunded))),
        1 => of.clone().prop_map(|of| Act::Do(show(of, u64::try_from(of).unwrap_or_default()))),
        1 => (of.clone(), replies(), refunds()).prop_map(|(of, status, refund)| Act::Answer(of, status, refund)),
        2 => Just(Act::Sweep),
        1 => Just(Act::CancelEvents),
        1 => (1..30u128).prop_map(|place| if place < 3 { Act::Remember(place) } else { Act::Sweep }),
        3 => prop_oneof![Just(1i64), Just(1_000), Just(TTL_MS - 1), Just(TTL_MS)].prop_map(Act::Wait),
    ]
}

fn replies() -> impl Strategy<Value = ReplyStatus> {
    use ReplyStatus::*;
    prop_oneof![Just(Pending), Just(Success), Just(Failed), Just(Refunded)]
}

fn refunds() -> impl Strategy<Value = Option<RefundState>> {
    prop_oneof![Just(None), Just(Some(RefundState::Running)), Just(Some(RefundState::Done))]
}

fn answer(book: &ReservationBook, of: u128, status: ReplyStatus, refund: Option<RefundState>) -> Option<Step> {
    let payment = book.get(reservation(of))?.claim?.payment;
    let (reservation, amount, hold_no) = (reservation(of), PRICE, None);
    let ticket_number = ticket(u64::try_from(of).unwrap_or_default());
    Some(Step::HearAnswer(PaymentReply { reservation, payment, status, amount, hold_no, refund, ticket_number }))
}

/// What must hold at every moment.
fn check(book: &ReservationBook) {
    let mut owners: BTreeMap<(ScheduleId, SeatId), ReservationId> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    for one in book.iter() {
        // Invariant 1: live rows are of live reservations, and of used tickets; each seat has one.
        let may_have = one.is_live() || one.used.is_some();
        assert_eq!(may_have, !one.live_seats().is_empty(), "{one:?}");
        for seat in one.live_seats() {
            assert_eq!(owners.insert((one.schedule, seat), one.id), None, "two have {seat}");
            assert_eq!(book.owner(one.schedule, seat), Some(one.id));
        }
        // Invariant 2: a ticket has one payment that stands.
        if one.status == ReservationStatus::Confirmed {
            assert!(one.claim.is_some() && one.ticket_number.is_some() && one.paid_amount.is_some());
            assert_eq!(one.payment_state, PaymentState::Success);
        }
        assert_eq!(one.total_amount, one.seats.iter().map(|seat| seat.price).sum::<i64>());
        // Invariant 7: every hold has a number of its own.
        assert!(numbers.insert(one.hold_no) && one.hold_no <= book.hold_no());
        // Hole 5: what is open is asked about.
        let is_open = one.is_secured()
            || one.status == ReservationStatus::Cancelled
                && one.begun_claim().is_some()
                && !one.payment_state.is_final();
        assert_eq!(one.ask_at.is_some(), is_open, "{one:?}");
        // Invariant 6.
        assert!(book.seats_of(one.schedule, one.user) <= usize::from(MAX));
    }
}

/// What a step may do to a reservation.
fn check_change(before: &Reservation, after: &Reservation, step: Option<&Step>) {
    assert!(after.payment_state >= before.payment_state, "it only rises");
    assert!(before.claim.is_none_or(|claim| Some(claim.payment) == after.claim.map(|claim| claim.payment)), "for ever");
    if let Some(firm) = before.firm_claim() {
        assert_eq!(after.firm_claim().map(|claim| claim.hold_no), Some(firm.hold_no), "a payment may be under way");
        let is_held = before.status == ReservationStatus::Pending && after.status == ReservationStatus::Pending;
        assert!(!is_held || before.seats == after.seats, "hole 16");
    }
    if before.status == ReservationStatus::Cancelled && after.status != ReservationStatus::Cancelled {
        assert!(matches!(step, Some(Step::Secure(_))), "the only way back");
        assert!(after.hold_no > before.hold_no && before.payment_state == PaymentState::None);
    }
    if before.is_secured() && after.status == ReservationStatus::Cancelled {
        let is_decided = after.payment_state > before.payment_state;
        assert!(is_decided || after.cancel_reason == Some(CancelReason::EventCancelled), "{before:?} {after:?}");
    }
}

fn steps_again(book: &mut ReservationBook, step: &Step, now: Timestamp) {
    let before = book.clone();
    // The money of a payment that does not stand here is told to go back each time that it is told of; a question that is
    // answered alike is answered alike.
    let of_others = |heard: &HeardOf| before.get(heard.reservation).is_none_or(|one| !one.is_claimed_by(heard.payment));
    let may_repeat = match step {
        Step::HearAnswer(_) => true,
        Step::Hear(heard) => of_others(heard),
        _ => false,
    };
    if let Ok(again) = book.decide(step, now) {
        assert!(!again.has_changed || may_repeat, "{step:?} counts twice");
    }
    let all = |book: &ReservationBook| book.iter().cloned().collect::<Vec<_>>();
    if !matches!(step, Step::HearAnswer(_)) {
        assert_eq!(all(&before), all(book), "{step:?} again");
    }
    assert!(may_repeat || book.take_told().is_empty(), "{step:?} tells twice");
    book.take_told();
    book.take_changed();
}

fn play(acts: &[Act]) {
    let mut book = ReservationBook::new(0);
    let mut now = START;
    let mut late: BTreeMap<ReservationId, usize> = BTreeMap::new();
    for act in acts {
        let before: BTreeMap<ReservationId, Reservation> = book.iter().map(|one| (one.id, one.clone())).collect();
        let step = match act {
            Act::Do(step) => Some(step.clone()),
            Act::Answer(of, status, refund) => answer(&book, *of, *status, *refund),
            Act::Wait(ms) => {
                now = Timestamp(now.millis() + ms);
                continue;
            }
            Act::Remember(place) => {
                book.remember_cancelled(schedule(*place));
                continue;
            }
            Act::Sweep => {
                for one in book.sweep(now, 2) {
                    assert!(before[&one.id].secured_at.is_none(), "a secured hold is never swept");
                    assert!(before[&one.id].hold_expires_at <= now);
                }
                None
            }
            Act::CancelEvents => {
                book.cancel_events(now, 2);
                None
            }
        };
        if let Some(step) = &step {
            let _ = book.decide(step, now);
        }
        for told in book.take_told() {
            let one = book.get(told.reservation).expect("of the book");
            let of_own = matches!(&step, Some(Step::Hear(heard)) if one.is_claimed_by(heard.payment));
            if told.reason == CancelReason::LatePayment && of_own {
                *late.entry(told.reservation).or_default() += 1;
            }
            assert!(told.seats.iter().all(|seat| book.owner(told.schedule, *seat) != Some(told.reservation)));
        }
        for id in book.take_changed() {
            if let (Some(before), Some(after)) = (before.get(&id), book.get(id)) {
                check_change(before, after, step.as_ref());
            }
        }
        check(&book);
        if let Some(step) = &step {
            steps_again(&mut book, step, now);
        }
    }
    assert!(late.values().all(|count| *count <= 1), "a late payment is told once: {late:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_no_seat_is_sold_twice_and_no_step_counts_twice(acts in proptest::collection::vec(steps(), 1..60)) {
        play(&acts);
    }
}
