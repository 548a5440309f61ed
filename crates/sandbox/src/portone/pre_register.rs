//! `POST /payments/{id}/pre-register`: the amount of a payment that is to come.

use super::answer::{Disturbed, Refusal, Reply, begin, demand_id, demand_secret, demand_store, finish, is_carried_out};
use super::answer::{parse, read};
use crate::books::BooksFault;
use crate::books::faults::Call;
use crate::books::payments::{self, Payment};
use crate::service::Sandbox;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;

/// Largest amount in won.
pub(super) const AMOUNT_MAX: i64 = 100_000_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PreRegistration {
    store_id: Option<String>,
    total_amount: Option<i64>,
    currency: Option<String>,
}

pub(super) async fn pre_register(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answered = answer(&sandbox, id, &headers, body).await;
    finish(&sandbox, answered).await
}

async fn answer(sandbox: &Sandbox, id: String, headers: &HeaderMap, body: Body) -> Result<Disturbed, Refusal> {
    demand_secret(sandbox, headers)?;
    demand_id(&id)?;
    let asked: PreRegistration = parse(&read(body).await?)?;
    demand_store(sandbox, asked.store_id.as_deref())?;
    let amount = asked.total_amount.unwrap_or(0);
    let currency = asked.currency.unwrap_or_else(|| "KRW".to_owned());
    if !(0..=AMOUNT_MAX).contains(&amount) || !is_currency(&currency) {
        return Err(Refusal::invalid("totalAmount or currency cannot be"));
    }
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| {
        let (fault, delay_ms) = begin(connection, Call::PreRegister, &id)?;
        let reply = match is_carried_out(fault.as_ref()) {
            true => register(connection, &id, amount, &currency, now_ms)?,
            false => Reply::ok(&json!({})),
        };
        Ok(Disturbed { reply, fault, delay_ms })
    };
    Ok(sandbox.0.books.change(change).await?)
}

pub(super) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn register(connection: &Connection, key: &str, amount: i64, currency: &str, now_ms: i64) -> Result<Reply, BooksFault> {
    let found = payments::find(connection, key, now_ms)?;
    let mut payment = found.unwrap_or_else(|| Payment::new(key, amount, currency, now_ms));
    if payment.captured > 0 {
        return Ok(Refusal::new(409, "ALREADY_PAID", "the payment is paid already").into());
    }
    payment.total = amount;
    currency.clone_into(&mut payment.currency);
    payments::put(connection, &payment)?;
    Ok(Reply::ok(&json!({})))
}
