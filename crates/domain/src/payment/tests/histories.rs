//! Whatever comes in whatever order: what must hold of a payment for ever.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Move {
    Ask(u8),
    LetGo(u8),
    Wait(u8),
    Unanswered(u8),
    Register(u8),
    Tell(u8),
    Look(u8, u8),
    Fail(u8, u8),
    Succeed(u8, u8, i64),
    Cancelled(Option<i64>),
    After(u8),
    Notice,
    Tick(i64),
}

fn moves() -> impl Strategy<Value = Move> {
    let by = 0u8..3;
    let seen = 0u8..6;
    prop_oneof![
        4 => by.clone().prop_map(Move::Ask),
        1 => by.clone().prop_map(Move::LetGo),
        1 => by.clone().prop_map(Move::Wait),
        1 => by.clone().prop_map(Move::Unanswered),
        2 => by.clone().prop_map(Move::Register),
        1 => by.clone().prop_map(Move::Tell),
        2 => (by.clone(), seen.clone()).prop_map(|(by, seen)| Move::Look(by, seen)),
        2 => (by.clone(), seen.clone()).prop_map(|(by, seen)| Move::Fail(by, seen)),
        3 => (by, seen.clone(), 6i64..10).prop_map(|(by, seen, hold_no)| Move::Succeed(by, seen, hold_no)),
        2 => proptest::option::of(5i64..10).prop_map(Move::Cancelled),
        3 => seen.prop_map(Move::After),
        2 => Just(Move::Notice),
        3 => (0i64..20_000).prop_map(Move::Tick),
    ]
}

fn later(now: Timestamp, ms: i64) -> Timestamp {
    Timestamp(now.millis() + ms)
}

fn asker(number: u8) -> AskId {
    AskId(Uuid::from_u128(u128::from(number)))
}

fn seen(number: u8) -> Lookup {
    let money = |paid, cancelled| looked(|found| found.money = Money { total: 100_000, paid, cancelled });
    match number {
        0 => Lookup::NotFound,
        1 => unpaid(ProviderStatus::Ready),
        2 => money(100_000, 0),
        3 => money(200_000, 0),
        4 => money(100_000, 30_000),
        _ => money(100_000, 100_000),
    }
}

fn played(payment: &Payment, one: Move, now: Timestamp) -> Option<Changed> {
    let quiet = |step: Result<Payment, Refusal>| step.ok().map(Changed::quietly);
    match one {
        Move::Ask(by) => quiet(payment.ask_to_look(asker(by), now)),
        Move::LetGo(by) => quiet(payment.let_go(asker(by), None)),
        Move::Wait(by) => quiet(payment.let_go(asker(by), Some(later(now, 3_600_000)))),
        Move::Unanswered(by) => quiet(payment.unanswered(asker(by), later(now, 600_000))),
        Move::Register(by) => quiet(payment.registered(asker(by), 10_000, now)),
        Move::Tell(by) => quiet(payment.tell(asker(by), ToldCode::HoldExpired, now)),
        Move::Look(by, number) => {
            payment.is_asked_by(asker(by)).then(|| Changed::quietly(payment.looked(&seen(number), now)))
        }
        Move::Fail(by, number) => payment.fail(asker(by), FailureReason::NotPaid, Some(&seen(number)), now).ok(),
        Move::Succeed(by, number, hold_no) => {
            let Lookup::Found(found) = seen(number) else { return None };
            let secured = Secured { hold_no, ..secured() };
            payment.succeed(asker(by), &found, &secured, now, now).ok()
        }
        Move::Cancelled(hold_no) => payment.reservation_cancelled("USER_REQUEST", hold_no, now),
        Move::After(number) => (!payment.is_pending()).then(|| payment.found_after(&seen(number), "x", now)),
        Move::Notice => Some(Changed::quietly(payment.noticed(now))),
        Move::Tick(_) => None,
    }
}

fn may_follow(before: PaymentStatus, after: PaymentStatus) -> bool {
    use PaymentStatus::{Failed, Pending, Refunded, Success};
    before == after || matches!((before, after), (Pending, Success | Failed) | (Success, Refunded))
}

