//! Steps in the tables have the outcomes of the rules.

use crate::core_support::*;
use domain::message::Envelope;
use domain::reservation::{PaymentNews, PaymentReply, RefundState, Refusal, ReplyStatus, ReservationBook, Step};
use futures::future::join_all;
use ledger_testkit::{Engine, Site, on_every_database};
use reservation::rows::read;
use reservation::steps::Outcome;
use serde_json::Value;
use std::time::Duration;

on_every_database!(
    a_random_history_has_the_outcomes_messages_and_rows_of_the_rules,
    steps_that_are_decided_together_have_the_outcomes_of_one_by_one,
    a_call_that_comes_again_is_answered_from_what_stands,
    what_the_face_reads,
    a_message_says_what_it_follows_from,
    a_payment_in_time_passes_holds_that_are_over_and_not_swept,
);

/// A generator of Knuth's, so that the tests need no other randomness.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// One to three seats of eight.
    fn seats(&mut self) -> Vec<u128> {
        let first = self.below(8);
        (0..=self.below(3)).map(|next| u128::from((first + next) % 8 + 1)).collect()
    }
}

/// What happens next: reservations are of one person and one schedule each, and mostly under their own payment.
fn step(dice: &mut Dice, book: &ReservationBook) -> Step {
    let of = u128::from(dice.below(9) + 1);
    let (by, place) = (of % 3, of % 2 + 1);
    let paying = if dice.below(8) == 0 { 90 } else { of };
    let amount = PRICE * (dice.below(3) as i64 + 1);
    let known = book.get(id(of));
    let hold_no = known.and_then(|one| one.claim).map_or(1, |claim| claim.hold_no);
    let total = known.map_or(amount, |one| one.total_amount);
    match dice.below(20) {
        0..5 => Step::Hold(hold_wish(place, of, by, &dice.seats())),
        5..7 => Step::Swap(swap_wish(of, by, &dice.seats())),
        7 => Step::Extend { reservation: id(of), user: user(by), by_ms: 120_000 },
        8 => Step::ReleaseHold { reservation: id(of), user: user(by) },
        9 => Step::Cancel(cancellation(of, by)),
        // One payment stands on one reservation: that of another number is only heard of.
        10..13 => Step::Claim(claim_request(of, by, of, if dice.below(6) == 0 { amount } else { total })),
        13..16 => {
            let paid_at = after(dice.below(3) as i64 * TTL_MS - 1);
            Step::Secure(secure_request(of, paying, total, hold_no, paid_at))
        }
        16..18 => hear(of, paying, success(total, hold_no)),
        18 => hear(of, paying, if dice.below(2) == 0 { PaymentNews::Failed } else { PaymentNews::Refunded }),
        _ if dice.below(2) == 0 => show(of),
        _ => answer(of, total, dice),
    }
}

fn answer(of: u128, amount: i64, dice: &mut Dice) -> Step {
    let status = [ReplyStatus::Pending, ReplyStatus::Success, ReplyStatus::Failed, ReplyStatus::Refunded];
    Step::HearAnswer(PaymentReply {
        reservation: id(of),
        payment: payment(of),
        status: status[dice.below(4) as usize],
        amount,
        hold_no: None,
        refund: (dice.below(2) == 0).then_some(RefundState::Running),
        ticket_number: ticket(1_000 + u64::try_from(of).unwrap_or_default()),
    })
}

/// What a message says, without its id.
fn said(envelope: &Envelope) -> Value {
    envelope.payload.clone()
}

async fn a_random_history_has_the_outcomes_messages_and_rows_of_the_rules(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let workers = books.alone();
    let mut dice = Dice(7);
    let mut book = ReservationBook::new(0);
    let mut told = Vec::new();
    for round in 0..400 {
        match dice.below(12) {
            0 => clock.advance(Duration::from_millis([1, 1_000, 299_999, 300_000][dice.below(4) as usize])),
            1 => {
                workers.sweep().await.expect("swept");
                book.sweep(clock::now(), 500);
                book.cancel_events(clock::now(), 500);
            }
            2 if round == 300 => {
                books.steps.remember_cancelled(&[schedule(2)]).await.expect("remembered");
                book.remember_cancelled(schedule(2));
            }
            _ => {
                let step = step(&mut dice, &book);
                let wanted = book.decide(&step, clock::now());
                assert_eq!(books.step(step.clone()).await, wanted, "{round}: {step:?}");
            }
        }
        told.extend(book.take_told());
    }
    for one in book.iter() {
        assert_eq!(read::one(&books.ledger, one.id).await.expect("read").as_ref(), Some(one));
    }
    assert_eq!(read::hold_no(&books.ledger).await, Ok(book.hold_no()));
    let mut heard: Vec<String> = books.messages().await.iter().map(|one| said(one).to_string()).collect();
    let payload = |one: &domain::reservation::Told| {
        let payload = domain::message::event::ReservationCancelled {
            reservation_id: one.reservation.get(),
            schedule_id: one.schedule,
            seat_ids: one.seats.clone(),
            reason: one.reason.as_str().to_owned(),
            cancelled_at: one.at.into(),
            hold_no: one.hold_no,
        };
        serde_json::to_value(payload).expect("written").to_string()
    };
    let mut wanted: Vec<String> = told.iter().map(payload).collect();
    heard.sort();
    wanted.sort();
    assert!(wanted.len() > 20, "the history does something: {}", wanted.len());
    assert_eq!(heard, wanted);
    check(&books, &site).await;
}

