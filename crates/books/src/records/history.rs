//! What people were told, by their own record: never the server's word about itself.

use domain::error_code::ErrorCode;
use domain::id::{PaymentId, ReservationId};
use domain::{AccountId, ScheduleId, Timestamp};

/// The record of one person, or of a door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Who; none for a door.
    pub user: Option<AccountId>,
    /// What was heard, in order.
    pub remarks: Vec<Remark>,
}

/// One answer that a person has heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// 201: seats are held until then.
    Held {
        /// The new reservation.
        reservation: ReservationId,
        /// In which schedule.
        schedule: ScheduleId,
        /// Until when.
        until: Timestamp,
    },
    /// 404 of one's own reservation: it is gone.
    Gone {
        /// The reservation.
        reservation: ReservationId,
    },
    /// Confirm has said `SUCCESS`.
    Paid {
        /// The payment.
        payment: PaymentId,
        /// The reservation.
        reservation: ReservationId,
    },
    /// Confirm has said `FAILED`, or the payment's own page.
    PaymentFailed {
        /// The payment.
        payment: PaymentId,
        /// The reservation.
        reservation: ReservationId,
    },
    /// A payment route has said 410 or 422: too late, or ended.
    TooLate {
        /// The reservation.
        reservation: ReservationId,
    },
    /// The person has asked to cancel, and heard that it is done.
    Cancelled {
        /// The reservation.
        reservation: ReservationId,
    },
    /// The person has asked to cancel and heard nothing certain.
    CancelAsked {
        /// The reservation.
        reservation: ReservationId,
    },
    /// A door has let the ticket in.
    LetIn {
        /// The reservation.
        reservation: ReservationId,
    },
    /// An answer that is in no list of its route.
    Unlisted {
        /// The route, such as `POST /reservations/hold`.
        route: String,
        /// The status.
        status: u16,
        /// The code; empty when it is none that exists.
        code: String,
    },
}

impl Remark {
    /// An answer that is in no list of its route.
    pub fn unlisted(route: &str, status: u16, code: Option<ErrorCode>) -> Self {
        let code = code.map(ErrorCode::as_str).unwrap_or_default().to_owned();
        Self::Unlisted { route: route.to_owned(), status, code }
    }
}
