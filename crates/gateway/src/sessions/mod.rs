//! Sessions of pages (WEB-009): tokens in cookies that no script reads.
//!
//! The tokens are the user role's, by its internal routes; [`access::session_cookies`] writes them. A page is known by its access token. When that
//! has run out, `/session/refresh` (a script) or `/session/renew` (a page that the server renders) exchanges the refresh
//! token, which the browser sends under this path alone. Two tabs may do so at once: the user role tells both the same.

mod accounts;
mod views;

use crate::Gateway;
use crate::filter::token::{Caller, is_shown, unauthorized};
use access::session_cookies::{ACCESS_COOKIE, REFRESH_COOKIE, SessionTokens};
use accounts::{Accounts, Session};
use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::account::ReturnUrl;
use domain::{AccountId, ErrorCode, Timestamp};
use http::header::{LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use onsale_http::head::cookies;
use onsale_http::{ApiError, Json};
pub use views::ApiDocument;
use views::{CurrentView, RenewedView, SessionView, UserView};

/// Cookies of one name that are looked at.
const COOKIES_MAX: usize = 4;

#[derive(Clone)]
struct Sessions {
    gateway: Gateway,
    accounts: Accounts,
}

/// The routes.
pub(crate) fn routes(gateway: Gateway, accounts: Router) -> Router {
    let accounts = Accounts::new(gateway.clone(), accounts);
    Router::new()
        .route("/session", get(current).post(begin).delete(end))
        .route("/session/refresh", post(refresh))
        .route("/session/renew", get(renew))
        .with_state(Sessions { gateway, accounts })
}

/// Begins a session: logs in, and keeps the tokens in cookies.
#[utoipa::path(post, path = "/session", tag = "sessions", security(()), request_body = views::LoginBody,
    responses(
        (status = 200, description = "The session, with its cookies.", body = SessionView),
        (status = 400, description = "`INVALID_INPUT`, `RECAPTCHA_FAILED`."),
        (status = 401, description = "`INVALID_CREDENTIALS`."),
        (status = 403, description = "`CSRF_TOKEN_INVALID`: not from a page of this site. `ACCOUNT_DORMANT`."),
        (status = 413, description = "`PAYLOAD_TOO_LARGE`."),
        (status = 415, description = "`UNSUPPORTED_MEDIA_TYPE`."),
        (status = 429, description = "`RATE_LIMIT_EXCEEDED`."),
        (status = 503, description = "`RECAPTCHA_UNAVAILABLE`, `SERVICE_UNAVAILABLE`."),
        (status = 504, description = "`GATEWAY_TIMEOUT`.")))]
async fn begin(State(sessions): State<Sessions>, request: Request) -> Response {
    let (page, body) = request.into_parts();
    if !sessions.is_of_this_site(&page) {
        return csrf_refused();
    }
    // The fields are the user role's to judge.
    let request = Request::from_parts(page.clone(), body);
    let fields = match Json::<views::Fields>::from_request(request, &()).await {
        Ok(Json(views::Fields(fields))) => fields,
        Err(refusal) => return refusal.into_response(),
    };
    match sessions.accounts.log_in(&page, fields).await {
        Ok(session) => {
            let cookies = sessions.gateway.0.cookies.begin(&tokens(&session));
            let view = SessionView { expires_in: session.expires_in, user: UserView::of(session.user) };
            with_cookies(axum::Json(view), cookies)
        }
        Err(answer) => answer,
    }
}

/// Who is logged in, and until when without a renewal.
#[utoipa::path(get, path = "/session", tag = "sessions", security((), ("accessToken" = [])),
    responses(
        (status = 200, description = "The session; nulls without one.", body = CurrentView),
        (status = 429, description = "`RATE_LIMIT_EXCEEDED`."),
        (status = 503, description = "`SERVICE_UNAVAILABLE`."),
        (status = 504, description = "`GATEWAY_TIMEOUT`.")))]
async fn current(State(sessions): State<Sessions>, request: Request) -> Response {
    let (page, _) = request.into_parts();
    let Some(Caller::Person { person, until, .. }) = page.extensions.get::<Caller>().cloned() else {
        return axum::Json(CurrentView::NOBODY).into_response();
    };
    match sessions.accounts.user(&page, person.id).await {
        Ok(user) => {
            let expires_at = Some(Timestamp(until.saturating_mul(1_000)).to_string());
            axum::Json(CurrentView { user: Some(UserView::of(user)), expires_at }).into_response()
        }
        // The account was deleted a moment ago.
        Err(answer) if answer.status() == StatusCode::NOT_FOUND => axum::Json(CurrentView::NOBODY).into_response(),
        Err(answer) => answer,
    }
}

