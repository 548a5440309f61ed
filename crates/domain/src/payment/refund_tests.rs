//! Refunds against a PortOne on paper that loses answers, refuses, decides later and keeps its answers.

use super::super::lookup::{Channel, GivenBack, ProviderStatus};
use super::super::model::{FailureReason, Payment, PaymentStatus};
use super::super::steps::Begin;
use super::*;
use crate::id::{AccountId, PaymentKey, ReservationId, ScheduleId};
use proptest::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

const AMOUNT: i64 = 100;

fn payment(status: PaymentStatus) -> Payment {
    let id = |number: u128| Uuid::from_u128(number);
    let new = Begin {
        id: PaymentId(id(1)),
        key: PaymentKey(id(2)),
        reservation: ReservationId(id(3)),
        user: AccountId(id(4)),
        schedule: ScheduleId(id(5)),
        seats: Vec::new(),
        total_amount: AMOUNT,
        discount: 0,
        coupon: None,
        hold_no: 7,
        hold_expires_at: Timestamp(1_000),
    };
    let failure = (status == PaymentStatus::Failed).then_some(FailureReason::NotPaid);
    Payment { status, failure, failed_at: Some(Timestamp(0)), ..Payment::adopt(new, false, Timestamp(0)) }
}

fn refund(kind: RefundKind) -> Refund {
    Refund::owed(RefundId(Uuid::from_u128(9)), PaymentId(Uuid::from_u128(1)), kind, "USER_REQUEST", Timestamp(0))
}

/// PortOne, as its documentation describes cancellations.
#[derive(Clone, Debug, Default)]
struct Provider {
    paid: i64,
    given_back: Vec<GivenBack>,
    kept: HashMap<String, (Attempt, Answer)>,
}

impl Provider {
    fn cancelled(&self) -> i64 {
        let done = self.given_back.iter().filter(|one| one.status == GivenBackStatus::Succeeded);
        done.map(|one| one.amount).sum()
    }

    fn cancellable(&self) -> i64 {
        let under_way = self.given_back.iter().filter(|one| one.status == GivenBackStatus::Requested);
        self.paid - self.cancelled() - under_way.map(|one| one.amount).sum::<i64>()
    }

    fn look(&self) -> Lookup {
        let money = Money { total: AMOUNT, paid: self.paid, cancelled: self.cancelled() };
        Lookup::Found(Box::new(Found {
            status: ProviderStatus::Paid,
            transaction: Some("tx".into()),
            is_our_store: true,
            currency: "KRW".into(),
            channel: Channel::Live,
            money,
            paid_at: None,
            given_back: self.given_back.clone(),
            card: None,
        }))
    }

    fn give_back(&mut self, amount: i64, status: GivenBackStatus) -> String {
        let id = format!("c-{}", self.given_back.len());
        self.given_back.push(GivenBack { id: id.clone(), status, amount });
        id
    }

    /// The same key hears the same again; the same key with other words is a mistake of the caller.
    fn cancel(&mut self, key: &str, attempt: Attempt, outcome: Outcome) -> Answer {
        if let Some((first, answer)) = self.kept.get(key) {
            assert_eq!(*first, attempt, "one key, one request");
            return answer.clone();
        }
        let answer = self.decide(attempt, outcome);
        self.kept.insert(key.to_owned(), (attempt, answer.clone()));
        answer
    }

