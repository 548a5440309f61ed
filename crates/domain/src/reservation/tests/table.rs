//! The saga, step by step: each in time, twice, late, out of order, and against the others.

use super::scene::*;
use crate::time::Timestamp;

/// What happens in a story.
#[derive(Clone, Debug)]
enum Act {
    /// One seat of the first person is held as reservation 1.
    Hold,
    /// The payment claims it.
    Claim,
    /// Another payment claims it.
    ClaimOther,
    /// The payment secures it: paid just now.
    Secure,
    /// Paid so many milliseconds after the story began.
    SecurePaid(i64),
    /// With another amount.
    SecureOtherAmount,
    Success,
    /// Of a payment that does not stand on it.
    SuccessOther,
    Failed,
    FailedOther,
    Refunded,
    UserCancels,
    UserReleases,
    UserSwaps,
    UserExtends,
    /// Somebody comes in with the ticket.
    Door,
    EventCancelled,
    Sweep,
    /// So many milliseconds pass.
    Wait(i64),
    /// Another person holds the same seat, as reservation 2.
    OtherHolds,
    /// The same person holds another seat, as reservation 3.
    HoldsMore,
}

use Act::*;

/// Plays a story and returns: what stands, the messages, and each act that was refused.
fn play(acts: &[Act]) -> (String, String, String) {
    let mut book = ReservationBook::new(0);
    let mut now = START;
    let mut refused = Vec::new();
    for act in acts {
        let outcome = do_one(&mut book, act, &mut now);
        if let Err(refusal) = outcome {
            let shown = format!("{refusal:?}");
            let shown = shown.split([' ', '{']).next().unwrap_or_default().to_owned();
            refused.push(shown);
        }
    }
    let (status, reason, state) = standing(&book, 1);
    let what = [status, reason, state].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (what, told(&mut book).join(" "), refused.join(" "))
}

fn do_one(book: &mut ReservationBook, act: &Act, now: &mut Timestamp) -> Result<(), Refusal> {
    let paid = |ms: i64| secure(1, 1, PRICE, 1, after(ms));
    let step = match act {
        Hold => hold(1, 1, &[1]),
        Claim => claim(1, 1, 1, PRICE),
        ClaimOther => claim(1, 1, 2, PRICE),
        Secure => paid(now.millis() - START.millis()),
        SecurePaid(ms) => paid(*ms),
        SecureOtherAmount => secure(1, 1, PRICE + 1, 1, START),
        Success => hear(1, 1, success(PRICE, 1, &[1])),
        SuccessOther => hear(1, 2, success(PRICE, 1, &[1])),
        Failed => hear(1, 1, PaymentNews::Failed),
        FailedOther => hear(1, 2, PaymentNews::Failed),
        Refunded => hear(1, 1, PaymentNews::Refunded),
        UserCancels => cancel(1, 1),
        UserReleases => release(1, 1),
        UserSwaps => swap(1, 1, &[2]),
        UserExtends => extend(1, 1),
        Door => show(1, 1),
        OtherHolds => hold(2, 2, &[1]),
        HoldsMore => hold(3, 1, &[3]),
        EventCancelled => {
            book.remember_cancelled(schedule(1));
            return Ok(());
        }
        Sweep => {
            book.sweep(*now, 500);
            book.cancel_events(*now, 500);
            return Ok(());
        }
        Wait(ms) => {
            *now = Timestamp(now.millis() + ms);
            return Ok(());
        }
    };
    book.decide(&step, *now).map(drop)
}

/// Plays each story and compares: acts, what stands, messages, refusals.
fn check(table: &[(&[Act], &str, &str, &str)]) {
    for (acts, stands, messages, refused) in table {
        let (what, told, no) = play(acts);
        assert_eq!((what.as_str(), told.as_str(), no.as_str()), (*stands, *messages, *refused), "{acts:?}");
    }
}

