//! `POST /payments/{id}/cancel`: gives money back.

use super::answer::{
    Disturbed, Refusal, Reply, begin, demand_id, demand_secret, demand_store, finish, is_carried_out, parse, read,
};
use super::view::cancellation_view;
use crate::books::BooksFault;
use crate::books::faults::{Call, Fault, Mode};
use crate::books::payments::{self, Cancellation, Payment, Status};
use crate::books::repeats::{self, FirstAnswer, Repeat};
use crate::service::Sandbox;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Longest reason that is kept, in characters.
const REASON_MAX: usize = 500;
/// Lengths of an `Idempotency-Key`, as PortOne takes them.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 16..=256;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelRequest {
    store_id: Option<String>,
    amount: Option<i64>,
    reason: Option<String>,
    current_cancellable_amount: Option<i64>,
}

pub(super) async fn cancel(
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
    let key = idempotency_key(headers)?;
    let bytes = read(body).await?;
    let asked: CancelRequest = parse(&bytes)?;
    demand_store(sandbox, asked.store_id.as_deref())?;
    let fingerprint = Sha256::new().chain_update(&id).chain_update([0]).chain_update(&bytes).finalize().to_vec();
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| {
        let (fault, delay_ms) = begin(connection, Call::Cancel, &id)?;
        let reply = if is_carried_out(fault.as_ref()) {
            let call = Keyed { key: key.as_deref(), fingerprint: &fingerprint, delay_ms, now_ms };
            call.once(connection, fault.as_ref(), || decide(connection, &id, &asked, fault.as_ref(), now_ms))?
        } else {
            Reply::ok(&json!({}))
        };
        Ok(Disturbed { reply, fault, delay_ms })
    };
    Ok(sandbox.0.books.change(change).await?)
}

/// The caller's key, with or without quotes.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(shown) = headers.get("idempotency-key") else { return Ok(None) };
    let key = shown.as_bytes().trim_ascii();
    let key = key.strip_prefix(b"\"").and_then(|key| key.strip_suffix(b"\"")).unwrap_or(key);
    let is_key = KEY_BYTES.contains(&key.len())
        && key.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_key {
        return Err(Refusal::invalid("Idempotency-Key must be 16 to 256 letters, digits, - and _"));
    }
    Ok(Some(String::from_utf8_lossy(key).into_owned()))
}

/// A call that may come again.
struct Keyed<'a> {
    key: Option<&'a str>,
    fingerprint: &'a [u8],
    delay_ms: i64,
    now_ms: i64,
}

impl Keyed<'_> {
    /// Decides once for a key. While the first answer has not left, the same call hears that it is under way.
    fn once(
        &self,
        connection: &Connection,
        fault: Option<&Fault>,
        decide: impl FnOnce() -> Result<Reply, BooksFault>,
    ) -> Result<Reply, BooksFault> {
        let Some(key) = self.key else { return decide() };
        match repeats::look(connection, key, self.fingerprint, self.now_ms)? {
            Repeat::Kept(status, body) => return Ok(Reply { status, body }),
            Repeat::Outstanding => {
                let why = "a request with this key is under way";
                return Ok(Refusal::new(409, "IDEMPOTENCY_OUTSTANDING_REQUEST", why).into());
            }
            Repeat::Reused => {
                let why = "another request has this key";
                return Ok(Refusal::new(422, "IDEMPOTENCY_ALREADY_USED", why).into());
            }
            Repeat::New => {}
        }
        let reply = decide()?;
        let ready_ms = Disturbed::ready_ms(fault, self.delay_ms, self.now_ms);
        let (status, body) = (reply.status, reply.body.as_str());
        let (fingerprint, now_ms) = (self.fingerprint, self.now_ms);
        repeats::keep(connection, &FirstAnswer { key, fingerprint, status, body, ready_ms, now_ms })?;
        Ok(reply)
    }
}

fn decide(
    connection: &Connection,
    key: &str,
    asked: &CancelRequest,
    fault: Option<&Fault>,
    now_ms: i64,
) -> Result<Reply, BooksFault> {
    let Some(mut payment) = payments::find(connection, key, now_ms)? else {
        return Ok(Refusal::new(404, "PAYMENT_NOT_FOUND", "there is no such payment").into());
    };
    let cancellable = payments::cancellable(connection, &payment)?;
    let amount = match allowed(&payment, cancellable, asked) {
        Ok(amount) => amount,
        Err(refusal) => return Ok(refusal.into()),
    };
    let mode = fault.map(|fault| fault.mode);
    if mode == Some(Mode::Broken) {
        return Ok(Refusal::new(409, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN", "as ordered").into());
    }
    let (status, settles) = match (mode, fault) {
        (Some(Mode::Failed), _) => ("FAILED", None),
        (Some(Mode::Requested), Some(fault)) => {
            let settles_as = fault.settles_as.clone().unwrap_or_else(|| "SUCCEEDED".to_owned());
            ("REQUESTED", Some((settles_as, now_ms + fault.after_ms)))
        }
        _ => ("SUCCEEDED", None),
    };
    let reason: String = asked.reason.as_deref().unwrap_or_default().chars().take(REASON_MAX).collect();
    let cancellation = cancellation(amount, status, reason, settles, now_ms);
    payments::cancel(connection, &mut payment, &cancellation, now_ms)?;
    Ok(Reply::ok(&json!({"cancellation": cancellation_view(&cancellation)})))
}

/// A new cancellation.
pub(super) fn cancellation(
    amount: i64,
    status: &str,
    reason: String,
    settles: Option<(String, i64)>,
    now_ms: i64,
) -> Cancellation {
    Cancellation {
        id: Uuid::new_v4().to_string(),
        amount,
        status: status.to_owned(),
        reason,
        requested_ms: now_ms,
        cancelled_ms: (status == "SUCCEEDED").then_some(now_ms),
        settles,
    }
}

/// What is to be given back, or why nothing can be.
fn allowed(payment: &Payment, cancellable: i64, asked: &CancelRequest) -> Result<i64, Refusal> {
    if asked.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Refusal::invalid("reason is missing"));
    }
    if payment.status == Status::Cancelled {
        return Err(Refusal::new(409, "PAYMENT_ALREADY_CANCELLED", "all of it is cancelled already"));
    }
    if payment.captured == 0 {
        return Err(Refusal::new(409, "PAYMENT_NOT_PAID", "nothing was paid"));
    }
    if asked.current_cancellable_amount.is_some_and(|thought| thought != cancellable) {
        let why = format!("{cancellable} can be cancelled");
        return Err(Refusal::new(409, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN", why));
    }
    let amount = asked.amount.unwrap_or(cancellable);
    if amount > cancellable || cancellable == 0 {
        let why = format!("{cancellable} can be cancelled");
        return Err(Refusal::new(409, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT", why));
    }
    if amount <= 0 {
        return Err(Refusal::invalid("amount must be above 0"));
    }
    Ok(amount)
}
