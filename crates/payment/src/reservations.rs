//! The role `reservation`, as payment asks it. Each call may come again, and no transaction is open meanwhile (hole 14).

use crate::drift;
use access::peer::{Peer, PeerAway, PeerReply};
use domain::catalog::PreciseTime;
use domain::payment::{Ended, Payment, Secured, Standing};
use domain::{AccountId, CouponId, ErrorCode, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId, Timestamp};
use onsale_http::ApiError;
use serde::Deserialize;
use serde_json::json;

/// Reservations, at the role that has them. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Reservations(Peer);

/// A reservation as the role answers it. Fields that payment does not read are borne.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct View {
    user_id: AccountId,
    schedule_id: ScheduleId,
    status: String,
    total_amount: i64,
    hold_expires_at: PreciseTime,
    /// What is left of the hold by the clock of reservation's database (hole 15).
    hold_expires_in_ms: i64,
    hold_no: i64,
    seat_ids: Vec<SeatId>,
    cancel_reason: Option<String>,
    payment_id: Option<PaymentId>,
    payment_key: Option<PaymentKey>,
    /// Whether the seats are kept for the payment.
    secured: bool,
}

/// A payment that wants to stand on a reservation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub reservation: ReservationId,
    pub user: AccountId,
    pub payment: PaymentId,
    pub key: PaymentKey,
    /// What is to be paid, in won.
    pub amount: i64,
    /// The coupon whose discount is taken off.
    pub coupon: Option<CouponId>,
    /// How far the discount is known.
    pub stage: ClaimStage,
}

/// How far the discount of a claim is known (hole 21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimStage {
    /// The coupon is asked next: the hold stays free, and no row may follow.
    Provisional,
    /// The amount was worked out of the hold with this number.
    Priced { hold_no: i64 },
    /// There is nothing to work out, or a row has it.
    Firm,
}

/// A claim that stands: of this payment, or of one that was first (hole 10).
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub payment: PaymentId,
    pub key: PaymentKey,
    pub schedule: ScheduleId,
    pub seats: Vec<SeatId>,
    pub total_amount: i64,
    pub hold_no: i64,
    pub hold_expires_at: Timestamp,
}

/// What `secure` has answered. Both are final (hole 4).
#[derive(Clone, Debug)]
pub(crate) enum SecureAnswer {
    Kept(Secured),
    Refused,
}

/// How a reservation stands, or that the role has none of that id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Standing(Standing),
    Unknown,
}

/// The refusals of a claim that are the buyer's, in the order of `POST /payments`.
const REFUSALS: [ErrorCode; 7] = [
    ErrorCode::NotFound,
    ErrorCode::Forbidden,
    ErrorCode::PaymentAlreadyExists,
    ErrorCode::HoldExpired,
    ErrorCode::ReservationNotPayable,
    ErrorCode::PaymentAmountMismatch,
    ErrorCode::ReservationInProgress,
];

impl Reservations {
    pub fn new(peer: Peer) -> Self {
        Self(peer)
    }

    /// Lets a payment stand on a reservation, or answers the one that does.
    ///
    /// # Errors
    /// The refusals of `POST /payments`; `SERVICE_UNAVAILABLE`: it may stand or not.
    pub async fn claim(&self, claim: &Claim) -> Result<Claimed, ApiError> {
        let Claim { reservation, user, payment, key, amount, coupon, stage } = *claim;
        let hold_no = if let ClaimStage::Priced { hold_no } = stage { Some(hold_no) } else { None };
        let body = json!({"paymentId": payment, "paymentKey": key, "userId": user, "amount": amount,
            "discounted": coupon.is_some(), "provisional": stage == ClaimStage::Provisional, "couponId": coupon,
            "holdNo": hold_no});
        let reply = self.post(&format!("/internal/reservations/{reservation}/claim"), &body).await?;
        if !reply.status.is_success() {
            return Err(self.refusal(&reply));
        }
        let view = self.read(&reply).map_err(PeerAway::into_error)?;
        let (Some(payment), Some(key)) = (view.payment_id, view.payment_key) else {
            return Err(self.nonsense(&reply).into_error());
        };
        Ok(Claimed {
            payment,
            key,
            schedule: view.schedule_id,
            seats: view.seat_ids,
            total_amount: view.total_amount,
            hold_no: view.hold_no,
            hold_expires_at: view.hold_expires_at.into(),
        })
    }