#[test]
fn holds_end_exactly_on_time() {
    check(&[
        (&[Hold, Wait(TTL_MS - 1), Sweep], "PENDING NONE", "", ""),
        (&[Hold, Wait(TTL_MS), Sweep], "CANCELLED HOLD_EXPIRED NONE", "HOLD_EXPIRED", ""),
        (&[Hold, Wait(TTL_MS), Sweep, Sweep], "CANCELLED HOLD_EXPIRED NONE", "HOLD_EXPIRED", ""),
        (&[Hold, Wait(TTL_MS - 1), Claim], "PENDING NONE", "", ""),
        // At the very millisecond nobody pays, swept or not.
        (&[Hold, Wait(TTL_MS), Claim], "PENDING NONE", "", "HoldExpired"),
        (&[Hold, Wait(TTL_MS), Sweep, Claim], "CANCELLED HOLD_EXPIRED NONE", "HOLD_EXPIRED", "HoldExpired"),
        (&[Hold, Wait(TTL_MS), UserSwaps], "PENDING NONE", "", "HoldExpired"),
        (&[Hold, Wait(TTL_MS), UserExtends], "PENDING NONE", "", "HoldExpired"),
        (&[Hold, Wait(TTL_MS), UserReleases], "PENDING NONE", "", "HoldExpired"),
        (&[Hold, Wait(TTL_MS), UserCancels], "PENDING NONE", "", "AlreadyCancelled"),
        // Others get the seats at once; the hold that is in the way ends with its message.
        (&[Hold, Wait(TTL_MS - 1), OtherHolds], "PENDING NONE", "", "SeatsTaken"),
        (&[Hold, Wait(TTL_MS), OtherHolds], "CANCELLED HOLD_EXPIRED NONE", "HOLD_EXPIRED", ""),
    ]);
}

#[test]
fn a_claim_stands_for_ever_and_is_answered_again() {
    check(&[
        (&[Hold, Claim, Claim], "PENDING NONE", "", ""),
        (&[Hold, Claim, ClaimOther], "PENDING NONE", "", ""),
        (&[Hold, Claim, UserSwaps], "PENDING NONE", "", "InProgress"),
        (&[Hold, Claim, UserExtends], "PENDING NONE", "", "InProgress"),
        // While only claimed, both ways of giving up end it.
        (&[Hold, Claim, UserCancels], "CANCELLED USER_REQUEST NONE", "USER_REQUEST", ""),
        (&[Hold, Claim, UserReleases], "CANCELLED USER_REQUEST NONE", "USER_REQUEST", ""),
        (&[Hold, Claim, Wait(TTL_MS), Sweep], "CANCELLED HOLD_EXPIRED NONE", "HOLD_EXPIRED", ""),
        (&[Hold, Claim, Failed, ClaimOther], "CANCELLED PAYMENT_FAILED FAILED", "PAYMENT_FAILED", "NotPayable"),
        (&[Hold, UserCancels, Claim], "CANCELLED USER_REQUEST NONE", "USER_REQUEST", "NotPayable"),
        (&[Hold, Claim, Secure, Success, ClaimOther], "CONFIRMED SUCCESS", "", "PaymentExists"),
        (&[Hold, EventCancelled, Claim], "PENDING NONE", "", "NotPayable"),
    ]);
}

