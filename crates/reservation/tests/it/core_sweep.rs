//! What ends by itself, over any number of instances: each once.

use crate::core_support::*;
use bus::{Delivery, Handler, Message, Places};
use domain::Timestamp;
use domain::message::Envelope;
use domain::message::event::EventCancelled;
use domain::reservation::{PaymentReply, ReplyStatus, Step};
use futures::future::join_all;
use ledger_testkit::{Site, on_every_database};
use reservation::messages::EventGroup;
use reservation::workers::{Swept, Workers};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

on_every_database!(
    three_instances_sweep_each_hold_once,
    what_is_kept_for_a_payment_is_never_swept,
    a_cancelled_event_ends_in_batches_beside_payments_and_sweeps,
    the_end_by_a_cancelled_event_is_a_consequence_of_its_message,
    a_hold_that_was_stored_after_the_event_was_remembered_ends_too,
    a_broken_off_cancellation_goes_on,
    seats_of_swept_holds_leave_hot_state,
);

/// Holds of one seat each, as reservations `from..`, all by different people.
async fn holds(books: &Books, from: u128, count: u128) {
    let each = (from..from + count).map(async |of| books.hold(of, of, &[of]).await);
    join_all(each).await;
}

/// Each reservation has ended once: one message each.
async fn ended_once(books: &Books, count: usize) {
    let mut of: BTreeMap<String, usize> = BTreeMap::new();
    for message in books.messages().await {
        *of.entry(message.aggregate_id).or_default() += 1;
    }
    assert_eq!(of.len(), count);
    assert!(of.values().all(|times| *times == 1), "{of:?}");
}

async fn three_instances_sweep_each_hold_once(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let others = [books.beside(&site).await, books.beside(&site).await];
    holds(&books, 1, 300).await;
    let workers: Vec<Workers> = [books.alone(), others[0].alone(), others[1].alone()].into();
    assert_eq!(workers[0].sweep().await, Ok(Swept::default()), "nothing is over");
    clock.advance(Duration::from_millis(TTL_MS as u64));
    let mut swept = 0;
    // One that is locked by another instance is left to it.
    while swept < 300 {
        let each = join_all(workers.iter().map(Workers::sweep)).await;
        let now: usize = each.into_iter().map(|one| one.expect("swept").expired).sum();
        assert!(now > 0, "after {swept}");
        swept += now;
    }
    assert_eq!(swept, 300);
    ended_once(&books, 300).await;
    check(&books, &site).await;
}

async fn what_is_kept_for_a_payment_is_never_swept(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    books.secured(1, 1, &[1]).await;
    books.confirmed(2, 2, &[2]).await;
    books.hold(3, 3, &[3]).await;
    clock.advance(Duration::from_millis(TTL_MS as u64 - 1));
    assert_eq!(books.alone().sweep().await, Ok(Swept::default()), "a millisecond before the end");
    clock.advance(Duration::from_secs(86_400));
    let swept = books.alone().sweep().await.expect("swept");
    assert_eq!(swept, Swept { expired: 1, cancelled: 0, batches: 1 });
    assert_eq!((books.stands(1).await.0, books.stands(2).await.0), ("PENDING", "CONFIRMED"));
    assert_eq!(books.stands(3).await, ("CANCELLED", "HOLD_EXPIRED", "NONE"));
}

fn cancelled(event_id: u128, schedules: &[u128]) -> Message {
    cancelled_by("trace", event_id, schedules)
}

/// By a call with this trace id.
fn cancelled_by(trace: &str, event_id: u128, schedules: &[u128]) -> Message {
    let told = EventCancelled {
        event_id: event(),
        schedule_ids: schedules.iter().map(|number| schedule(*number)).collect(),
        reason: "태풍".into(),
        cancelled_at: Timestamp(START.millis() + 5).into(),
    };
    let envelope: Arc<Envelope> = Arc::new(told.message(Uuid::from_u128(event_id), trace.into(), Some("admin".into())));
    let topic: Arc<str> = domain::message::topic::EVENT_EVENTS.into();
    Message { delivery: Delivery::of(&topic, 3, &envelope), envelope }
}

