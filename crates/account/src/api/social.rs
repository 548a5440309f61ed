//! Routes of social log-in (AUTH-007).

use crate::origin::Origin;
use crate::outside::OauthProvider;
use crate::pairs::Session;
use crate::service::AccountService;
use crate::social::{Ended, Purpose, Returned, STATE_MS, Social, method};
use crate::views::social::{LinkView, LinkedView};
use ::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use ::http::{HeaderMap, HeaderValue, StatusCode};
use access::session_cookies::SetCookie;
use access::{Person, SessionCookies, SessionTokens};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json as Answer, Router};
use domain::ErrorCode;
use domain::account::ReturnUrl;
use onsale_http::docs::ErrorBody;
use onsale_http::head::cookies;
use onsale_http::{ApiError, Path, Query};
use serde::Deserialize;
use utoipa::OpenApi;

/// The cookie with the browser's halves of the states that it has begun, on plain HTTP.
pub const STATE_COOKIE: &str = "oauthState";
/// The same where cookies are `Secure`: a neighbouring site cannot set one of this name (RFC 6265bis, 4.1.3.2), and so log
/// nobody in as somebody else.
pub const STATE_COOKIE_SECURE: &str = "__Host-oauthState";
/// Log-ins that one browser may have begun: one in each of some tabs. The oldest is given up.
const BEGUN_MAX: usize = 4;
/// Characters of a half: 32 bytes in Base64.
const HALF_LENGTH: usize = 43;

/// What the routes need.
#[derive(Clone)]
struct SocialRoutes {
    accounts: AccountService,
    social: Social,
    cookies: SessionCookies,
}

/// The routes. `cookies` writes those of the sessions.
pub fn routes(accounts: AccountService, cookies: SessionCookies) -> Router {
    Router::new()
        .route("/auth/oauth2/{provider}", get(begin))
        .route("/auth/oauth2/{provider}/callback", get(callback))
        .route("/auth/oauth2/{provider}/link", post(link))
        .route("/users/me/social", get(linked))
        .route("/users/me/social/{provider}", delete(unlink))
        .with_state(SocialRoutes { social: Social::of(&accounts), accounts, cookies })
}

/// These routes' part of the API document.
#[derive(OpenApi)]
#[openapi(paths(begin, callback, link, linked, unlink))]
pub struct SocialDocument;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begin {
    return_url: Option<String>,
}

/// Sends the browser to a provider. Afterwards it goes to `returnUrl`, a path of this site; anything else is `/`.
#[utoipa::path(get, path = "/auth/oauth2/{provider}", tag = "accounts",
    params(("provider" = String, Path, description = "kakao, naver or google"), ("returnUrl" = Option<String>, Query)),
    responses((status = 302, description = "To the provider", headers(("Location" = String))),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn begin(
    State(parts): State<SocialRoutes>,
    Path(provider): Path<String>,
    Query(query): Query<Begin>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let to = ReturnUrl::read(query.return_url.as_deref());
    let begun = parts.social.begin(&provider, Purpose::LogIn, &to).await?;
    let cookie = parts.with_begun(&headers, &begun.binding);
    Ok(sent(StatusCode::FOUND, &begun.location, cookie))
}

#[derive(Debug, Deserialize)]
struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// The browser comes back from a provider: with a session to `returnUrl`; to `/login?link=` where no account is linked; to
/// `/login?error=` where the person or the provider refused, the provider is away, or the account sleeps.
#[utoipa::path(get, path = "/auth/oauth2/{provider}/callback", tag = "accounts",
    params(("provider" = String, Path, description = "kakao, naver or google"), ("state" = Option<String>, Query),
        ("code" = Option<String>, Query), ("error" = Option<String>, Query)),
    responses((status = 303, description = "On", headers(("Location" = String))), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn callback(
    State(parts): State<SocialRoutes>,
    Path(provider): Path<String>,
    Query(query): Query<Callback>,
    origin: Origin,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let begun = parts.halves(&headers);
    let code = query.code.as_deref().filter(|_| query.error.is_none());
    let returned = Returned { state: query.state.as_deref(), code, bindings: &begun };
    let (location, cookies) = match parts.social.end(&provider, &returned).await? {
        Ended::Known { account, to, binding } => {
            let provider: OauthProvider = provider.parse().map_err(|_| ErrorCode::NotFound)?;
            match parts.accounts.log_in_known(account, method(provider), &origin).await? {
                Ok(session) => {
                    let mut cookies = parts.cookies.begin(&tokens(&session));
                    cookies.extend(parts.without(&begun, &binding));
                    (to.as_str().to_owned(), cookies)
                }
                Err(failure) => (refused(failure.as_str()), Vec::new()),
            }
        }
        Ended::Linked { to, binding } => (to.as_str().to_owned(), parts.without(&begun, &binding)),
        Ended::Nobody => (format!("/login?link={provider}"), Vec::new()),
        Ended::Refused => (refused("OAUTH_REFUSED"), Vec::new()),
        Ended::Away => (refused("OAUTH_UNAVAILABLE"), Vec::new()),
    };
    Ok(sent(StatusCode::SEE_OTHER, &location, cookies))
}

/// Begins to link one's account to a person of a provider: the browser goes to `location`.
#[utoipa::path(post, path = "/auth/oauth2/{provider}/link", tag = "accounts", security(("accessToken" = [])),
    params(("provider" = String, Path, description = "kakao, naver or google"), ("returnUrl" = Option<String>, Query)),
    responses((status = 200, body = LinkView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn link(
    State(parts): State<SocialRoutes>,
    person: Person,
    Path(provider): Path<String>,
    Query(query): Query<Begin>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let to = ReturnUrl::read(query.return_url.as_deref());
    let begun = parts.social.begin(&provider, Purpose::Link(person.id), &to).await?;
    let mut response = Answer(LinkView { location: begun.location }).into_response();
    add_cookies(&mut response, parts.with_begun(&headers, &begun.binding));
    Ok(response)
}

/// Where one's account is linked: the providers by which one may log in.
#[utoipa::path(get, path = "/users/me/social", tag = "accounts", security(("accessToken" = [])),
    responses((status = 200, body = LinkedView), (status = 401, body = ErrorBody)))]
async fn linked(State(parts): State<SocialRoutes>, person: Person) -> Result<Response, ApiError> {
    let linked = parts.social.linked(person.id).await?;
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Answer(linked)).into_response())
}