#[test]
fn secure_in_time_twice_late_and_after_the_end() {
    check(&[
        (&[Hold, Secure], "PENDING NONE", "", "Unsecured(NotClaimed)"),
        (&[Hold, Claim, Secure, Secure], "PENDING NONE", "", ""),
        // A secured hold is never swept, and its person cannot give it up.
        (&[Hold, Claim, Secure, Wait(10 * TTL_MS), Sweep], "PENDING NONE", "", ""),
        (&[Hold, Claim, Secure, UserCancels, UserReleases], "PENDING NONE", "", "InProgress InProgress"),
        // Paid before the end and decided after it: in time, swept or not.
        (&[Hold, Claim, Wait(TTL_MS + 5), SecurePaid(TTL_MS - 1)], "PENDING NONE", "", ""),
        (&[Hold, Claim, Wait(TTL_MS), Sweep, SecurePaid(TTL_MS - 1)], "PENDING NONE", "HOLD_EXPIRED", ""),
        // Paid at the end: too late, also while nobody has swept.
        (&[Hold, Claim, Wait(TTL_MS), SecurePaid(TTL_MS)], "PENDING REFUSED", "", "Unsecured(TooLate)"),
        (&[Hold, Claim, SecurePaid(TTL_MS)], "PENDING REFUSED", "", "Unsecured(TooLate)"),
        (
            &[Hold, Claim, Wait(TTL_MS), Sweep, SecurePaid(TTL_MS)],
            "CANCELLED HOLD_EXPIRED REFUSED",
            "HOLD_EXPIRED",
            "Unsecured(TooLate)",
        ),
        // Another has the seats.
        (
            &[Hold, Claim, Wait(TTL_MS), OtherHolds, SecurePaid(1)],
            "CANCELLED HOLD_EXPIRED REFUSED",
            "HOLD_EXPIRED",
            "Unsecured(SeatsTaken)",
        ),
        // A refusal is final: the other lets go, and the late call wakes nothing.
        (
            &[Hold, Claim, Wait(TTL_MS), OtherHolds, SecurePaid(1), Wait(TTL_MS), Sweep, SecurePaid(1)],
            "CANCELLED HOLD_EXPIRED REFUSED",
            "HOLD_EXPIRED HOLD_EXPIRED",
            "Unsecured(SeatsTaken) Unsecured(Final)",
        ),
        (&[Hold, Claim, SecureOtherAmount, Secure], "PENDING REFUSED", "", "Unsecured(Changed) Unsecured(Final)"),
        (&[Hold, Claim, UserCancels, Secure], "CANCELLED USER_REQUEST REFUSED", "USER_REQUEST", "Unsecured(Ended)"),
        // Bought again after a 410, swept or not.
        (
            &[Hold, Claim, Wait(TTL_MS), Sweep, HoldsMore, SecurePaid(1)],
            "CANCELLED HOLD_EXPIRED REFUSED",
            "HOLD_EXPIRED",
            "Unsecured(BoughtAgain)",
        ),
        (&[Hold, Claim, Failed, Secure], "CANCELLED PAYMENT_FAILED FAILED", "PAYMENT_FAILED", "Unsecured(Final)"),
        (&[Hold, Claim, Secure, Success, Secure], "CONFIRMED SUCCESS", "", ""),
        (&[Hold, Claim, EventCancelled, Secure], "PENDING REFUSED", "", "Unsecured(EventCancelled)"),
        (
            &[Hold, Claim, Wait(TTL_MS), Sweep, EventCancelled, SecurePaid(1)],
            "CANCELLED HOLD_EXPIRED REFUSED",
            "HOLD_EXPIRED",
            "Unsecured(EventCancelled)",
        ),
    ]);
}

