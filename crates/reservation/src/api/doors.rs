//! Routes of doors.

use super::Api;
use super::callers::{AtDoor, IdOf};
use crate::doors::{Door, TicketPage};
use crate::views::ticket::{GivenMarks, KeysView, MarksView, Shown, ShownTicket, TicketView};
use ::http::header::{ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use ::http::{HeaderMap, HeaderValue};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{ErrorCode, ScheduleId};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Language, Path};

/// The keys that check tickets, the one that signs new ones first.
#[utoipa::path(get, path = "/tickets/keys", tag = "tickets", security(()), responses((status = 200, body = KeysView)))]
pub(super) async fn keys(State(Api { service, .. }): State<Api>) -> Response {
    let keys = KeysView::of(service.tickets());
    ([(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"))], Json(keys)).into_response()
}

/// Checks a ticket at a door. The first check that finds it valid marks it as used, all its seats at once; `peek` only looks.
#[utoipa::path(post, path = "/tickets/verify", tag = "tickets", security(("accessToken" = ["admin"]), ("apiKey" = ["redeem"])),
    request_body = ShownTicket,
    responses((status = 200, body = TicketView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn verify(
    State(Api { service, .. }): State<Api>,
    AtDoor(door): AtDoor,
    Json(shown): Json<ShownTicket>,
) -> Result<Json<TicketView>, ApiError> {
    service.verify(door, shown.checked()?).await.map(Json)
}

/// Takes the marks of a door that had no network. Of each ticket the earliest counts; the same batch may come again.
#[utoipa::path(post, path = "/tickets/verify/batch", tag = "tickets",
    security(("accessToken" = ["admin"]), ("apiKey" = ["redeem"])), request_body = GivenMarks,
    responses((status = 200, body = MarksView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn take_marks(
    State(Api { service, .. }): State<Api>,
    AtDoor(door): AtDoor,
    Json(marks): Json<GivenMarks>,
) -> Result<Json<MarksView>, ApiError> {
    service.take_marks(door, marks.checked()?).await.map(Json)
}

/// The signed list of a schedule's tickets, for a door without the network: `base64url(JSON).base64url(signature)`. Take it on the
/// day of the event: from then on nobody cancels.
#[utoipa::path(get, path = "/tickets/doors/{scheduleId}", tag = "tickets",
    security(("accessToken" = ["admin"]), ("apiKey" = ["redeem"])), params(("scheduleId" = String, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody, description = "also the key of another schedule's door"), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn list(
    State(Api { service, .. }): State<Api>,
    AtDoor(door): AtDoor,
    IdOf(schedule): IdOf<ScheduleId>,
) -> Result<Response, ApiError> {
    if !matches!(door, Door::Any) && door != Door::Of(schedule) {
        return Err(ErrorCode::Forbidden.into());
    }
    let list = service.door_list(schedule).await?;
    let file = format!("attachment; filename=\"tickets-{schedule}.txt\"");
    let mut response = list.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(HeaderValue::from_str(&file).ok().map(|file| (CONTENT_DISPOSITION, file)));
    Ok(response)
}

/// The page of a ticket, behind the link of its QR code: what it is worth. It marks nothing and shows nothing personal.
#[utoipa::path(get, path = "/tickets/verify/{code}", tag = "tickets", security(()), params(("code" = String, Path)),
    responses((status = 200, description = "a page, or with `Accept: application/json` the ticket without its seats",
            content((String = "text/html"), (TicketView = "application/json"))),
        (status = 404, body = ErrorBody, description = "a path with other escapes than a code has"),
        (status = 503, body = ErrorBody)))]
pub(super) async fn page(
    State(Api { service, .. }): State<Api>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shown = Shown { scanned: code, gate: None, schedule: None, is_peek: true };
    let ticket = service.verify(Door::Any, shown).await?.public();
    if wants_json(&headers) {
        let kept = [(CACHE_CONTROL, "no-store"), (VARY, "Accept, Accept-Language")];
        return Ok((kept, Json(ticket)).into_response());
    }
    // Without a wish a page of tickets is Korean.
    let language = headers.get(ACCEPT_LANGUAGE).map(HeaderValue::as_bytes);
    let language = Language::from_accept(language, Language::Ko);
    Ok(TicketPage::new(&ticket, &service.settings().day_zone, language).into_answer())
}

/// Whether a program asks: browsers name `text/html`.
fn wants_json(headers: &HeaderMap) -> bool {
    let names = |kind: &str| {
        let all = headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes);
        all.flat_map(|value| value.split(|byte| *byte == b',')).any(|one| {
            let one = one.split(|byte| *byte == b';').next().unwrap_or_default();
            one.trim_ascii().eq_ignore_ascii_case(kind.as_bytes())
        })
    };
    names("application/json") && !names("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_page_and_a_program_that_says_so_json() {
        let asked = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            wants_json(&headers)
        };
        for (accept, json) in [
            ("application/json", true),
            ("Application/JSON;q=0.9, */*", true),
            ("text/html,application/json;q=0.9", false),
            ("*/*", false),
            ("text/html", false),
        ] {
            assert_eq!(asked(accept), json, "{accept}");
        }
        assert!(!wants_json(&HeaderMap::new()));
    }
}