/// Renews the session by its cookie.
#[utoipa::path(post, path = "/session/refresh", tag = "sessions", security(()),
    responses(
        (status = 200, description = "Renewed, with new cookies.", body = RenewedView),
        (status = 401, description = "No session, or it has ended: `UNAUTHORIZED`, `INVALID_TOKEN`, `REVOKED_REFRESH_TOKEN`, `EXPIRED_TOKEN`."),
        (status = 403, description = "`CSRF_TOKEN_INVALID`."),
        (status = 413, description = "`PAYLOAD_TOO_LARGE`."),
        (status = 429, description = "`RATE_LIMIT_EXCEEDED`."),
        (status = 503, description = "`SERVICE_UNAVAILABLE`."),
        (status = 504, description = "`GATEWAY_TIMEOUT`.")))]
async fn refresh(State(sessions): State<Sessions>, request: Request) -> Response {
    let (page, _) = request.into_parts();
    let Some(token) = sessions.refresh_token(&page.headers) else {
        return unauthorized(ErrorCode::Unauthorized);
    };
    if !sessions.may_change(&page, &token) {
        return csrf_refused();
    }
    match sessions.renewed(&page, &token.text).await {
        Ok((expires_in, cookies)) => with_cookies(axum::Json(RenewedView { expires_in }), cookies),
        Err(answer) => sessions.ended_if_refused(answer),
    }
}

/// Renews the session for a page without script, and goes back to it.
#[utoipa::path(get, path = "/session/renew", tag = "sessions", security(()),
    params(("returnUrl" = Option<String>, Query, description = "A path of this site; else `/`.")),
    responses(
        (status = 303, description = "To the page, or to `/login?returnUrl=` where there is no session any more."),
        (status = 429, description = "`RATE_LIMIT_EXCEEDED`."),
        (status = 503, description = "`SERVICE_UNAVAILABLE`."),
        (status = 504, description = "`GATEWAY_TIMEOUT`.")))]
async fn renew(State(sessions): State<Sessions>, request: Request) -> Response {
    let (page, _) = request.into_parts();
    let query = page.uri.query().unwrap_or_default();
    let wanted = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "returnUrl");
    let back = ReturnUrl::read(wanted.as_ref().map(|(_, value)| value.as_ref()));
    let Some(token) = sessions.refresh_token(&page.headers) else {
        return see_other(&login_address(&back), Vec::new());
    };
    match sessions.renewed(&page, &token.text).await {
        Ok((_, cookies)) => see_other(back.as_str(), cookies),
        Err(answer) if answer.status() == StatusCode::UNAUTHORIZED => {
            see_other(&login_address(&back), sessions.gateway.0.cookies.end())
        }
        Err(answer) => answer,
    }
}

/// Ends the session here; other devices stay logged in.
#[utoipa::path(delete, path = "/session", tag = "sessions", security(()),
    responses(
        (status = 204, description = "Ended; the cookies go."),
        (status = 403, description = "`CSRF_TOKEN_INVALID`."),
        (status = 413, description = "`PAYLOAD_TOO_LARGE`."),
        (status = 429, description = "`RATE_LIMIT_EXCEEDED`."),
        (status = 503, description = "`SERVICE_UNAVAILABLE`: it may not have ended."),
        (status = 504, description = "`GATEWAY_TIMEOUT`.")))]
async fn end(State(sessions): State<Sessions>, request: Request) -> Response {
    let (page, _) = request.into_parts();
    let refresh = sessions.refresh_token(&page.headers);
    if refresh.as_ref().is_some_and(|token| !sessions.may_change(&page, token)) {
        return csrf_refused();
    }
    // The cookies count only where nothing else does.
    let access = if is_shown(&page.headers) { None } else { sessions.access_token(&page.headers) };
    let refresh = refresh.map(|token| token.text);
    if refresh.is_none() && access.is_none() {
        return with_cookies(StatusCode::NO_CONTENT, sessions.gateway.0.cookies.end());
    }
    let ended = sessions.accounts.end(&page, refresh.as_deref(), access.as_deref()).await;
    match ended {
        Err(answer) => answer,
        Ok(()) => with_cookies(StatusCode::NO_CONTENT, sessions.gateway.0.cookies.end()),
    }
}

