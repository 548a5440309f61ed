//! Decides whether a request to a protected site may pass.
//!
//! A visitor passes if the line confirms that the visitor is inside. The cookies identify the visitor. While the line
//! is unavailable, a valid pass cookie is enough. The token in a link grants nothing: without the visitor's cookies it
//! is ignored, and with them it is removed from the address.

use super::local::{TOKEN_PARAMETER, local, wait_address, without_token};
use super::visitor_cookies::{Identity, VisitorCookies};
use domain::PassId;
use domain::line::{LineId, LineStatus};
use hot::line::{Clock, LineUser};
use lines::client::LineClient;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the line's answer about a visitor inside is cached. A pass that was given up still works for this time.
const FRESH: Duration = Duration::from_secs(3);
/// Most cached passes. Beyond it the line is asked each time.
const CACHED_MAX: usize = 50_000;

/// The decision on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessDecision {
    /// The request passes. The cookie, if any, is for the browser.
    Allowed(Option<String>),
    /// The browser must go to another address, with the cookie if there is one.
    Redirect {
        /// A path of this site.
        to: String,
        /// `Set-Cookie`.
        cookie: Option<String>,
    },
    /// There is no such line.
    NoLine,
    /// The line is unavailable, and the visitor has no valid pass cookie.
    Unavailable,
}

/// Decides on requests to sites behind lines. Cheap to clone.
#[derive(Clone)]
pub struct Checks {
    lines: LineClient,
    passes: Arc<Mutex<PassCache>>,
}

/// Passes that the lines have confirmed recently.
struct PassCache {
    passes: HashMap<LineUser, (PassId, Instant)>,
    /// When expired entries were last removed.
    swept_at: Instant,
}

impl Checks {
    /// Checks with the lines of this client.
    pub fn new(lines: LineClient) -> Self {
        Self { lines, passes: Arc::new(Mutex::new(PassCache { passes: HashMap::new(), swept_at: Instant::now() })) }
    }

    /// Decides on a request with these cookies for `original`, a path and query.
    pub async fn check(&self, line: &LineId, cookies: &VisitorCookies<'_>, original: &str) -> AccessDecision {
        let wait = |to: &str| AccessDecision::Redirect { to: wait_address(line, to), cookie: None };
        let (target, has_token) = match without_token(original) {
            Some(clean) => (clean, true),
            None => (original.to_owned(), false),
        };
        // Whoever brings no valid cookie begins anew, also with forged ones: a neighbouring site could have set them.
        let Some(Identity { visitor, pass }) = cookies.identity(line) else { return wait(&target) };
        let now = clock::now();
        let cookie_pass = pass.filter(|pass| now < pass.until).map(|pass| pass.id);
        let allow = |cookie| match has_token {
            // The visitor chooses the address: `//host` would lead to another site.
            true => AccessDecision::Redirect { to: local(&target), cookie },
            false => AccessDecision::Allowed(cookie),
        };
        let user = LineUser { line: line.clone(), user: visitor.clone() };
        if cookie_pass.is_some_and(|pass| self.is_confirmed(&user, pass)) {
            return allow(None);
        }
        match self.lines.check_in(user.clone()).await {
            Ok(LineStatus::Inside { pass, .. }) => {
                self.remember(user, pass.id);
                let has_cookie = cookie_pass == Some(pass.id);
                allow((!has_cookie).then(|| cookies.pass_cookie(line, &visitor, &pass, now)))
            }
            // A pass outlives the end of its line.
            Ok(LineStatus::NoLine) => match self.lines.port.kept_pass(&user, Clock::Engine).await {
                Ok(Some(pass)) => {
                    self.remember(user, pass.id);
                    let has_cookie = cookie_pass == Some(pass.id);
                    allow((!has_cookie).then(|| cookies.pass_cookie(line, &visitor, &pass, now)))
                }
                Ok(None) => AccessDecision::NoLine,
                Err(_) if cookie_pass.is_some() => allow(None),
                Err(_) => AccessDecision::Unavailable,
            },
            Ok(_) => wait(&target),
            // While the line is unavailable, visitors inside stay inside and no visitor is admitted.
            Err(_) if cookie_pass.is_some() => allow(None),
            Err(_) => AccessDecision::Unavailable,
        }
    }

    fn is_confirmed(&self, user: &LineUser, pass: PassId) -> bool {
        let cache = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        cache.passes.get(user).is_some_and(|(id, confirmed_at)| *id == pass && confirmed_at.elapsed() < FRESH)
    }

    fn remember(&self, user: LineUser, pass: PassId) {
        let mut cache = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        // Expired entries are removed at most once in this time: a full scan for each request would cost too much.
        if cache.passes.len() >= CACHED_MAX && cache.swept_at.elapsed() >= FRESH {
            cache.passes.retain(|_, (_, confirmed_at)| confirmed_at.elapsed() < FRESH);
            cache.swept_at = Instant::now();
        }
        if cache.passes.len() < CACHED_MAX {
            cache.passes.insert(user, (pass, Instant::now()));
        }
    }
}

/// The address of an admitted visitor: the requested address, with the token.
pub fn admitted_address(to: &str, pass: PassId) -> String {
    let (path, query) = to.split_once('?').unwrap_or((to, ""));
    let separator = if query.is_empty() { "" } else { "&" };
    format!("{path}?{query}{separator}{TOKEN_PARAMETER}=qr_{pass}")
}
