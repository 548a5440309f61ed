//! Routes of the seats of a schedule as they stand.

use super::Api;
use super::callers::{GivenPass, IdOf};
use crate::peers::Schedule;
use crate::seats::{Reader, State as Bits};
use crate::service::ReservationService;
use crate::views::seats::SeatsView;
use ::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use access::Person;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::line::{IssuedPass, QueueNumber};
use domain::{PassId, ScheduleId};
use futures::stream::unfold;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Network};

/// The sequence of a state, for the events of the stream.
const SEQUENCE: HeaderName = HeaderName::from_static("x-sequence");
/// Indices of seats that came back and are open to this pass.
const OPEN_SEATS: HeaderName = HeaderName::from_static("x-open-seats");
/// A copy must be asked about each time.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Which seats are held or sold now. Seats that came back and wait for the caller's queue number are available.
#[utoipa::path(get, path = "/reservations/seats/{scheduleId}", tag = "reservations", security(("accessToken" = [])),
    params(("scheduleId" = String, Path), ("X-Queue-Token" = String, Header, description = "the pass of the schedule's line")),
    responses((status = 200, body = SeatsView), (status = 401, body = ErrorBody,
            description = "also `QUEUE_TOKEN_MISSING`, `QUEUE_TOKEN_INVALID`, `QUEUE_TOKEN_EXPIRED`"),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn show(
    State(Api { service, .. }): State<Api>,
    person: Person,
    GivenPass(pass): GivenPass,
    IdOf(id): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    let (schedule, pass) = admitted(&service, person, pass, id).await?;
    let at = service.live().at(id).await?;
    Ok(([(CACHE_CONTROL, NOT_KEPT)], Json(at.view(&schedule, Some(pass.ticket)))).into_response())
}

/// Whoever has a live pass of the schedule may look.
async fn admitted(
    service: &ReservationService,
    person: Person,
    pass: PassId,
    id: ScheduleId,
) -> Result<(Schedule, IssuedPass), ApiError> {
    let pass = service.queue().pass(pass, person.id, Some(id), None).await?;
    Ok((service.catalog().schedule(id).await?, pass))
}

/// The state of every seat, two bits each in the order of the plan, the first seat in the lowest bits: 0 free, 1 held or in
/// payment, 2 sold, 3 not for sale. Made once a second for all callers.
#[utoipa::path(get, path = "/reservations/seats/{scheduleId}/state", tag = "reservations", security(("accessToken" = [])),
    params(("scheduleId" = String, Path), ("X-Queue-Token" = String, Header, description = "the pass of the schedule's line"),
        ("If-None-Match" = Option<String>, Header, description = "the `ETag` of an earlier answer")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream",
            headers(("X-Sequence" = u64, description = "for the events of the stream"),
                ("X-Open-Seats" = String, description = "indices, with commas between them, of seats that came back and are open to this pass; at most 200"))),
        (status = 304, description = "as the caller has it"), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn state(
    State(Api { service, .. }): State<Api>,
    person: Person,
    GivenPass(pass): GivenPass,
    IdOf(id): IdOf<ScheduleId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (schedule, pass) = admitted(&service, person, pass, id).await?;
    let state = service.board().state(&schedule).await?;
    Ok(state_answer(&state, pass.ticket, &headers))
}

fn state_answer(state: &Bits, ticket: QueueNumber, headers: &HeaderMap) -> Response {
    let tag = format!("\"{:x}\"", state.sequence);
    let mut response = if is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_static("application/octet-stream");
        ([(CONTENT_TYPE, kind)], state.bits.clone()).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, NOT_KEPT);
    answer.insert(SEQUENCE, HeaderValue::from(state.sequence));
    let open: Vec<String> = state.open_to(ticket).iter().map(u32::to_string).collect();
    for (name, value) in [(ETAG, tag), (OPEN_SEATS, open.join(","))] {
        answer.extend(HeaderValue::from_str(&value).ok().map(|value| (name, value)));
    }
    response
}

/// Whether a condition names this tag, or any. A tag that was made weak on the way is the same (RFC 9110, 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let is_tag = |given: &[u8]| {
        let given = given.trim_ascii();
        let given = given.strip_prefix(b"W/").unwrap_or(given);
        given == b"*" || given == tag.as_bytes()
    };
    let all = headers.get_all(IF_NONE_MATCH).iter().map(HeaderValue::as_bytes);
    all.flat_map(|value| value.split(|byte| *byte == b',')).any(is_tag)
}

/// What changes, as server-sent events `{from,to,changes:[[index,state],...],open?}`: a reader whose state has another
/// `X-Sequence` than `from` reads the state again. When the pass ends an event `end` `{code}` closes the stream.
#[utoipa::path(get, path = "/reservations/seats/{scheduleId}/stream", tag = "reservations", security(("accessToken" = [])),
    params(("scheduleId" = String, Path), ("X-Queue-Token" = String, Header, description = "the pass; a page has it in a cookie")),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 429, body = ErrorBody, description = "all streams of the network are in use"),
        (status = 503, body = ErrorBody)))]
pub(super) async fn stream(
    State(Api { service, .. }): State<Api>,
    person: Person,
    GivenPass(id): GivenPass,
    IdOf(schedule): IdOf<ScheduleId>,
    network: Option<Extension<Network>>,
) -> Result<Response, ApiError> {
    let (schedule, pass) = admitted(&service, person, id, schedule).await?;
    let network = network.map(|Extension(network)| network);
    let reader = service.streams().open(&schedule, (id, pass), network).await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Without this NGINX buffers the events.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(unfold(reader, Reader::next))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn a_state_is_told_again_only_when_it_has_changed_and_says_what_is_open() {
        let state = Bits {
            sequence: 26,
            made_at: Timestamp(0),
            bits: vec![7].into(),
            returned: vec![(3, QueueNumber(5)), (4, QueueNumber(9))],
        };
        let asked = |condition: &'static str, ticket| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static(condition));
            let answer = state_answer(&state, QueueNumber(ticket), &headers);
            let open = String::from_utf8(answer.headers()[&OPEN_SEATS].as_bytes().to_vec()).expect("text");
            (answer.status().as_u16(), open)
        };
        for (condition, status) in
            [("\"1a\"", 304), ("W/\"1a\"", 304), ("*", 304), ("\"x\", \"1a\"", 304), ("\"1b\"", 200)]
        {
            assert_eq!(asked(condition, 6), (status, "3".to_owned()), "{condition}");
        }
        assert_eq!((asked("\"x\"", 10).1, asked("\"x\"", 5).1), ("3,4".to_owned(), String::new()));
        let answer = state_answer(&state, QueueNumber(0), &HeaderMap::new());
        assert_eq!(
            (&answer.headers()[&SEQUENCE], &answer.headers()[ETAG]),
            (&HeaderValue::from(26), &HeaderValue::from_static("\"1a\""))
        );
    }
}