/// A refresh token of a cookie, and whose it says that it is.
struct Refresh {
    text: String,
    account: Option<AccountId>,
}

impl Sessions {
    /// Whether a request without a session comes from a page of this site. Where a session's cookies count, the filters
    /// have checked more than that.
    fn is_of_this_site(&self, page: &Parts) -> bool {
        let is_checked = page.extensions.get::<Caller>().is_some_and(Caller::is_by_cookie);
        is_checked || is_shown(&page.headers) || self.gateway.0.sites.sent(&page.headers)
    }

    /// Whether the session of a refresh token may be changed: the access token may have run out, so the CSRF token is held
    /// against the account of the refresh token.
    fn may_change(&self, page: &Parts, token: &Refresh) -> bool {
        if page.extensions.get::<Caller>().is_some_and(Caller::is_by_cookie) {
            return true;
        }
        let Some(account) = token.account else { return self.gateway.0.sites.sent(&page.headers) };
        let offered = page.headers.get("x-csrf-token").map(HeaderValue::as_bytes).unwrap_or_default();
        self.gateway.0.sites.sent(&page.headers) && self.gateway.0.cookies.proves(account, &page.headers, offered)
    }

    /// The refresh token of the cookies: one of ours before any other, since a neighbouring site can set some, too.
    fn refresh_token(&self, headers: &HeaderMap) -> Option<Refresh> {
        if is_shown(headers) {
            return None;
        }
        let now = clock::now();
        let read = |value: &[u8]| {
            let account = match self.gateway.0.tokens.read_refresh(value, now) {
                Ok(claims) | Err((_, Some(claims))) => Some(claims.sub),
                Err((_, None)) => None,
            };
            Some(Refresh { text: std::str::from_utf8(value).ok()?.to_owned(), account })
        };
        let mut all: Vec<Refresh> =
            cookies::values(headers, REFRESH_COOKIE).take(COOKIES_MAX).filter_map(read).collect();
        all.retain(|token| !token.text.is_empty());
        let best = all.iter().position(|token| token.account.is_some()).unwrap_or(0);
        (best < all.len()).then(|| all.swap_remove(best))
    }

    fn access_token(&self, headers: &HeaderMap) -> Option<String> {
        let is_good = |value: &&[u8]| self.gateway.0.tokens.read_access(value, clock::now()).is_ok();
        let value = cookies::values(headers, ACCESS_COOKIE).take(COOKIES_MAX).find(is_good)?;
        std::str::from_utf8(value).ok().map(str::to_owned)
    }

    /// Seconds until the session must be renewed again, and its cookies.
    async fn renewed(&self, page: &Parts, refresh_token: &str) -> Result<(i64, Vec<HeaderValue>), Response> {
        let session = self.accounts.refresh(page, refresh_token).await?;
        let cookies = self.gateway.0.cookies.renew(&tokens(&session), &page.headers);
        Ok((session.expires_in, cookies))
    }

    /// The user role's answer. A session that it refuses has ended for the browser, too.
    fn ended_if_refused(&self, answer: Response) -> Response {
        if answer.status() != StatusCode::UNAUTHORIZED {
            return answer;
        }
        with_cookies(answer, self.gateway.0.cookies.end())
    }
}

fn csrf_refused() -> Response {
    ApiError::new(ErrorCode::CsrfTokenInvalid).into_response()
}

fn tokens(session: &Session) -> SessionTokens<'_> {
    SessionTokens {
        account: session.user.id,
        access: &session.access_token,
        access_seconds: session.expires_in,
        refresh: &session.refresh_token,
        refresh_seconds: session.refresh_expires_in,
    }
}

fn with_cookies(answer: impl IntoResponse, cookies: Vec<HeaderValue>) -> Response {
    let mut response = answer.into_response();
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn see_other(address: &str, cookies: Vec<HeaderValue>) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    with_cookies((StatusCode::SEE_OTHER, [(LOCATION, location)]), cookies)
}

fn login_address(back: &ReturnUrl) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("returnUrl", back.as_str()).finish();
    format!("/login?{query}")
}
