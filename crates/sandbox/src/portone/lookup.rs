//! `GET /payments/{id}` and the list of all payments.

use super::answer::{Disturbed, Refusal, Reply, begin, demand_id, demand_secret, demand_store, finish, parse};
use super::view::payment_view;
use crate::books::faults::{self, Call};
use crate::books::payments::{self, Listed};
use crate::service::Sandbox;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::{Timestamp, ZonedTime};
use http::HeaderMap;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;

/// Payments in one page of the list.
const PAGE_MAX: i64 = 1_000;
/// How far back a list goes that names no beginning.
const DEFAULT_SECONDS: i64 = 90 * 86_400;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LookUpQuery {
    store_id: Option<String>,
}

pub(super) async fn look_up(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Query(query): Query<LookUpQuery>,
    headers: HeaderMap,
) -> Response {
    let answered = answer(&sandbox, id, &query, &headers).await;
    finish(&sandbox, answered).await
}

async fn answer(sandbox: &Sandbox, id: String, query: &LookUpQuery, headers: &HeaderMap) -> Result<Disturbed, Refusal> {
    demand_secret(sandbox, headers)?;
    demand_id(&id)?;
    demand_store(sandbox, query.store_id.as_deref())?;
    let portone = sandbox.settings().portone.clone();
    let now_ms = clock::now().millis();
    let change = move |connection: &Connection| {
        let (fault, delay_ms) = begin(connection, Call::Get, &id)?;
        let reply = match payments::find(connection, &id, now_ms)? {
            Some(payment) => {
                let cancellations = payments::cancellations(connection, &id)?;
                Reply::ok(&payment_view(&payment, &cancellations, &portone))
            }
            None => Refusal::new(404, "PAYMENT_NOT_FOUND", "there is no such payment").into(),
        };
        Ok(Disturbed { reply, fault, delay_ms })
    };
    Ok(sandbox.0.books.change(change).await?)
}

/// A body in the query, as PortOne takes it for `GET`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListQuery {
    request_body: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListRequest {
    page: Page,
    filter: Filter,
}

#[derive(Deserialize)]
#[serde(default)]
struct Page {
    number: i64,
    size: i64,
}

impl Default for Page {
    fn default() -> Self {
        Self { number: 0, size: 10 }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Filter {
    store_id: Option<String>,
    timestamp_type: TimestampType,
    /// None: 90 days before the end.
    from: Option<ZonedTime>,
    /// None: now.
    until: Option<ZonedTime>,
}

/// Which time of a payment is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TimestampType {
    CreatedAt,
    #[default]
    StatusChangedAt,
}

impl Filter {
    fn listed(&self, skip: i64, take: i64, now: Timestamp) -> Listed {
        let until = self.until.map_or(now, Timestamp::from);
        let from = self.from.map_or(until.plus_seconds(-DEFAULT_SECONDS), Timestamp::from);
        let is_by_change = self.timestamp_type == TimestampType::StatusChangedAt;
        Listed { is_by_change, from_ms: from.millis(), until_ms: until.millis(), skip, take }
    }
}

pub(super) async fn list(
    State(sandbox): State<Sandbox>,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> Response {
    let answered = page(&sandbox, &query, &headers).await;
    finish(&sandbox, answered).await
}

async fn page(sandbox: &Sandbox, query: &ListQuery, headers: &HeaderMap) -> Result<Disturbed, Refusal> {
    demand_secret(sandbox, headers)?;
    let asked: ListRequest =
        query.request_body.as_deref().map_or(Ok(ListRequest::default()), |body| parse(body.as_bytes()))?;
    demand_store(sandbox, asked.filter.store_id.as_deref())?;
    let Page { number, size } = asked.page;
    let first = number.checked_mul(size).filter(|first| *first >= 0 && (1..=PAGE_MAX).contains(&size));
    let first = first.ok_or_else(|| Refusal::invalid("page.size must be 1 to 1000"))?;
    let portone = sandbox.settings().portone.clone();
    let now = clock::now();
    let listed = asked.filter.listed(first, size, now);
    let change = move |connection: &Connection| {
        let fault = faults::meet(connection, Call::List, "")?;
        let (found, count) = payments::list(connection, &listed, now.millis())?;
        let mut items = Vec::with_capacity(found.len());
        for payment in &found {
            items.push(payment_view(payment, &payments::cancellations(connection, &payment.key)?, &portone));
        }
        let page = json!({"number": number, "size": size, "totalCount": count});
        Ok(Disturbed { reply: Reply::ok(&json!({"items": items, "page": page})), fault, delay_ms: 0 })
    };
    Ok(sandbox.0.books.change(change).await?)
}