    /// How the reservation of a payment stands now, by its own clock (hole 15).
    ///
    /// # Errors
    /// [`PeerAway`].
    pub async fn standing(&self, payment: &Payment) -> Result<Seen, PeerAway> {
        let sent = clock::now();
        let reply = self.0.get(&format!("/internal/reservations/{}", payment.reservation)).await?;
        self.look_at_clock(&reply, sent);
        if reply.status.as_u16() == 404 && reply.code() == ErrorCode::NotFound.as_str() {
            return Ok(Seen::Unknown);
        }
        let view: View = self.read(&reply)?;
        Ok(Seen::Standing(view.standing(payment)))
    }

    /// Asks for the seats to be kept until the payment is decided (holes 4, 15, 16).
    ///
    /// # Errors
    /// [`PeerAway`]: they may be kept or not.
    pub async fn secure(&self, payment: &Payment, paid_at: Timestamp) -> Result<SecureAnswer, PeerAway> {
        let body = json!({"paymentId": payment.id, "amount": payment.amount, "discount": payment.discount(),
            "holdNo": payment.hold_no, "paidAt": PreciseTime(paid_at)});
        let sent = clock::now();
        let reply = self.0.post(&format!("/internal/reservations/{}/secure", payment.reservation), &body).await?;
        self.look_at_clock(&reply, sent);
        match reply.status.as_u16() {
            409 => Ok(SecureAnswer::Refused),
            200 => {
                let view: View = self.read(&reply)?;
                let (hold_no, schedule, seats) = (view.hold_no, view.schedule_id, view.seat_ids);
                Ok(SecureAnswer::Kept(Secured { hold_no, schedule, seats }))
            }
            _ => Err(self.nonsense(&reply)),
        }
    }

    async fn post(&self, path: &str, body: &serde_json::Value) -> Result<PeerReply, ApiError> {
        let sent = clock::now();
        let reply = self.0.post(path, body).await.map_err(PeerAway::into_error)?;
        self.look_at_clock(&reply, sent);
        Ok(reply)
    }

    fn look_at_clock(&self, reply: &PeerReply, sent: Timestamp) {
        if let Some(date) = reply.date {
            drift::note(self.0.role(), date, sent, clock::now());
        }
    }

    fn read(&self, reply: &PeerReply) -> Result<View, PeerAway> {
        if !reply.status.is_success() {
            return Err(self.nonsense(reply));
        }
        reply.read().map_err(|error| PeerAway { role: self.0.role(), why: error.to_string() })
    }

    fn nonsense(&self, reply: &PeerReply) -> PeerAway {
        PeerAway { role: self.0.role(), why: format!("{} {}", reply.status, reply.code()) }
    }

    /// A refusal is one only with its own status and code; all else says nothing about the reservation.
    fn refusal(&self, reply: &PeerReply) -> ApiError {
        let (status, code) = (reply.status.as_u16(), reply.code());
        let known = REFUSALS.into_iter().find(|known| known.status() == status && known.as_str() == code);
        let Some(known) = known else { return self.nonsense(reply).into_error() };
        let body: serde_json::Value = reply.read().unwrap_or_default();
        let error = ApiError::new(known);
        match body["paymentId"].as_str() {
            Some(id) => error.with("paymentId", id),
            None => error,
        }
    }
}

impl View {
    fn standing(&self, payment: &Payment) -> Standing {
        let is_ours = self.payment_id == Some(payment.id) && self.user_id == payment.user;
        match self.status.as_str() {
            _ if !is_ours => Standing::Ended(Ended::Cancelled),
            "CONFIRMED" => Standing::Sold,
            "PENDING" if self.secured => Standing::Kept,
            "PENDING" if self.hold_expires_in_ms > 0 => Standing::Running,
            "PENDING" => Standing::Ended(Ended::RunOut),
            _ if self.cancel_reason.as_deref() == Some("HOLD_EXPIRED") => Standing::Ended(Ended::RunOut),
            _ => Standing::Ended(Ended::Cancelled),
        }
    }
}

/// What a caller is told of a role that is away.
pub(crate) trait IntoError {
    /// `SERVICE_UNAVAILABLE`, after a line of the log.
    fn into_error(self) -> ApiError;
}

impl IntoError for PeerAway {
    fn into_error(self) -> ApiError {
        tracing::warn!(away = %self, "a role gave no usable answer");
        ApiError::unavailable()
    }
}
