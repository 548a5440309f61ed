//! PortOne's window for paying. It tells the product by a notice, as PortOne does, and sends the browser back.

use super::{PageLanguage, ReturnTo, pages};
use crate::books::payments;
use crate::doors::{demand_text, notice, unavailable};
use crate::portone::ID_BYTES_MAX;
use crate::portone::pay::{self, Outcome, Tried, Try};
use crate::service::Sandbox;
use axum::extract::State;
use axum::response::Response;
use onsale_http::{ApiError, Form, Query, RequestBody};
use rusqlite::Connection;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Window {
    payment_id: String,
    return_url: String,
    /// Absent on the page itself, and to go back from one that is paid.
    outcome: Option<Outcome>,
}

impl RequestBody for Window {
    const LIMIT_BYTES: usize = 16_384;
}

impl Window {
    fn back(&self, sandbox: &Sandbox) -> Result<ReturnTo, ApiError> {
        demand_text("paymentId", &self.payment_id, 1..=ID_BYTES_MAX)?;
        let back = ReturnTo::read(&self.return_url, &sandbox.settings().return_origins);
        back.map_err(|_| {
            ApiError::invalid("returnUrl must be a path of this site, or an address that the sandbox knows")
        })
    }
}

pub(super) async fn ask(
    State(sandbox): State<Sandbox>,
    Query(window): Query<Window>,
    PageLanguage(language): PageLanguage,
) -> Result<Response, ApiError> {
    let back = window.back(&sandbox)?;
    let (key, now_ms) = (window.payment_id.clone(), clock::now().millis());
    let found = sandbox.0.books.change(move |connection| payments::find(connection, &key, now_ms)).await;
    let found = found.map_err(unavailable)?;
    let is_paid = found.as_ref().is_some_and(|payment| payment.captured > 0);
    let amount = found.map(|payment| payment.total);
    Ok(pages::pay(&window.payment_id, &window.return_url, amount, is_paid, &back, language))
}

pub(super) async fn answer(State(sandbox): State<Sandbox>, Form(window): Form<Window>) -> Result<Response, ApiError> {
    let back = window.back(&sandbox)?;
    let Some(outcome) = window.outcome else {
        return go_back(&sandbox, &window, &back).await;
    };
    let attempt = Try { outcome, amount: None, currency: None, transaction_id: None, delay_ms: None };
    let (key, now_ms) = (window.payment_id.clone(), clock::now().millis());
    let change = move |connection: &Connection| pay::pay(connection, &key, &attempt, now_ms);
    let payment = match sandbox.0.books.change(change).await.map_err(unavailable)? {
        Tried::Done(payment) => {
            sandbox.0.sender.send_later(notice(&sandbox, &payment, None, true));
            payment
        }
        // A second click, or a page that was left open.
        Tried::PaidBefore(_) => return go_back(&sandbox, &window, &back).await,
        Tried::NoAmount => return Err(ApiError::invalid("no amount is registered for this payment")),
    };
    let transaction_id = payment.transaction_id.unwrap_or_default();
    let mut fields = vec![("paymentId", window.payment_id.as_str()), ("transactionId", &transaction_id)];
    match outcome {
        Outcome::Failed => fields.extend([("code", "FAILURE_TYPE_PG"), ("message", "the card was refused")]),
        Outcome::Cancelled => fields.extend([("code", "USER_CANCEL"), ("message", "the buyer gave up")]),
        Outcome::Paid | Outcome::PayPending => {}
    }
    Ok(back.see_other(&fields))
}

/// Back from a payment that was decided before.
async fn go_back(sandbox: &Sandbox, window: &Window, back: &ReturnTo) -> Result<Response, ApiError> {
    let (key, now_ms) = (window.payment_id.clone(), clock::now().millis());
    let found = sandbox.0.books.change(move |connection| payments::find(connection, &key, now_ms)).await;
    let transaction_id = found.map_err(unavailable)?.and_then(|payment| payment.transaction_id);
    let mut fields = vec![("paymentId", window.payment_id.as_str())];
    fields.extend(transaction_id.as_deref().map(|id| ("transactionId", id)));
    Ok(back.see_other(&fields))
}
