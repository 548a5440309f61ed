//! PortOne's notices: `POST /payments/webhook`. They are hints: only the name of the payment is used, and the payment is
//! looked up by a worker.

mod signature;

pub use signature::{NoticeKey, NoticeKeyFault};

use crate::rows::payments;
use crate::rows::refunds;
use crate::rows::webhooks::{self, Notice};
use crate::schema::TEXT_LENGTH;
use crate::service::PaymentService;
use crate::steps::Round;
use domain::payment::Changed;
use domain::{ErrorCode, PaymentKey};
use http::HeaderMap;
use ledger::{LedgerError, Transaction};
use onsale_http::ApiError;
use serde::Deserialize;
use signature::Signed;

/// What a notice says, as far as it is read.
#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    payment_id: Option<String>,
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TEXT_LENGTH as usize && !text.contains(char::is_control)
}

impl PaymentService {
    /// Checks who may have sent a notice, by its headers alone: nobody else's body is read.
    ///
    /// # Errors
    /// `WEBHOOK_SIGNATURE_INVALID`.
    pub fn check_notice_headers(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        Signed::read(headers, clock::now()).map(drop).ok_or_else(|| ErrorCode::WebhookSignatureInvalid.into())
    }

    /// Keeps a notice, and lets its payment be looked up soon.
    ///
    /// # Errors
    /// `WEBHOOK_SIGNATURE_INVALID`; `INVALID_INPUT` for signed nonsense; `SERVICE_UNAVAILABLE` when it could not be kept.
    pub async fn notice(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
        let now = clock::now();
        let signed = Signed::read(headers, now).filter(|signed| signed.is_by(&self.notice_key, body));
        let signed = signed.ok_or(ErrorCode::WebhookSignatureInvalid)?;
        let read: Body = serde_json::from_slice(body).map_err(|error| ApiError::invalid(error.to_string()))?;
        let payment_key = read.data.payment_id;
        if !is_text(&read.kind) || !is_text(&signed.id) || !payment_key.as_deref().is_none_or(is_text) {
            return Err(ApiError::invalid("type, webhook-id and paymentId must have 1 to 255 characters"));
        }
        let notice = Notice { id: signed.id, kind: read.kind, payment_key, received_at: now };
        let is_known = self.ledger.change(async |change: Transaction| keep(change, &notice).await).await?;
        if !is_known {
            metrics::counter!("onsale_payment_alarms_total", "alarm" => "unknown_payment").increment(1);
            let payment_key = notice.payment_key.as_deref().unwrap_or_default();
            tracing::error!(payment_key, kind = notice.kind, "PortOne tells of a payment that nobody here knows");
        }
        Ok(())
    }
}

/// Keeps the notice with what follows, in one transaction. Whether its payment is known, or it is about none (hole 9).
async fn keep(change: Transaction, notice: &Notice) -> Result<bool, LedgerError> {
    let named = notice.payment_key.as_deref();
    // Ours are UUIDs; any other name is nobody's here.
    let key = named.and_then(|key| key.parse::<PaymentKey>().ok());
    let id = match key {
        Some(key) => payments::id_of(change.connection(), key).await?,
        None => None,
    };
    let is_known = named.is_none() || id.is_some();
    let mut round = Round::begin(&change, id).await?;
    if webhooks::keep(&change, notice, is_known).await?
        && let Some(id) = id
    {
        round.change(id, None, |payment, now| Ok(Changed::quietly(payment.noticed(now))));
        refunds::hasten(&change, id, notice.received_at).await?;
    }
    round.store(&change).await?;
    change.commit().await?;
    Ok(is_known)
}