#[test]
fn messages_of_payments_in_any_order_twice_and_of_others() {
    check(&[
        (&[Hold, Claim, Secure, Success, Success], "CONFIRMED SUCCESS", "", ""),
        (&[Hold, Claim, Secure, Failed, Failed], "CANCELLED PAYMENT_FAILED FAILED", "PAYMENT_FAILED", ""),
        (&[Hold, Claim, Secure, Success, Failed], "CONFIRMED SUCCESS", "", ""),
        (&[Hold, Claim, Secure, Success, Refunded], "CANCELLED PAYMENT_REFUNDED REFUNDED", "PAYMENT_REFUNDED", ""),
        // The refund overtakes the success: no ticket for money that is gone.
        (&[Hold, Claim, Secure, Refunded, Success], "CANCELLED PAYMENT_REFUNDED REFUNDED", "PAYMENT_REFUNDED", ""),
        // Money for what has ended is told once.
        (
            &[Hold, Claim, UserCancels, Success, Success],
            "CANCELLED USER_REQUEST SUCCESS",
            "USER_REQUEST LATE_PAYMENT",
            "",
        ),
        (
            &[Hold, Claim, Wait(TTL_MS), Sweep, Success],
            "CANCELLED HOLD_EXPIRED SUCCESS",
            "HOLD_EXPIRED LATE_PAYMENT",
            "",
        ),
        // A success that comes again after an ordinary cancelling mails nothing.
        (&[Hold, Claim, Secure, Success, UserCancels, Success], "CANCELLED USER_REQUEST SUCCESS", "USER_REQUEST", ""),
        // A failure is kept also where it changes nothing.
        (&[Hold, Claim, Wait(TTL_MS), Sweep, Failed], "CANCELLED HOLD_EXPIRED FAILED", "HOLD_EXPIRED", ""),
        // Another payment touches nothing, and gives its money back.
        (&[Hold, Claim, Secure, FailedOther], "PENDING NONE", "", ""),
        (&[Hold, Claim, Secure, SuccessOther, Success], "CONFIRMED SUCCESS", "LATE_PAYMENT", ""),
        (&[Hold, Success], "PENDING NONE", "LATE_PAYMENT", ""),
    ]);
}

#[test]
fn a_cancelled_event_ends_everything_and_nothing_is_sold_after_it() {
    check(&[
        (&[Hold, EventCancelled, Sweep, Sweep], "CANCELLED EVENT_CANCELLED NONE", "EVENT_CANCELLED", ""),
        (&[Hold, EventCancelled, UserSwaps, UserExtends], "PENDING NONE", "", "EventCancelled EventCancelled"),
        (&[Hold, EventCancelled, OtherHolds], "PENDING NONE", "", "EventCancelled"),
        (&[Hold, Claim, Secure, EventCancelled, Sweep], "CANCELLED EVENT_CANCELLED NONE", "EVENT_CANCELLED", ""),
        (
            &[Hold, Claim, Secure, EventCancelled, Sweep, Success],
            "CANCELLED EVENT_CANCELLED SUCCESS",
            "EVENT_CANCELLED LATE_PAYMENT",
            "",
        ),
        // Between the commit that remembers and the sweep.
        (
            &[Hold, Claim, Secure, EventCancelled, Success, Sweep],
            "CANCELLED EVENT_CANCELLED SUCCESS",
            "LATE_PAYMENT",
            "",
        ),
        (
            &[Hold, Claim, Secure, Success, EventCancelled, Sweep],
            "CANCELLED EVENT_CANCELLED SUCCESS",
            "EVENT_CANCELLED",
            "",
        ),
        // A used ticket is refunded, too.
        (
            &[Hold, Claim, Secure, Success, Door, EventCancelled, Sweep],
            "CANCELLED EVENT_CANCELLED SUCCESS",
            "EVENT_CANCELLED",
            "",
        ),
    ]);
}

#[test]
fn a_ticket_is_used_once_and_not_cancelled_afterwards() {
    check(&[
        (&[Hold, Claim, Secure, Success, Door, Door], "CONFIRMED SUCCESS", "", "Used"),
        (&[Hold, Claim, Secure, Success, Door, UserCancels], "CONFIRMED SUCCESS", "", "CancellationNotAllowed"),
        (
            &[Hold, Claim, Secure, Success, UserCancels, Door],
            "CANCELLED USER_REQUEST SUCCESS",
            "USER_REQUEST",
            "AlreadyCancelled",
        ),
        (&[Hold, Claim, Secure, Door], "PENDING NONE", "", "NoTicket"),
        (
            &[Hold, Claim, Secure, Success, Wait(10 * TTL_MS - 1), UserCancels],
            "CANCELLED USER_REQUEST SUCCESS",
            "USER_REQUEST",
            "",
        ),
        (
            &[Hold, Claim, Secure, Success, Wait(10 * TTL_MS), UserCancels],
            "CONFIRMED SUCCESS",
            "",
            "CancellationNotAllowed",
        ),
    ]);
}
