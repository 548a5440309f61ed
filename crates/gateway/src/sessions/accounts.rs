//! The calls of the user role that sessions are made of: its internal routes, in memory or over HTTP, past the filters and
//! by the breaker. The ten seconds in which a token is told again (amendment 13) are thus no stranger's to ask for.

use crate::filter::Way;
use crate::{Gateway, Service};
use access::internal::INTERNAL_KEY_HEADER;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use domain::AccountId;
use domain::account::UserRole;
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::request::Parts;
use http::{HeaderValue, Method, Uri};
use onsale_http::{ApiError, ClientIp, Language, Network, TraceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use tower::ServiceExt;

const LOGIN: &str = "/internal/sessions/login";
const REFRESH: &str = "/internal/sessions/refresh";
const END: &str = "/internal/sessions/end";
const USERS: &str = "/internal/users/";

/// Largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 65_536;

/// The user role.
#[derive(Clone)]
pub(super) struct Accounts {
    gateway: Gateway,
    router: Router,
}

/// A session that has begun, or was renewed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    /// Seconds that the access token is good.
    pub(super) expires_in: i64,
    /// Seconds that the refresh token is good.
    pub(super) refresh_expires_in: i64,
    pub(super) user: User,
}

/// A person.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: AccountId,
    pub(super) name: Option<String>,
    pub(super) role: UserRole,
}

/// Where a page's browser is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Caller {
    ip_address: Option<String>,
    network: Option<String>,
    user_agent: String,
}

impl Caller {
    fn of(page: &Parts) -> Self {
        let agent = page.headers.get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
        Self {
            ip_address: page.extensions.get::<ClientIp>().map(|client| client.0.to_string()),
            network: page.extensions.get::<Network>().map(ToString::to_string),
            user_agent: String::from_utf8_lossy(agent).into_owned(),
        }
    }
}

impl Accounts {
    pub(super) fn new(gateway: Gateway, router: Router) -> Self {
        Self { gateway, router }
    }

    /// Logs in with the fields that the page sent.
    ///
    /// # Errors
    /// The user role's own answer.
    pub(super) async fn log_in(&self, page: &Parts, mut fields: Map<String, Value>) -> Result<Session, Response> {
        // A page that names a caller itself is not believed.
        fields.insert("caller".to_owned(), json!(Caller::of(page)));
        self.read(self.post(page, LOGIN, &Value::Object(fields))).await
    }

    /// A new pair for a refresh token.
    ///
    /// # Errors
    /// The user role's own answer.
    pub(super) async fn refresh(&self, page: &Parts, refresh_token: &str) -> Result<Session, Response> {
        let body = json!({"refreshToken": refresh_token, "caller": Caller::of(page)});
        self.read(self.post(page, REFRESH, &body)).await
    }

    /// Ends the session of these tokens, whatever their state.
    ///
    /// # Errors
    /// The user role's own answer.
    pub(super) async fn end(&self, page: &Parts, refresh: Option<&str>, access: Option<&str>) -> Result<(), Response> {
        let response = self.call(self.post(page, END, &json!({"refreshToken": refresh, "accessToken": access}))).await;
        if response.status().is_success() { Ok(()) } else { Err(response) }
    }

    /// Who a person is.
    ///
    /// # Errors
    /// The user role's own answer: 404 for who has no account any more.
    pub(super) async fn user(&self, page: &Parts, id: AccountId) -> Result<User, Response> {
        let uri = format!("{USERS}{id}").parse().map_err(|error| ApiError::internal(error).into_response())?;
        self.read(self.request(page, Method::GET, uri, Body::empty())).await
    }

    fn post(&self, page: &Parts, path: &'static str, body: &Value) -> Request {
        let body = Body::from(body.to_string());
        let mut request = self.request(page, Method::POST, Uri::from_static(path), body);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }

    /// A request on behalf of a page: its browser, language, network and trace id are the page's.
    fn request(&self, page: &Parts, method: Method, uri: Uri, body: Body) -> Request {
        let mut request = Request::new(body);
        (*request.method_mut(), *request.uri_mut()) = (method, uri);
        for name in [USER_AGENT, ACCEPT_LANGUAGE] {
            if let Some(value) = page.headers.get(&name) {
                request.headers_mut().insert(name, value.clone());
            }
        }
        if let Ok(mut key) = HeaderValue::from_str(&self.gateway.0.settings.service_key) {
            key.set_sensitive(true);
            request.headers_mut().insert(HeaderName::from_static(INTERNAL_KEY_HEADER), key);
        }
        copy::<TraceId>(page, &mut request);
        copy::<Language>(page, &mut request);
        copy::<ClientIp>(page, &mut request);
        copy::<Network>(page, &mut request);
        copy::<ConnectInfo<SocketAddr>>(page, &mut request);
        request
    }

    async fn call(&self, request: Request) -> Response {
        let parts = &*self.gateway.0;
        let way = Way { service: Service::User, time_limit: Some(parts.settings.time_limits.usual) };
        let router = self.router.clone();
        let answer = async |request| match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        parts.run(way, request, answer).await
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, request: Request) -> Result<T, Response> {
        let response = self.call(request).await;
        if !response.status().is_success() {
            return Err(response);
        }
        let body = axum::body::to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
        let body = body.map_err(|error| ApiError::internal(error).into_response())?;
        serde_json::from_slice(&body).map_err(|error| {
            // Its text could show a token.
            let why = format!("the user role's answer has another form, at column {}", error.column());
            ApiError::internal(why).into_response()
        })
    }
}

fn copy<T: Clone + Send + Sync + 'static>(page: &Parts, request: &mut Request) {
    if let Some(value) = page.extensions.get::<T>() {
        request.extensions_mut().insert(value.clone());
    }
}
