//! Payments, as their buyers see them. Times are cut off to the second.

use super::given::{GivenId, GivenMethod, GivenTransaction, GivenWon, present};
use crate::settings::PortOneSettings;
use domain::payment::{Payment, PaymentStatus};
use domain::{CouponId, PaymentId, ReservationId, Timestamp};
use onsale_http::{ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /payments`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewPayment {
    reservation_id: GivenId,
    /// What is to be paid, in won: the reservation's total less a coupon's discount.
    amount: GivenWon,
    #[expect(dead_code, reason = "there is one way to pay, and another is refused")]
    payment_method: GivenMethod,
    /// A coupon of the buyer's whose discount is taken off.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    coupon_id: Option<GivenId>,
}

impl RequestBody for NewPayment {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl NewPayment {
    /// The reservation.
    pub fn reservation(&self) -> ReservationId {
        ReservationId(self.reservation_id.0)
    }

    /// What the buyer expects to pay, in won.
    pub fn amount(&self) -> i64 {
        self.amount.0
    }

    /// The coupon.
    pub fn coupon(&self) -> Option<CouponId> {
        self.coupon_id.map(|id| CouponId(id.0))
    }
}

/// What a page needs to open the payment window.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartedView {
    #[schema(value_type = String)]
    payment_id: PaymentId,
    /// In won.
    amount: i64,
    store_id: String,
    channel_key: String,
    /// PortOne's `paymentId`.
    payment_key: String,
}

impl StartedView {
    /// Of a registered payment.
    pub(crate) fn of(payment: &Payment, portone: &PortOneSettings) -> Self {
        Self {
            payment_id: payment.id,
            amount: payment.amount,
            store_id: portone.store_id.clone(),
            channel_key: portone.channel_key.clone(),
            payment_key: payment.key.to_string(),
        }
    }
}

/// `POST /payments/confirm`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmBody {
    reservation_id: GivenId,
    payment_id: GivenId,
    payment_key: GivenId,
    /// As the payment window has named it.
    transaction_id: GivenTransaction,
    amount: GivenWon,
}

impl RequestBody for ConfirmBody {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl ConfirmBody {
    /// The payment.
    pub fn payment(&self) -> PaymentId {
        PaymentId(self.payment_id.0)
    }

    /// Whether key and reservation are the payment's.
    pub fn is_about(&self, payment: &Payment) -> bool {
        self.payment_key.0 == payment.key.get() && self.reservation_id.0 == payment.reservation.get()
    }

    /// The transaction.
    pub fn transaction(&self) -> &str {
        &self.transaction_id.0
    }

    /// What the buyer has paid, in won.
    pub fn amount(&self) -> i64 {
        self.amount.0
    }
}

/// What became of a payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmView {
    #[schema(value_type = String)]
    payment_id: PaymentId,
    /// `SUCCESS`, `FAILED`, or `PENDING` while PortOne is not done.
    status: &'static str,
    /// Where it is SUCCESS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    paid_at: Option<Timestamp>,
    /// Where it is FAILED.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'static str>,
}

impl ConfirmView {
    /// Of a payment as it stands.
    pub(crate) fn of(payment: &Payment) -> Self {
        let is_failed = payment.status == PaymentStatus::Failed;
        let is_paid = matches!(payment.status, PaymentStatus::Success | PaymentStatus::Refunded);
        Self {
            payment_id: payment.id,
            status: payment.status.as_str(),
            paid_at: payment.paid_at.filter(|_| is_paid),
            failure_reason: payment.failure.filter(|_| is_failed).map(|reason| reason.as_str()),
        }
    }
}

/// A payment in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentItem {
    #[schema(value_type = String)]
    payment_id: PaymentId,
    #[schema(value_type = String)]
    reservation_id: ReservationId,
    /// In won.
    amount: i64,
    /// `PENDING`, `SUCCESS`, `FAILED` or `REFUNDED`.
    status: &'static str,
    /// `CARD`.
    method: &'static str,
    #[schema(value_type = Option<String>)]
    paid_at: Option<Timestamp>,
}

impl PaymentItem {
    /// Of a payment.
    pub(crate) fn of(payment: &Payment) -> Self {
        Self {
            payment_id: payment.id,
            reservation_id: payment.reservation,
            amount: payment.amount,
            status: payment.status.as_str(),
            method: "CARD",
            paid_at: payment.paid_at.filter(|_| is_paid(payment)),
        }
    }
}

/// Whether it is, or was, SUCCESS.
fn is_paid(payment: &Payment) -> bool {
    matches!(payment.status, PaymentStatus::Success | PaymentStatus::Refunded)
}

/// One payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentView {
    #[serde(flatten)]
    item: PaymentItem,
    failure_reason: Option<&'static str>,
    #[schema(value_type = Option<String>)]
    refunded_at: Option<Timestamp>,
    /// Null but in `SUCCESS` and `REFUNDED`.
    card_name: Option<String>,
    /// `1234-****-****-5678`; null but in `SUCCESS` and `REFUNDED`.
    card_number: Option<String>,
    #[schema(value_type = Option<String>)]
    coupon_id: Option<CouponId>,
    /// In won; null without a coupon.
    discount_amount: Option<i64>,
    #[serde(flatten)]
    open: Option<OpenView>,
}

/// What a page needs to open the payment window once more, while the payment is PENDING. Nothing before PortOne has registered
/// it (hole 10).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenView {
    payment_key: Option<String>,
    store_id: Option<String>,
    channel_key: Option<String>,
    #[schema(value_type = String)]
    hold_expires_at: Timestamp,
    /// `HOLD_EXPIRED` or `RESERVATION_NOT_PAYABLE` once its buyer was told so at confirm: then what was taken is given back.
    told: Option<&'static str>,
}

impl PaymentView {
    /// Of a payment.
    pub(crate) fn of(payment: &Payment, portone: &PortOneSettings) -> Self {
        let card = payment.card.clone().filter(|_| is_paid(payment));
        let (card_name, card_number) = card.map_or((None, None), |card| (card.name, card.number));
        let is_shown = payment.registered_at.is_some();
        let shown = |text: &str| is_shown.then(|| text.to_owned());
        let open = payment.is_pending().then(|| OpenView {
            payment_key: shown(&payment.key.to_string()),
            store_id: shown(&portone.store_id),
            channel_key: shown(&portone.channel_key),
            hold_expires_at: payment.hold_expires_at,
            told: payment.told.map(|told| told.code.as_str()),
        });
        Self {
            item: PaymentItem::of(payment),
            failure_reason: payment.failure.map(|reason| reason.as_str()),
            refunded_at: payment.refunded_at,
            card_name,
            card_number,
            coupon_id: payment.coupon.map(|coupon| coupon.coupon),
            discount_amount: payment.coupon.map(|coupon| coupon.discount),
            open,
        }
    }
}