    fn decide(&mut self, attempt: Attempt, outcome: Outcome) -> Answer {
        if attempt.cancellable != self.cancellable() || attempt.amount > self.cancellable() {
            return Answer::Outdated;
        }
        match outcome {
            Outcome::Refuse => Answer::Refused,
            Outcome::Later => {
                let id = self.give_back(attempt.amount, GivenBackStatus::Requested);
                Answer::TakenUp { cancellation: Some(id), is_done: false }
            }
            Outcome::Do => {
                let id = self.give_back(attempt.amount, GivenBackStatus::Succeeded);
                Answer::TakenUp { cancellation: Some(id), is_done: true }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Do,
    Later,
    Refuse,
}

/// What befalls one round.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Ask(Outcome),
    /// It happens, and the answer is lost.
    AnswerLost(Outcome),
    /// It does not happen, and nobody knows.
    CallLost,
    /// The process dies between the row and the call.
    Killed,
    /// An operator gives a part back in the console.
    Console(i64),
    /// What is under way is decided.
    Settle(bool),
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![3 => Just(Outcome::Do), 2 => Just(Outcome::Later), 2 => Just(Outcome::Refuse)]
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => any_outcome().prop_map(Fate::Ask),
        3 => any_outcome().prop_map(Fate::AnswerLost),
        2 => Just(Fate::CallLost),
        1 => Just(Fate::Killed),
        2 => (1_i64..60).prop_map(Fate::Console),
        2 => any::<bool>().prop_map(Fate::Settle),
    ]
}

/// One round of a worker: a look-up, then what follows from it.
fn round(refund: &Refund, payment: &Payment, provider: &mut Provider, fate: Fate, now: Timestamp) -> Refund {
    match refund.next(payment, &provider.look()) {
        Next::Done(amounts) => refund.done(&amounts),
        Next::Wait(_) => refund.waited(now),
        Next::Ask(attempt) => {
            let stored = refund.begin(attempt);
            let key = stored.key(attempt);
            let answer = match fate {
                Fate::Ask(outcome) => provider.cancel(&key, attempt, outcome),
                Fate::AnswerLost(outcome) => {
                    provider.cancel(&key, attempt, outcome);
                    Answer::Unknown
                }
                Fate::Killed => return stored,
                Fate::CallLost | Fate::Console(_) | Fate::Settle(_) => Answer::Unknown,
            };
            stored.answered(&answer, now)
        }
    }
}

fn happens(provider: &mut Provider, fate: Fate) {
    match fate {
        Fate::Console(amount) if amount <= provider.cancellable() => {
            provider.give_back(amount, GivenBackStatus::Succeeded);
        }
        Fate::Settle(succeeds) => {
            let status = if succeeds { GivenBackStatus::Succeeded } else { GivenBackStatus::Failed };
            for one in provider.given_back.iter_mut().filter(|one| one.status == GivenBackStatus::Requested) {
                one.status = status;
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn whatever_befalls_it_a_refund_gives_back_exactly_what_it_is_for(
        fates in proptest::collection::vec(any_fate(), 0..40),
        extra in 0_i64..80,
        is_excess in any::<bool>(),
    ) {
        let kind = if is_excess { RefundKind::Excess } else { RefundKind::All };
        let payment = payment(if is_excess { PaymentStatus::Success } else { PaymentStatus::Failed });
        let mut provider = Provider { paid: AMOUNT + extra, ..Provider::default() };
        let mut refund = refund(kind);
        let mut by_console = 0;
        for fate in fates {
            let before = provider.cancelled();
            happens(&mut provider, fate);
            by_console += if matches!(fate, Fate::Console(_)) { provider.cancelled() - before } else { 0 };
            if refund.status == RefundStatus::Requested {
                refund = round(&refund, &payment, &mut provider, fate, Timestamp(0));
            }
            prop_assert!(provider.cancelled() <= provider.paid);
            if is_excess {
                prop_assert!(provider.cancelled() - by_console <= extra, "the ticket's own money stays");
            }
        }
        // Whatever was under way is decided, and from now on PortOne answers.
        for _ in 0..4 {
            happens(&mut provider, Fate::Settle(true));
            if refund.status == RefundStatus::Requested {
                refund = round(&refund, &payment, &mut provider, Fate::Ask(Outcome::Do), Timestamp(0));
            }
        }
        prop_assert_eq!(refund.status, RefundStatus::Done);
        prop_assert_eq!(left(kind, AMOUNT, provider.look().money()), 0);
        if !is_excess {
            prop_assert_eq!(provider.cancelled(), provider.paid);
        }
    }
}

fn asked(next: Next) -> Attempt {
    match next {
        Next::Ask(attempt) => attempt,
        other => panic!("expected an attempt: {other:?}"),
    }
}

/// Kind: a failure that PortOne keeps under its key is heard for ever under the same key.
#[test]
fn a_definite_no_gets_a_new_key_and_an_unknown_outcome_keeps_the_old_one() {
    let payment = payment(PaymentStatus::Failed);
    let provider = Provider { paid: AMOUNT, ..Provider::default() };
    let first = refund(RefundKind::All);
    let attempt = asked(first.next(&payment, &provider.look()));
    assert_eq!(attempt, Attempt { number: 1, amount: AMOUNT, cancellable: AMOUNT });
    let begun = first.begin(attempt);
    assert_eq!(begun.key(attempt), format!("{}-1", first.id));
    let unknown = begun.answered(&Answer::Unknown, Timestamp(0));
    assert_eq!(asked(unknown.next(&payment, &provider.look())), attempt);
    assert_eq!(unknown.due_at, Some(Timestamp(1_000)));
    let refused = unknown.answered(&Answer::Refused, Timestamp(5_000));
    assert_eq!((refused.open, refused.due_at), (None, Some(Timestamp(7_000))));
    assert_eq!(asked(refused.next(&payment, &provider.look())).number, 2);
    let outdated = begun.answered(&Answer::Outdated, Timestamp(0));
    assert_eq!((outdated.open, outdated.due_at), (None, Some(Timestamp(0))), "looked up at once");
}

#[test]
fn an_attempt_of_unknown_outcome_is_repeated_in_the_same_words_whatever_is_left() {
    let payment = payment(PaymentStatus::Failed);
    let mut provider = Provider { paid: AMOUNT, ..Provider::default() };
    let begun = refund(RefundKind::All);
    let attempt = asked(begun.next(&payment, &provider.look()));
    let unknown = begun.begin(attempt).answered(&Answer::Unknown, Timestamp(0));
    provider.give_back(30, GivenBackStatus::Succeeded);
    assert_eq!(asked(unknown.next(&payment, &provider.look())), attempt);
    let told = unknown.answered(&Answer::Outdated, Timestamp(0));
    let second = Attempt { number: 2, amount: 70, cancellable: 70 };
    assert_eq!(asked(told.next(&payment, &provider.look())), second);
}

#[test]
fn what_is_under_way_is_waited_for_with_growing_pauses() {
    let payment = payment(PaymentStatus::Success);
    let mut provider = Provider { paid: AMOUNT, ..Provider::default() };
    provider.give_back(AMOUNT, GivenBackStatus::Requested);
    let mut refund = refund(RefundKind::All);
    let mut pauses = Vec::new();
    for _ in 0..11 {
        assert_eq!(refund.next(&payment, &provider.look()), Next::Wait(Waiting::UnderWay));
        refund = refund.waited(Timestamp(0));
        pauses.push(refund.due_at.expect("due").millis() / 1_000);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]);
    happens(&mut provider, Fate::Settle(false));
    assert!(matches!(refund.next(&payment, &provider.look()), Next::Ask(_)), "refused later: asked for again");
}

#[test]
fn nothing_captured_ends_the_refund_of_a_failed_payment_and_not_of_a_success() {
    let nothing = Provider::default().look();
    let nothing_taken = Amounts { captured: 0, refunded: 0, cancellation: None };
    let of = |status| refund(RefundKind::All).next(&payment(status), &nothing);
    assert_eq!(of(PaymentStatus::Failed), Next::Done(nothing_taken.clone()));
    assert_eq!(of(PaymentStatus::Success), Next::Wait(Waiting::Contradiction));
    let failed = payment(PaymentStatus::Failed);
    assert_eq!(refund(RefundKind::All).next(&failed, &Lookup::NotFound), Next::Done(nothing_taken));
    let seen = Payment { captured_amount: AMOUNT, ..failed };
    let waits = Next::Wait(Waiting::Contradiction);
    assert_eq!(refund(RefundKind::All).next(&seen, &Lookup::NotFound), waits, "money was seen");
}

#[test]
fn an_excess_alone_is_given_back_of_a_success() {
    let payment = payment(PaymentStatus::Success);
    let mut provider = Provider { paid: AMOUNT + 40, ..Provider::default() };
    let excess = refund(RefundKind::Excess);
    let attempt = asked(excess.next(&payment, &provider.look()));
    assert_eq!(attempt, Attempt { number: 1, amount: 40, cancellable: AMOUNT + 40 });
    provider.give_back(40, GivenBackStatus::Succeeded);
    let Next::Done(amounts) = excess.next(&payment, &provider.look()) else { panic!("done") };
    assert_eq!((amounts.captured, amounts.refunded), (AMOUNT + 40, 40));
    let done = excess.done(&amounts);
    assert_eq!((done.status, done.cancellation.as_deref()), (RefundStatus::Done, Some("c-0")));
    let again = done.owed_again(Timestamp(9));
    assert_eq!((again.status, again.due_at), (RefundStatus::Requested, Some(Timestamp(9))), "taken a third time");
}

#[test]
fn refusals_are_told_apart() {
    for (status, kind, answer) in [
        (409, "PAYMENT_ALREADY_CANCELLED", Answer::Outdated),
        (409, "PAYMENT_NOT_PAID", Answer::Outdated),
        (409, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN", Answer::Outdated),
        (409, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT", Answer::Outdated),
        (409, "IDEMPOTENCY_OUTSTANDING_REQUEST", Answer::Unknown),
        (422, "IDEMPOTENCY_ALREADY_USED", Answer::Refused),
        (400, "INVALID_REQUEST", Answer::Refused),
        (404, "PAYMENT_NOT_FOUND", Answer::Refused),
        (404, "", Answer::Unknown),
        (401, "UNAUTHORIZED", Answer::Unknown),
        (403, "FORBIDDEN", Answer::Unknown),
        (502, "PG_PROVIDER", Answer::Unknown),
        (500, "", Answer::Unknown),
        (429, "", Answer::Unknown),
    ] {
        assert_eq!(refusal(status, kind), answer, "{status} {kind}");
    }
}
