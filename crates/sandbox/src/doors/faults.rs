//! Faults of PortOne's API, by order.

use super::unavailable;
use crate::books::faults::{self, Call, Fault, Mode};
use crate::portone::ID_BYTES_MAX;
use crate::service::Sandbox;
use axum::extract::State;
use http::StatusCode;
use onsale_http::{ApiError, Json, RequestBody};
use rusqlite::Connection;
use serde::Deserialize;

/// Most calls that one order meets.
const COUNT_MAX: i64 = 1_000_000;
/// Longest time until a requested cancellation is decided, in milliseconds.
const AFTER_MS_MAX: i64 = 3_600_000;
/// The time without a word.
const AFTER_MS: i64 = 1_000;

/// What may be ordered: `none` takes all orders back.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ordered {
    None(NoFault),
    Fault(Mode),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum NoFault {
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Settled {
    Succeeded,
    Failed,
}

/// An order. The fields after `paymentKey` are for refunds alone: `carriedOut` says whether the call has its effect in
/// spite of the fault (by default all have but `error`), `then` and `afterMs` what becomes of a `requested` cancellation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FaultRequest {
    mode: Ordered,
    count: Option<i64>,
    call: Option<Call>,
    payment_key: Option<String>,
    carried_out: Option<bool>,
    then: Option<Settled>,
    after_ms: Option<i64>,
}

impl RequestBody for FaultRequest {
    const LIMIT_BYTES: usize = 2_048;
}

pub(super) async fn order(
    State(sandbox): State<Sandbox>,
    Json(asked): Json<FaultRequest>,
) -> Result<StatusCode, ApiError> {
    let mode = match asked.mode {
        Ordered::None(NoFault::None) => {
            sandbox.0.books.change(faults::clear).await.map_err(unavailable)?;
            return Ok(StatusCode::NO_CONTENT);
        }
        Ordered::Fault(mode) => mode,
    };
    if !asked.count.is_none_or(|count| (1..=COUNT_MAX).contains(&count)) {
        return Err(ApiError::invalid(format!("count must be 1 to {COUNT_MAX}")));
    }
    let after_ms = asked.after_ms.unwrap_or(AFTER_MS);
    if !(0..=AFTER_MS_MAX).contains(&after_ms) {
        return Err(ApiError::invalid(format!("afterMs must be 0 to {AFTER_MS_MAX}")));
    }
    if let Some(key) = &asked.payment_key {
        super::demand_text("paymentKey", key, 1..=ID_BYTES_MAX)?;
    }
    if mode.is_of_cancellation() && !matches!(asked.call, None | Some(Call::Cancel)) {
        return Err(ApiError::invalid("requested, failed and broken are for the call cancel alone"));
    }
    let fault = Fault {
        mode,
        count: asked.count,
        call: asked.call,
        about: asked.payment_key,
        is_carried_out: asked.carried_out.unwrap_or(mode != Mode::Error),
        settles_as: asked.then.map(|then| match then {
            Settled::Succeeded => "SUCCEEDED".to_owned(),
            Settled::Failed => "FAILED".to_owned(),
        }),
        after_ms,
    };
    let change = move |connection: &Connection| faults::order(connection, &fault);
    sandbox.0.books.change(change).await.map_err(unavailable)?;
    Ok(StatusCode::NO_CONTENT)
}
