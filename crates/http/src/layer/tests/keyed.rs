//! Bodies of calls with an `Idempotency-Key`: read whole, and counted for as long as they stay in memory.

use super::{Answer, SHORT, post_json, send_to};
use crate::calls::{Answers, CallerId};
use crate::extract::json::ROUTE_BODY_BYTES;
use crate::{ApiError, BodyBudget, Calls, HttpSettings, Json, RequestBody, standard, with_calls};
use async_trait::async_trait;
use axum::Router;
use axum::routing::post;
use call::{Actor, ActorKind, Keyed};
use domain::{ErrorCode, TenantName};
use ledger::calls::kept::{self, Found};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

const WAIT: Duration = Duration::from_secs(20);
/// More than a plain request's copy, and more than most routes need.
const HALL_BYTES: usize = 200 * 1_024;

/// Keeps nothing.
struct Forgetful;

#[async_trait]
impl Answers for Forgetful {
    async fn find(&self, _: &Keyed) -> Result<Found, ApiError> {
        Ok(Found::Nothing)
    }

    async fn keep(&self, _: &Keyed, answer: &kept::Answer) -> Result<Found, ApiError> {
        Ok(Found::Answer(answer.clone()))
    }
}

#[derive(Deserialize)]
struct Hall {
    name: String,
}

impl RequestBody for Hall {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

/// A route that answers when there is a permit.
fn router(settings: HttpSettings, gate: &Arc<Semaphore>) -> Router {
    let gate = gate.clone();
    let make = move |Json(hall): Json<Hall>| {
        let gate = gate.clone();
        async move {
            gate.acquire().await.expect("open").forget();
            hall.name.len().to_string()
        }
    };
    let identify: crate::calls::Identify = Arc::new(|_, _| {
        let actor = Actor { kind: ActorKind::User, id: "7".to_owned() };
        Box::pin(async move { Some(CallerId { tenant: TenantName::default_tenant(), actor }) })
    });
    let calls = Calls::new(identify, Arc::new(Forgetful), WAIT);
    standard(with_calls(Router::new().route("/halls", post(make)), calls), settings)
}

async fn send(router: &Router, key: &str, bytes: usize) -> Answer {
    let frame = r#"{"name":""}"#.len();
    let mut request = post_json("/halls", format!(r#"{{"name":"{}"}}"#, "x".repeat(bytes - frame)));
    request.headers_mut().insert("idempotency-key", key.parse().expect("a key"));
    send_to(router.clone(), request).await
}

#[tokio::test]
async fn a_key_makes_no_body_too_large() {
    let settings = HttpSettings { body_limit_bytes: 2 * ROUTE_BODY_BYTES, ..HttpSettings::default() };
    let router = router(settings, &Arc::new(Semaphore::new(100)));
    for bytes in [HALL_BYTES, ROUTE_BODY_BYTES] {
        let answer = send(&router, "key", bytes).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, (bytes - 11).to_string().as_str()));
    }
    let answer = send(&router, "key", ROUTE_BODY_BYTES + 1).await;
    answer.is_error(ErrorCode::PayloadTooLarge);
    assert!(answer.message().contains("at most 1048576 bytes"), "{}", answer.message());
}

#[tokio::test]
async fn a_body_that_waits_for_another_run_of_its_key_stays_in_the_budget_of_all() {
    let body_budget = BodyBudget::new(2 * HALL_BYTES + HALL_BYTES / 2);
    let settings = HttpSettings { body_budget: body_budget.clone(), request_timeout: WAIT, ..HttpSettings::default() };
    let gate = Arc::new(Semaphore::new(0));
    let router = router(settings, &gate);
    let call = || {
        let router = router.clone();
        tokio::spawn(async move { send(&router, "key", HALL_BYTES).await })
    };
    let (one, two) = (call(), call());
    let deadline = tokio::time::Instant::now() + WAIT;
    while body_budget.left() != HALL_BYTES / 2 {
        assert!(tokio::time::Instant::now() < deadline, "{} bytes are left", body_budget.left());
        tokio::time::sleep(SHORT / 20).await;
    }
    send(&router, "another", HALL_BYTES).await.is_error(ErrorCode::ServiceUnavailable);
    gate.add_permits(2);
    for call in [one, two] {
        assert_eq!(call.await.expect("answered").status.as_u16(), 200);
    }
    assert_eq!(body_budget.left(), 2 * HALL_BYTES + HALL_BYTES / 2, "answered calls give their bytes back");
}