fn check(before: &Payment, changed: &Changed, one: Move) {
    let after = &changed.payment;
    assert!(may_follow(before.status, after.status), "{one:?}: {} to {}", before.status, after.status);
    // A change of the status is told, and nothing else is.
    let told = changed.message.as_ref().map(|message| match message {
        Outgoing::Success(_) => PaymentStatus::Success,
        Outgoing::Failed(_) => PaymentStatus::Failed,
        Outgoing::Refunded(_) => PaymentStatus::Refunded,
    });
    assert_eq!(told, (before.status != after.status).then_some(after.status), "{one:?}");
    // Hole 12, hole 14.
    if after.status == PaymentStatus::Success && before.is_pending() {
        assert!(before.told.is_none() && before.asking.is_some());
        let ended = before.cancelled.as_ref().map(|note| note.hold_no);
        assert!(ended.is_none_or(|ended| ended.is_some_and(|ended| ended < after.hold_no)));
    }
    // Hole 2: nothing that was seen is forgotten.
    assert!(after.captured_amount >= before.captured_amount && after.refunded_amount >= before.refunded_amount);
    assert!(after.captured_amount >= after.refunded_amount);
    assert!(after.first_paid_at == before.first_paid_at || before.first_paid_at.is_none());
    // No money of a payment that has ended is forgotten.
    if before.is_pending() && after.status == PaymentStatus::Failed {
        assert_eq!(changed.refund.is_some(), after.kept_amount() > 0);
    }
    assert!(after.told.is_some() || before.told.is_none());
    // What can still change is looked at again.
    assert!(after.due_at.is_some(), "{one:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn what_was_decided_stays_and_is_told_once(history in proptest::collection::vec(moves(), 1..60)) {
        let mut payment = Payment::begin(begin(20_000), asker(0), NOW);
        let mut now = NOW;
        let mut told = 0;
        for one in history {
            if let Move::Tick(ms) = one {
                now = Timestamp(now.millis() + ms);
            }
            if let Some(changed) = played(&payment, one, now) {
                check(&payment, &changed, one);
                told += usize::from(matches!(changed.message, Some(Outgoing::Success(_) | Outgoing::Failed(_))));
                payment = changed.payment;
            }
        }
        prop_assert!(told <= 1);
        prop_assert_eq!(told == 1, !payment.is_pending());
    }

    /// Only a look-up that begins after a notice answers it, however tries begin, end and lapse.
    #[test]
    fn a_notice_stays_due_until_a_look_up_begins_after_it(history in proptest::collection::vec(moves(), 1..60)) {
        let mut payment = Payment::begin(begin(20_000), asker(0), NOW);
        let mut now = NOW;
        let mut is_asked_for = false;
        for one in history {
            if let Move::Tick(ms) = one {
                now = Timestamp(now.millis() + ms);
            }
            // Nothing is found of a payment but by a try.
            if matches!(one, Move::After(_)) && payment.asking.is_none() {
                continue;
            }
            let Some(changed) = played(&payment, one, now) else { continue };
            match one {
                Move::Notice => is_asked_for = true,
                Move::Ask(by) if !payment.is_asked_by(asker(by)) => is_asked_for = false,
                _ => {}
            }
            payment = changed.payment;
            prop_assert!(!is_asked_for || payment.due_at.is_some_and(|due_at| due_at <= now), "{:?}", one);
        }
    }

    #[test]
    fn a_decision_secures_only_what_is_whole(
        total in 0i64..3, paid in 0i64..3, cancelled in 0i64..3, number in 0usize..4, is_told in any::<bool>(),
    ) {
        let occasion = [
            Occasion::Confirm { transaction: "t" },
            Occasion::Notice,
            Occasion::Settlement(Ended::RunOut),
            Occasion::Settlement(Ended::Cancelled),
        ][number];
        let money = Money { total: total * 50_000, paid: paid * 50_000, cancelled: (cancelled * 50_000).min(paid * 50_000) };
        let payment = if is_told { payment().tell(OURS, ToldCode::HoldExpired, NOW).expect("told") } else { payment() };
        match decide(&payment, &looked(|found| found.money = money), occasion, LIVE, NOW) {
            Decision::Secure { .. } => {
                prop_assert!(!is_told && money.total == payment.amount && money.left() == money.paid);
                prop_assert!(money.paid >= payment.amount);
            }
            Decision::Wait => prop_assert!(money.left() == 0 && occasion == Occasion::Notice),
            Decision::Fail(reason) => {
                let is_unpaid = reason == FailureReason::NotPaid;
                prop_assert!(!is_unpaid || money.left() == 0);
            }
            Decision::Disbelieve => prop_assert!(false, "what was found is believed"),
        }
    }
}
