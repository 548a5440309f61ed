//! Buyers who pay, operators who cancel in the console, and notices.

use super::{OptionalJson, unavailable};
use crate::books::payments::{self, Payment, Status};
use crate::portone::pay::{self, Outcome, Tried, Try};
use crate::portone::{ID_BYTES_MAX, webhook::Notice};
use crate::service::Sandbox;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use http::StatusCode;
use onsale_http::{ApiError, Json, Path, RequestBody};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// Largest amount in won.
const AMOUNT_MAX: i64 = 100_000_000_000;
/// Longest delay of an answer in milliseconds.
const DELAY_MS_MAX: i64 = 120_000;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PayRequest {
    outcome: Outcome,
    amount: Option<i64>,
    currency: Option<String>,
    transaction_id: Option<String>,
    delay_ms: Option<i64>,
    webhook: bool,
}

impl RequestBody for PayRequest {
    const LIMIT_BYTES: usize = 4_096;
}

impl PayRequest {
    fn check(&self) -> Result<(), ApiError> {
        let is_amount = self.amount.is_none_or(|amount| (0..=AMOUNT_MAX).contains(&amount));
        let is_delay = self.delay_ms.is_none_or(|delay_ms| (0..=DELAY_MS_MAX).contains(&delay_ms));
        let is_currency = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_amount {
            return Err(ApiError::invalid(format!("amount must be 0 to {AMOUNT_MAX}")));
        }
        if !is_delay {
            return Err(ApiError::invalid(format!("delayMs must be 0 to {DELAY_MS_MAX}")));
        }
        if !self.currency.as_deref().is_none_or(is_currency) {
            return Err(ApiError::invalid("currency must be three capitals"));
        }
        self.transaction_id.as_deref().map_or(Ok(()), |id| super::demand_text("transactionId", id, 1..=200))
    }
}

fn demand_key(key: &str) -> Result<(), ApiError> {
    super::demand_text("the payment's key", key, 1..=ID_BYTES_MAX)
}

fn paid_before(transaction_id: Option<&str>) -> Response {
    let body = json!({
        "code": "ALREADY_PAID", "message": "The payment is paid already.", "transactionId": transaction_id,
    });
    (StatusCode::CONFLICT, axum::Json(body)).into_response()
}

pub(super) async fn pay(
    State(sandbox): State<Sandbox>,
    Path(key): Path<String>,
    OptionalJson(asked): OptionalJson<PayRequest>,
) -> Result<Response, ApiError> {
    demand_key(&key)?;
    asked.check()?;
    let attempt = Try {
        outcome: asked.outcome,
        amount: asked.amount,
        currency: asked.currency,
        transaction_id: asked.transaction_id,
        delay_ms: asked.delay_ms,
    };
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| pay::pay(connection, &key, &attempt, now_ms);
    match sandbox.0.books.change(change).await.map_err(unavailable)? {
        Tried::Done(payment) => {
            if asked.webhook {
                sandbox.0.sender.send_later(notice(&sandbox, &payment, None, true));
            }
            Ok(Json(json!({"transactionId": payment.transaction_id})).into_response())
        }
        Tried::PaidBefore(payment) => Ok(paid_before(payment.transaction_id.as_deref())),
        Tried::NoAmount => Err(ApiError::invalid("amount is missing: nothing was registered for this payment")),
    }
}

/// A notice about a payment as it is.
pub(crate) fn notice(sandbox: &Sandbox, payment: &Payment, cancellation_id: Option<&str>, is_good: bool) -> Notice {
    let store_id = &sandbox.settings().portone.store_id;
    sandbox.0.sender.key().notice(payment, cancellation_id, store_id, is_good)
}

