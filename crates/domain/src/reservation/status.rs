//! The words of a reservation's columns, and why a step is refused.

use crate::id::{PaymentId, SeatId};
use crate::time::Timestamp;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As on the wire and in tables.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the written form; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }
    };
}

words! {
    /// Where a reservation stands.
    ReservationStatus {
        /// Its seats are held, or kept for a payment.
        Pending = "PENDING",
        /// Paid: it is a ticket.
        Confirmed = "CONFIRMED",
        /// Ended.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// Why a reservation has ended, and what a `ReservationCancelled` says.
    CancelReason {
        /// Its payment has failed.
        PaymentFailed = "PAYMENT_FAILED",
        /// Nobody paid in time.
        HoldExpired = "HOLD_EXPIRED",
        /// Its person wished so.
        UserRequest = "USER_REQUEST",
        /// The event was cancelled or deleted.
        EventCancelled = "EVENT_CANCELLED",
        /// Money came for a reservation that has ended. Only messages say so: the row keeps the reason of its end.
        LatePayment = "LATE_PAYMENT",
        /// Its payment was given back.
        PaymentRefunded = "PAYMENT_REFUNDED",
    }
}

words! {
    /// The furthest that a reservation has heard of its payment. It only rises (hole 3): whatever comes late, twice or in
    /// another order is recorded and changes nothing.
    ///
    /// `FAILED` stands below `SUCCESS`: a payment that failed never succeeds, so of the two the money counts.
    PaymentState {
        /// Nothing yet.
        None = "NONE",
        /// `secure` was refused, for ever (hole 4).
        Refused = "REFUSED",
        /// It has failed.
        Failed = "FAILED",
        /// It stands.
        Success = "SUCCESS",
        /// It was given back.
        Refunded = "REFUNDED",
    }
}

impl PaymentState {
    /// Whether nothing more can be heard.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Refunded)
    }
}

/// Why a payment may not have the seats. Kept with the row and answered for ever, but for the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsecuredWhy {
    /// Another payment stands on the reservation, or none: only the one that `claim` kept may secure (hole 4). Not kept.
    NotClaimed,
    /// It was refused before, or the payment is known to have failed or to be given back (hole 4).
    Final,
    /// Amount, or the number of the hold, are not the claim's (hole 16).
    Changed,
    /// Paid at or after the end of the hold (hole 15).
    TooLate,
    /// The reservation has ended for another reason than its time.
    Ended,
    /// The event was cancelled (hole 6).
    EventCancelled,
    /// Somebody else has some of the seats.
    SeatsTaken,
    /// The person has another live reservation of this schedule: bought again after a 410 (hole 12). So re-taking never leads to
    /// more than the most, either (hole 11).
    BoughtAgain,
}

/// Why a step was refused. Nothing has changed, but where the step says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such reservation.
    NotFound,
    /// It is somebody else's.
    NotOwner,
    /// This database was put back to an older copy: nothing is sold, swept, secured or cancelled (hole 7).
    Behind,
    /// The event was cancelled.
    EventCancelled,
    /// The hold has run out, swept or not.
    HoldExpired,
    /// It was cancelled.
    AlreadyCancelled,
    /// It is paid and cannot be changed.
    NotModifiable,
    /// It is under a payment.
    InProgress,
    /// The hold was extended before.
    AlreadyExtended {
        /// When it ends.
        hold_expires_at: Timestamp,
    },
    /// The person would have more than the most.
    TooManySeats {
        /// Seats that the person has beside those that were asked for.
        held: u8,
    },
    /// Some seats are another reservation's.
    SeatsTaken {
        /// Of the seats asked for those that are sold, in their order.
        sold: Vec<SeatId>,
        /// Those that are held, in their order.
        held: Vec<SeatId>,
    },
    /// No cancelling on the day of the event, or after the ticket was used (hole 19).
    CancellationNotAllowed,
    /// It is paid already.
    PaymentExists {
        /// By this payment.
        payment: PaymentId,
    },
    /// It ended, or its payment failed: no other payment ever (hole 10). Or it costs nothing.
    NotPayable,
    /// Not the price.
    AmountMismatch,
    /// `secure` is refused.
    Unsecured(UnsecuredWhy),
    /// No ticket: not confirmed, or of another number (hole 19).
    NoTicket,
    /// The ticket was used before.
    Used {
        /// When.
        at: Timestamp,
        /// At which gate.
        gate: Option<String>,
    },
    /// A hold with the id of a reservation that is another person's or of other seats.
    OtherHold,
}