async fn a_cancelled_event_ends_in_batches_beside_payments_and_sweeps(site: Site) {
    const ALL: u128 = 1_200;
    const RUN_OUT: usize = 60;
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let others = [books.beside(&site).await, books.beside(&site).await];
    holds(&books, 1, RUN_OUT as u128).await;
    clock.advance(Duration::from_millis(TTL_MS as u64 / 2));
    holds(&books, 1 + RUN_OUT as u128, ALL - RUN_OUT as u128).await;
    let claims = (201..=300_u128).map(|of| books.done(Step::Claim(claim_request(of, of, of, PRICE))));
    let claimed = join_all(claims.collect::<Vec<_>>()).await;
    clock.advance(Duration::from_millis(TTL_MS as u64 / 2));
    // The message only remembers; again it is nothing.
    let group = EventGroup::new(books.alone(), Places::Kept);
    group.handle(&[cancelled(1, &[1, 7]), cancelled(1, &[1, 7])]).await.expect("heard");
    assert_eq!(books.stands(700).await.0, "PENDING", "the sweep ends them");
    assert_eq!(books.messages().await.len(), 0);
    let refused = books.step(Step::Hold(hold_wish(1, 5_000, 5_000, &[5_000]))).await;
    assert_eq!(refused, Err(domain::reservation::Refusal::EventCancelled));
    // Payments ask while the sweeps of three instances run: no deadlock ends anything.
    let secures = claimed.iter().enumerate().map(|(place, one)| {
        let of = 201 + place as u128;
        others[place % 2].step(Step::Secure(secure_request(of, of, PRICE, one.hold_no, START)))
    });
    let secures = secures.collect::<Vec<_>>();
    let workers: Vec<Workers> = [books.alone(), others[0].alone(), others[1].alone()].into();
    let sweeps = async {
        let mut all = Swept::default();
        while all.expired + all.cancelled < ALL as usize {
            for one in join_all(workers.iter().map(Workers::sweep)).await {
                let one = one.expect("swept");
                all.expired += one.expired;
                all.cancelled += one.cancelled;
                all.batches += one.batches;
            }
        }
        all
    };
    let (swept, secured) = tokio::join!(sweeps, join_all(secures));
    assert!(secured.iter().all(Result::is_err), "nothing of a cancelled event is secured");
    assert_eq!((swept.expired, swept.cancelled), (RUN_OUT, ALL as usize - RUN_OUT));
    assert!(swept.batches >= 4, "at most 500 at a time: {swept:?}");
    ended_once(&books, ALL as usize).await;
    check(&books, &site).await;
}

/// The chain of a message that has ended a reservation: correlation, cause.
async fn chain_of(books: &Books, of: u128) -> (String, Option<Uuid>) {
    let about = |message: &Envelope| message.aggregate_id == id(of).to_string();
    let [message] = &books.messages().await.into_iter().filter(about).collect::<Vec<_>>()[..] else {
        panic!("one message about {of}")
    };
    (message.metadata.correlation_id.clone(), message.metadata.causation_id)
}

