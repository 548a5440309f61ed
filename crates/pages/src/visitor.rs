//! Who looks at a page.

use crate::looks::DEFAULT;
use crate::problem::Problem;
use crate::{Pages, api};
use access::session_cookies::{ACCESS_COOKIE, CSRF_COOKIE};
use axum::extract::FromRequestParts;
use http::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, COOKIE, ORIGIN, REFERER, USER_AGENT};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Method};
use onsale_http::head::cookies;
use onsale_http::limits::OneVisit;
use onsale_http::{ClientIp, Language, Network, TraceId};
use serde::Deserialize;
use std::convert::Infallible;
use std::ops::Deref;
use web::{UNSENT, Visit};

/// The cookie with the chosen language.
pub(crate) const LANGUAGE_COOKIE: &str = "lang";
/// What of the visitor's request the API gets to see.
const SENT_ON: [http::HeaderName; 5] = [COOKIE, ORIGIN, REFERER, USER_AGENT, ACCEPT_LANGUAGE];

/// Who looks at a page, with what is sent on to the API. Derefs to [`Visit`]: `visitor.lang`, `visitor.t()`, `visitor.here`.
#[derive(Clone, Debug)]
pub struct Visitor {
    visit: Visit,
    /// The method of the page's own request.
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    /// Which compressed forms the browser takes.
    pub(crate) encodings: String,
    pub(crate) extensions: Extensions,
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SessionUser {
    /// The account's id.
    pub id: String,
    /// How the person is called.
    pub name: String,
    /// `USER` or `ADMIN`.
    pub role: String,
}

impl SessionUser {
    /// Whether the person runs the evening.
    pub fn is_admin(&self) -> bool {
        self.role == "ADMIN"
    }
}

#[derive(Deserialize)]
struct Session {
    user: Option<SessionUser>,
}

impl Deref for Visitor {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl AsRef<Visit> for Visitor {
    fn as_ref(&self) -> &Visit {
        &self.visit
    }
}

impl Visitor {
    /// From the head of a request, in the look of this name.
    pub(crate) async fn in_look(parts: &Parts, pages: &Pages, name: &str) -> Self {
        let mut visitor = Self::of(parts);
        visitor.visit.look = pages.look(&visitor, name).await;
        visitor
    }

    /// From the head of a request.
    pub fn of(parts: &Parts) -> Self {
        let csrf = cookie(&parts.headers, CSRF_COOKIE);
        let visit = Visit {
            lang: language(parts),
            here: here(parts),
            signed_in: csrf.is_some() || cookie(&parts.headers, ACCESS_COOKIE).is_some(),
            csrf,
            is_public: false,
            look: None,
        };
        let mut headers = HeaderMap::new();
        for name in SENT_ON {
            for value in parts.headers.get_all(&name) {
                headers.append(name.clone(), value.clone());
            }
        }
        let mut extensions = Extensions::new();
        pass_on::<ClientIp>(parts, &mut extensions);
        pass_on::<Network>(parts, &mut extensions);
        pass_on::<TraceId>(parts, &mut extensions);
        extensions.insert(visit.lang);
        extensions.insert(OneVisit::default());
        let encodings = parts.headers.get(ACCEPT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
        let encodings = String::from_utf8_lossy(encodings).into_owned();
        Self { visit, method: parts.method.clone(), headers, encodings, extensions }
    }

    /// The person who is logged in.
    ///
    /// # Errors
    /// A [`Problem`] that leads on: to `/session/renew` where the session may only need its renewal, else to `/login`.
    pub async fn require(&self, pages: &Pages) -> Result<SessionUser, Problem> {
        match self.user(pages).await? {
            Some(user) => Ok(user),
            None => Err(self.to_login_without_the_form()),
        }
    }

    /// The person who is logged in, if somebody is.
    ///
    /// # Errors
    /// What the API refused.
    pub async fn user(&self, pages: &Pages) -> Result<Option<SessionUser>, Problem> {
        if !self.signed_in {
            return Ok(None);
        }
        pages.api.get::<Session>(self, "/session").await.map(|session| session.user)
    }

    /// Leads to the log-in and back here.
    pub fn to_login(&self) -> Problem {
        self.to_login_and_back(&self.here)
    }

    /// As [`Visitor::to_login`]. A form is lost on the way: the page that comes after says so.
    pub fn to_login_without_the_form(&self) -> Problem {
        match self.method {
            Method::GET | Method::HEAD => self.to_login(),
            _ => {
                let mark = if self.here.contains('?') { '&' } else { '?' };
                self.to_login_and_back(&format!("{}{mark}{UNSENT}", self.here))
            }
        }
    }

    fn to_login_and_back(&self, back: &str) -> Problem {
        let to = if self.csrf.is_some() { "/session/renew" } else { "/login" };
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("returnUrl", back).finish();
        Problem::redirect(self, format!("{to}?{query}"))
    }

    /// The same visitor as nobody: without cookies, at another address. What a page for everybody is made for.
    #[must_use]
    pub(crate) fn everybody(&self, here: String) -> Self {
        let visit =
            Visit { lang: self.lang, here, csrf: None, signed_in: false, is_public: true, look: self.look.clone() };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(self.lang.as_str()));
        Self { visit, method: Method::GET, headers, encodings: String::new(), extensions: self.extensions.clone() }
    }