/// Ends the link of one's account to a person of a provider.
#[utoipa::path(delete, path = "/users/me/social/{provider}", tag = "accounts", security(("accessToken" = [])),
    params(("provider" = String, Path, description = "kakao, naver or google")),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn unlink(
    State(parts): State<SocialRoutes>,
    person: Person,
    Path(provider): Path<String>,
) -> Result<StatusCode, ApiError> {
    parts.social.unlink(&provider, person.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl SocialRoutes {
    fn cookie_name(&self) -> &'static str {
        if self.cookies.is_secure() { STATE_COOKIE_SECURE } else { STATE_COOKIE }
    }

    /// What the browser keeps of log-ins that it has begun. What is no half of ours is passed over.
    fn halves<'a>(&self, request: &'a HeaderMap) -> Vec<&'a str> {
        let is_half = |half: &&str| {
            half.len() == HALF_LENGTH && half.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let values = cookies::values(request, self.cookie_name());
        let texts = values.filter_map(|value| std::str::from_utf8(value).ok());
        texts.flat_map(|value| value.split('.')).filter(is_half).take(2 * BEGUN_MAX).collect()
    }

    /// The cookie with one more half, the newest first.
    fn with_begun(&self, request: &HeaderMap, binding: &str) -> Vec<HeaderValue> {
        let older = self.halves(request).into_iter().take(BEGUN_MAX - 1);
        self.state_cookie(&std::iter::once(binding).chain(older).collect::<Vec<_>>())
    }

    /// The cookie without a half that is used up.
    fn without(&self, begun: &[&str], binding: &str) -> Vec<HeaderValue> {
        let rest = begun.iter().copied().filter(|half| *half != binding).take(BEGUN_MAX);
        self.state_cookie(&rest.collect::<Vec<_>>())
    }

    fn state_cookie(&self, halves: &[&str]) -> Vec<HeaderValue> {
        let seconds = if halves.is_empty() { 0 } else { STATE_MS as i64 / 1_000 };
        let value = halves.join(".");
        let cookie = SetCookie { name: self.cookie_name(), value: &value, path: "/", seconds, is_http_only: true };
        self.cookies.set(&cookie).into_iter().collect()
    }
}

fn tokens(session: &Session) -> SessionTokens<'_> {
    SessionTokens {
        account: session.account,
        access: &session.access_token,
        access_seconds: session.expires_in,
        refresh: &session.refresh_token,
        refresh_seconds: session.refresh_expires_in,
    }
}

fn refused(why: &str) -> String {
    format!("/login?error={why}")
}

fn sent(status: StatusCode, location: &str, cookies: Vec<HeaderValue>) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return ApiError::internal("an address of a redirection cannot be written").into_response();
    };
    let mut response = (status, [(LOCATION, location)]).into_response();
    add_cookies(&mut response, cookies);
    response
}

fn add_cookies(response: &mut Response, cookies: Vec<HeaderValue>) {
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