async fn steps_that_are_decided_together_have_the_outcomes_of_one_by_one(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let (mut dice, mut book) = (Dice(11), ReservationBook::new(0));
    for _ in 0..20 {
        let steps: Vec<Step> = (0..25).map(|_| step(&mut dice, &book)).collect();
        let outcomes = join_all(steps.iter().map(|step| books.steps.decide(step.clone()))).await;
        let outcomes: Vec<Outcome> = outcomes.into_iter().map(|outcome| outcome.expect("decided")).collect();
        for (step, outcome) in steps.iter().zip(&outcomes) {
            let wanted = book.decide(step, clock::now());
            // A file has one lane: the order is that of the calls. Elsewhere only the books must be right.
            if site.engine == Engine::Sqlite {
                assert_eq!(*outcome, wanted, "{step:?}");
            }
        }
        clock.advance(Duration::from_millis(70_000));
    }
    check(&books, &site).await;
}

async fn a_call_that_comes_again_is_answered_from_what_stands(site: Site) {
    use call::{Actor, ActorKind, Call, Keyed};
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    let actor = Actor { kind: ActorKind::User, id: "7".into() };
    let keyed = || Keyed::new("s".into(), "k".into(), "0".repeat(64));
    let call = Call::new(actor, "t", None);
    let wish = || Step::Hold(hold_wish(1, 1, 1, &[1]));
    let first = call::within(call.keyed(keyed()), books.step(wish())).await.expect("held");
    assert!(first.has_changed);
    books.done(Step::Cancel(cancellation(1, 1))).await;
    // Its answer was not kept; the effect stands, and the person has cancelled since.
    let mut is_done = keyed();
    is_done.is_done = true;
    let again = call::within(call.keyed(is_done), books.step(wish())).await.expect("as it stands");
    assert_eq!((again.has_changed, again.reservation.status.as_str()), (false, "CANCELLED"));
    assert_eq!(books.step(wish()).await, Err(Refusal::AlreadyCancelled), "another call of the same id");
}

async fn what_the_face_reads(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    books.confirmed(1, 1, &[1, 2]).await;
    clock.advance(Duration::from_secs(1));
    books.hold(2, 1, &[3]).await;
    books.hold(3, 2, &[4]).await;
    let ledger = &books.ledger;
    let (page, total) = read::page_of(ledger, user(1), 0, 1).await.expect("read");
    assert_eq!((page.len(), page[0].id, total), (1, id(2), 2), "newest first");
    let sold = read::sold(ledger, schedule(1)).await.expect("read");
    let seats: Vec<_> = sold.seats.iter().map(|one| (one.seat, one.reservation, one.hold_no)).collect();
    assert_eq!((sold.counter, seats), (3, vec![(seat(1), id(1), 1), (seat(2), id(1), 1)]));
    assert_eq!(read::count_live(ledger, schedule(1)).await, Ok(4));
    let number = books.row(1).await.ticket_number.expect("a ticket");
    assert_eq!(read::by_ticket(ledger, number).await.expect("read").map(|one| one.id), Some(id(1)));
    let tickets = read::tickets(ledger, schedule(1), None, 10).await.expect("read");
    assert_eq!(tickets.iter().map(|one| one.id).collect::<Vec<_>>(), [id(1)]);
    assert!(read::tickets(ledger, schedule(1), Some(id(1)), 10).await.expect("read").is_empty());
    let live = read::live_of(ledger, schedule(1), user(1)).await.expect("read");
    assert_eq!(live.len(), 2);
    books.done(Step::Cancel(cancellation(3, 2))).await;
    let rowless = read::rowless(ledger, &[id(1), id(3), id(9)]).await;
    assert_eq!(rowless, Ok(vec![id(3), id(9)]));
    clock.advance(Duration::from_millis(TTL_MS as u64));
    let standing = read::standing(ledger, id(2), books.steps.terms().time).await.expect("read").expect("there");
    assert!(standing.is_expired() && standing.reservation.is_live(), "run out, and not swept");
    assert_eq!(read::one(ledger, id(99)).await, Ok(None));
}

async fn a_message_says_what_it_follows_from(site: Site) {
    use call::{Actor, ActorKind, Call};
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.hold(1, 1, &[1, 2]).await;
    let call = Call::new(Actor { kind: ActorKind::User, id: "7".into() }, "trace-1", None);
    call::within(call, books.done(Step::Cancel(cancellation(1, 1)))).await;
    let messages = books.messages().await;
    let [message] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!((message.aggregate_type.as_str(), message.event_type.as_str()), ("Reservation", "ReservationCancelled"));
    assert_eq!((message.aggregate_id.clone(), message.timestamp), (id(1).to_string(), START));
    assert_eq!(message.metadata.correlation_id, "trace-1");
    assert_eq!((message.metadata.causation_id, message.metadata.user_id.clone()), (None, Some(user(1).to_string())));
    assert_eq!(message.payload["seatIds"], serde_json::json!([seat(1), seat(2)]));
    assert_eq!((&message.payload["holdNo"], &message.payload["reason"]), (&1.into(), &"USER_REQUEST".into()));
}

async fn a_payment_in_time_passes_holds_that_are_over_and_not_swept(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    books.hold(1, 1, &[1]).await;
    books.done(Step::Claim(claim_request(1, 1, 1, PRICE))).await;
    clock.advance(Duration::from_millis(TTL_MS as u64));
    books.hold(2, 2, &[1]).await;
    books.hold(3, 1, &[2]).await;
    let paid = || Step::Secure(secure_request(1, 1, PRICE, 1, START));
    clock.advance(Duration::from_millis(TTL_MS as u64));
    let secured = books.done(paid()).await;
    assert_eq!((secured.is_secured(), secured.hold_no, secured.live_seats()), (true, 4, vec![seat(1)]));
    assert_eq!(books.reasons().await, ["HOLD_EXPIRED"; 3]);
    assert_eq!((books.stands(2).await.0, books.stands(3).await.0), ("CANCELLED", "CANCELLED"));
    check(&books, &site).await;
}