    /// The trace id of the request.
    pub fn trace(&self) -> String {
        self.extensions.get::<TraceId>().map_or_else(String::new, ToString::to_string)
    }

    /// The value of one of the visitor's cookies.
    pub fn cookie(&self, name: &str) -> Option<String> {
        cookie(&self.headers, name)
    }
}

impl FromRequestParts<Pages> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Infallible> {
        if parts.uri.path().starts_with("/console") {
            return Ok(Self::of(parts));
        }
        Ok(Self::in_look(parts, pages, DEFAULT).await)
    }
}

fn pass_on<T: Clone + Send + Sync + 'static>(parts: &Parts, extensions: &mut Extensions) {
    if let Some(value) = parts.extensions.get::<T>() {
        extensions.insert(value.clone());
    }
}

/// The first cookie of a name that is not empty.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = cookies::values(headers, name).find(|value| !value.is_empty())?;
    std::str::from_utf8(value).ok().map(str::to_owned)
}

/// What the address asks for.
pub(crate) fn asked_language(query: Option<&str>) -> Option<Language> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let asked = pairs.filter(|(name, _)| name == "lang").last();
    asked.and_then(|(_, tag)| known(&tag))
}

fn known(tag: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| language.as_str() == tag)
}

/// By the address, then the cookie, then the header; Korean where none says anything.
fn language(parts: &Parts) -> Language {
    let kept = || cookie(&parts.headers, LANGUAGE_COOKIE).and_then(|tag| known(&tag));
    let header = || {
        let header = parts.headers.get(ACCEPT_LANGUAGE).map(HeaderValue::as_bytes);
        Language::from_accept(header, Language::Ko)
    };
    asked_language(parts.uri.query()).or_else(kept).unwrap_or_else(header)
}

/// Path and query without `lang`.
fn here(parts: &Parts) -> String {
    let path = parts.uri.path();
    let Some(query) = parts.uri.query() else { return path.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// Of a page's request, what the API's request begins with.
pub(crate) fn request(visitor: &Visitor, method: Method, path: &str) -> Result<http::request::Builder, Problem> {
    let mut builder = http::Request::builder().method(method).uri(path);
    let Some(headers) = builder.headers_mut() else {
        return Err(Problem::new(visitor, http::StatusCode::NOT_FOUND, "NOT_FOUND"));
    };
    headers.extend(visitor.headers.clone());
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(visitor.lang.as_str()));
    headers.insert(http::header::ACCEPT, HeaderValue::from_static(api::JSON));
    if let Some(extensions) = builder.extensions_mut() {
        extensions.extend(visitor.extensions.clone());
    }
    Ok(builder)
}