pub(super) async fn look(State(sandbox): State<Sandbox>, Path(key): Path<String>) -> Result<Response, ApiError> {
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| {
        Ok((payments::find(connection, &key, now_ms)?, payments::calls(connection, &key)?))
    };
    let (found, calls) = sandbox.0.books.change(change).await.map_err(unavailable)?;
    let view = json!({
        "status": found.as_ref().map(|payment| payment.status.as_str()),
        "captured": found.as_ref().map_or(0, |payment| payment.captured),
        "refunded": found.as_ref().map_or(0, |payment| payment.refunded),
        "calls": {"preRegister": calls.pre_register, "get": calls.get, "cancel": calls.cancel},
    });
    Ok(Json(view).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ConsoleCancel {
    /// None: all that is left.
    amount: Option<i64>,
    webhook: bool,
}

impl RequestBody for ConsoleCancel {
    const LIMIT_BYTES: usize = 1_024;
}

/// What came of a cancellation in the console.
enum Cancelled {
    Done(Payment, String),
    Unknown,
    TooMuch(i64),
}

/// An operator cancels in PortOne's console: the product hears of it by a notice, or never.
pub(super) async fn cancel(
    State(sandbox): State<Sandbox>,
    Path(key): Path<String>,
    OptionalJson(asked): OptionalJson<ConsoleCancel>,
) -> Result<Response, ApiError> {
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| {
        let Some(mut payment) = payments::find(connection, &key, now_ms)? else { return Ok(Cancelled::Unknown) };
        let left = payments::cancellable(connection, &payment)?;
        let amount = asked.amount.unwrap_or(left);
        if !(1..=left).contains(&amount) {
            return Ok(Cancelled::TooMuch(left));
        }
        let made = payments::Cancellation {
            id: Uuid::new_v4().to_string(),
            amount,
            status: "SUCCEEDED".to_owned(),
            reason: "console".to_owned(),
            requested_ms: now_ms,
            cancelled_ms: Some(now_ms),
            settles: None,
        };
        payments::cancel(connection, &mut payment, &made, now_ms)?;
        Ok(Cancelled::Done(payment, made.id))
    };
    match sandbox.0.books.change(change).await.map_err(unavailable)? {
        Cancelled::Done(payment, id) => {
            if asked.webhook {
                sandbox.0.sender.send_later(notice(&sandbox, &payment, Some(&id), true));
            }
            Ok(Json(json!({"cancellationId": id, "status": payment.status.as_str()})).into_response())
        }
        Cancelled::Unknown => Err(ErrorCode::NotFound.into()),
        Cancelled::TooMuch(left) => Err(ApiError::invalid(format!("amount must be 1 to {left}, what is left"))),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CaptureRequest {
    amount: i64,
    webhook: bool,
}

impl RequestBody for CaptureRequest {
    const LIMIT_BYTES: usize = 1_024;
}

/// An acquirer takes money once more under the same key.
pub(super) async fn capture(
    State(sandbox): State<Sandbox>,
    Path(key): Path<String>,
    OptionalJson(asked): OptionalJson<CaptureRequest>,
) -> Result<Response, ApiError> {
    if !(1..=AMOUNT_MAX).contains(&asked.amount) {
        return Err(ApiError::invalid(format!("amount must be 1 to {AMOUNT_MAX}")));
    }
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| payments::capture_again(connection, &key, asked.amount, now_ms);
    let payment = sandbox.0.books.change(change).await.map_err(unavailable)?.ok_or(ErrorCode::NotFound)?;
    if asked.webhook {
        sandbox.0.sender.send_later(notice(&sandbox, &payment, None, true));
    }
    Ok(Json(json!({"captured": payment.captured, "status": payment.status.as_str()})).into_response())
}

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct WebhookRequest {
    good: bool,
    send: bool,
}

impl Default for WebhookRequest {
    fn default() -> Self {
        Self { good: true, send: false }
    }
}

impl RequestBody for WebhookRequest {
    const LIMIT_BYTES: usize = 1_024;
}

/// A notice of the present state; of a payment that nobody knows as well, because such notices come, too.
pub(super) async fn webhook(
    State(sandbox): State<Sandbox>,
    Path(key): Path<String>,
    OptionalJson(asked): OptionalJson<WebhookRequest>,
) -> Result<Response, ApiError> {
    demand_key(&key)?;
    if asked.send && !sandbox.0.sender.has_receiver() {
        return Err(ApiError::invalid("the sandbox knows no address to send notices to"));
    }
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| {
        let last = payments::cancellations(connection, &key)?.pop().map(|cancellation| cancellation.id);
        Ok((payments::find(connection, &key, now_ms)?, last, key))
    };
    let (found, last, key) = sandbox.0.books.change(change).await.map_err(unavailable)?;
    let payment = found.unwrap_or_else(|| Payment {
        transaction_id: Some(Uuid::new_v4().to_string()),
        status: Status::Paid,
        ..Payment::new(&key, 0, "KRW", now_ms)
    });
    let notice = notice(&sandbox, &payment, last.as_deref(), asked.good);
    let answered = if asked.send { sandbox.0.sender.send(&notice).await } else { None };
    let mut view = json!(notice);
    if asked.send {
        view["answered"] = json!(answered);
    }
    Ok(Json(view).into_response())
}