/// Whoever reads the mail or the refund finds the call that cancelled the event.
async fn the_end_by_a_cancelled_event_is_a_consequence_of_its_message(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    for place in 1..=4 {
        books.done(Step::Hold(hold_wish(place, place, place, &[place]))).await;
    }
    books.done(Step::Hold(hold_wish(1, 9, 9, &[9]))).await;
    books.done(Step::Claim(claim_request(9, 9, 9, PRICE))).await;
    // The catalog was asked about the second before its message came, and the fourth is known from there alone.
    books.steps.remember_cancelled(&[schedule(2), schedule(4)]).await.expect("remembered");
    let group = EventGroup::new(books.alone(), Places::Kept);
    let long = "x".repeat(200);
    let messages = [cancelled_by("first", 1, &[1, 2]), cancelled_by("again", 2, &[1, 2]), cancelled_by(&long, 3, &[3])];
    group.handle(&messages[..1]).await.expect("heard");
    group.handle(&messages).await.expect("heard");
    assert_eq!(books.alone().sweep().await.expect("swept").cancelled, 5);
    let of_first = ("first".to_owned(), Some(Uuid::from_u128(1)));
    for of in [1, 2, 9] {
        assert_eq!(chain_of(&books, of).await, of_first, "{of}");
    }
    assert_eq!(
        chain_of(&books, 3).await.1,
        Some(Uuid::from_u128(3)),
        "a trace id that nobody could have sent is left out"
    );
    assert_eq!(chain_of(&books, 4).await.1, None);
    // A hold that had run out ended by itself.
    books.done(Step::Hold(hold_wish(5, 5, 5, &[5]))).await;
    clock.advance(Duration::from_millis(TTL_MS as u64));
    group.handle(&[cancelled_by("late", 5, &[5])]).await.expect("heard");
    books.alone().sweep().await.expect("swept");
    assert_eq!((books.stands(5).await.1, chain_of(&books, 5).await.1), ("HOLD_EXPIRED", None));
    // Payment has not heard of the end: the message that tells it again belongs to the same chain.
    let heard = books.messages().await.len();
    let paid = PaymentReply {
        reservation: id(9),
        payment: payment(9),
        status: ReplyStatus::Success,
        amount: PRICE,
        hold_no: None,
        refund: None,
        ticket_number: ticket(9),
    };
    books.done(hear(9, 9, success(PRICE, 5))).await;
    books.done(Step::HearAnswer(paid)).await;
    let last = books.messages().await.split_off(heard + 1).remove(0);
    assert_eq!(last.payload["reason"], "EVENT_CANCELLED");
    assert_eq!((last.metadata.correlation_id, last.metadata.causation_id), of_first);
}

async fn a_hold_that_was_stored_after_the_event_was_remembered_ends_too(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    books.confirmed(1, 1, &[1]).await;
    books.steps.remember_cancelled(&[schedule(1), schedule(2)]).await.expect("remembered");
    books.steps.remember_cancelled(&[schedule(2)]).await.expect("again is nothing");
    assert_eq!(books.alone().sweep().await.expect("swept").cancelled, 1);
    // Another instance read "not cancelled" before, and commits now.
    let raw = books.raw(&site).await;
    raw.run("DELETE FROM cancelled_schedules").await.expect("as it read");
    books.hold(2, 2, &[2]).await;
    books.steps.remember_cancelled(&[schedule(1)]).await.expect("as it is");
    assert_eq!(books.alone().sweep().await.expect("swept").cancelled, 1);
    assert_eq!(books.reasons().await, ["EVENT_CANCELLED", "EVENT_CANCELLED"]);
    assert_eq!(books.stands(2).await, ("CANCELLED", "EVENT_CANCELLED", "NONE"));
}

async fn a_broken_off_cancellation_goes_on(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    holds(&books, 1, 30).await;
    books.steps.remember_cancelled(&[schedule(1)]).await.expect("remembered");
    // Broken off anywhere: whatever was committed stays, the rest is done by the next.
    for steps in 0..40 {
        let workers = books.alone();
        let sweep = workers.sweep();
        tokio::pin!(sweep);
        for _ in 0..steps {
            let polled = futures::poll!(sweep.as_mut());
            if polled.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    books.alone().sweep().await.expect("swept");
    ended_once(&books, 30).await;
    check(&books, &site).await;
}

async fn seats_of_swept_holds_leave_hot_state(site: Site) {
    use domain::seat::{HoldOutcome, HoldRequest, Window};
    use hot::SeatPort;
    use hot::line::Clock;
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let request = HoldRequest {
        schedule: schedule(1),
        reservation: id(1),
        user: user(1),
        seats: vec![seat(1)],
        replaces: None,
        rowless: Vec::new(),
        ticket: None,
        is_retake: false,
        seats_max: 4,
        // Hot state lives longer than the row: the row is the truth.
        ttl_ms: 10 * TTL_MS as u64,
        window: Window::OPEN,
    };
    let held = books.seats.hold(vec![request], Clock::Engine).await;
    assert!(matches!(held[0], Ok(HoldOutcome::Held { .. })), "{held:?}");
    books.hold(1, 1, &[1]).await;
    clock.advance(Duration::from_millis(TTL_MS as u64));
    books.alone().sweep().await.expect("swept");
    let now = books.seats.holds(schedule(1), Window::OPEN, Clock::Engine).await.expect("read");
    assert!(now.holds.is_empty(), "{now:?}");
}
