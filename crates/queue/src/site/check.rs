//! Decides whether a request to a protected site may pass.
//!
//! A visitor passes if the line confirms that the visitor is inside. The cookies identify the visitor. While the line
//! is unavailable, a valid pass cookie is enough. The token in a link grants nothing: without the visitor's cookies it
//! is ignored, and with them it is removed from the address. Where nobody waits, a newcomer passes at once.

use super::asker::Asker;
use super::local::{LATE, TOKEN_PARAMETER, local, wait_address, without_token};
use super::visitor_cookies::{Identity, PassCookie, VisitorCookies, new_visitor};
use domain::line::{LineId, LineStatus, Pass};
use domain::{PassId, Timestamp};
use hot::line::{Clock, LineUser};
use lines::client::LineClient;
use lines::{Returned, Straight};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the line's answer about a visitor inside is cached. A pass that was given up still works for this time.
const FRESH: Duration = Duration::from_secs(3);
/// Most cached passes. Beyond it the line is asked each time.
const CACHED_MAX: usize = 50_000;

/// Cookies for the browser: values of `Set-Cookie`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewCookies {
    /// The visitor's.
    pub visitor: Option<String>,
    /// The pass's.
    pub pass: Option<String>,
}

impl NewCookies {
    /// The visitor's first: a proxy that takes one alone takes it, and the next check gives the pass.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.visitor.iter().chain(&self.pass)
    }
}

/// The decision on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessDecision {
    /// The request passes. The cookies are for the browser.
    Allowed(NewCookies),
    /// The browser must go to another address, with these cookies.
    Redirect {
        /// A path of this site.
        to: String,
        /// The cookies.
        cookies: NewCookies,
        /// Whether this check has made a new position at the end, for a visitor who was away for too long.
        returned: Option<Returned>,
    },
    /// A robot without cookies must come again later.
    Later,
    /// There is no such line.
    NoLine,
    /// The line is unavailable, and the visitor has no valid pass cookie.
    Unavailable,
}

impl AccessDecision {
    /// The cookies for the browser.
    pub fn cookies(&self) -> &NewCookies {
        const NONE: NewCookies = NewCookies { visitor: None, pass: None };
        match self {
            Self::Allowed(cookies) | Self::Redirect { cookies, .. } => cookies,
            _ => &NONE,
        }
    }

    /// Whether this check has made a new position at the end.
    pub fn returned(&self) -> Option<Returned> {
        if let Self::Redirect { returned, .. } = self { *returned } else { None }
    }
}

/// Decides on requests to sites behind lines. Cheap to clone.
#[derive(Clone)]
pub struct Checks {
    lines: LineClient,
    straight: Straight,
    /// The life that the configuration gives a pass, if use renews passes.
    renews: Option<Duration>,
    /// [`FRESH`], or less where a pass is renewed more often.
    fresh: Duration,
    passes: Arc<Mutex<PassCache>>,
}

/// Passes that the lines have confirmed recently.
struct PassCache {
    passes: HashMap<LineUser, (PassId, Instant)>,
    /// When expired entries were last removed.
    swept_at: Instant,
}

impl Checks {
    /// Checks with the lines of this client. `renews`: use renews passes, which have this life.
    pub fn new(lines: LineClient, renews: Option<Duration>) -> Self {
        let passes = PassCache { passes: HashMap::new(), swept_at: Instant::now() };
        let fresh = renews.map_or(FRESH, |life| FRESH.min(life / 10));
        let straight = Straight::new(lines.clone());
        Self { lines, straight, renews, fresh, passes: Arc::new(Mutex::new(passes)) }
    }

    /// Decides on a request with these cookies for `original`, a path and query.
    pub async fn check(
        &self,
        line: &LineId,
        cookies: &VisitorCookies<'_>,
        original: &str,
        asker: Asker,
    ) -> AccessDecision {
        let address = Address::of(line, original, asker);
        // Whoever brings no valid cookie begins anew, also with forged ones: a neighbouring site could have set them.
        let Some(Identity { visitor, pass }) = cookies.identity(line) else {
            return self.newcomer(line, cookies, &address, asker).await;
        };
        let now = clock::now();
        let cookie_pass = pass.filter(|pass| now < pass.until);
        let user = LineUser { line: line.clone(), user: visitor };
        if cookie_pass.is_some_and(|pass| self.is_confirmed(&user, pass.id)) {
            return address.allow(NewCookies::default());
        }
        match self.lines.check_in(user.clone()).await {
            Ok(LineStatus::Inside { pass, .. }) => {
                let renewed = self.renewed(&user, &pass, now).await;
                self.remember(&user, pass.id);
                address.allow(inside(cookies, &user, renewed.as_ref().unwrap_or(&pass), cookie_pass, renewed.is_some()))
            }
            // A pass outlives the end of its line.
            Ok(LineStatus::NoLine) => match self.lines.port.kept_pass(&user, Clock::Engine).await {
                Ok(Some(pass)) => {
                    self.remember(&user, pass.id);
                    address.allow(inside(cookies, &user, &pass, cookie_pass, false))
                }
                Ok(None) => AccessDecision::NoLine,
                Err(_) if cookie_pass.is_some() => address.allow(NewCookies::default()),
                Err(_) => AccessDecision::Unavailable,
            },
            Ok(LineStatus::Absent) => match self.straight.pass(&user).await {
                Some(pass) => address.allow(inside(cookies, &user, &pass, cookie_pass, true)),
                None => address.wait(),
            },
            Ok(status) => address.wait_after(Returned::of(&status)),
            // While the line is unavailable, visitors inside stay inside and no visitor is admitted.
            Err(_) if cookie_pass.is_some() => address.allow(NewCookies::default()),
            Err(_) => AccessDecision::Unavailable,
        }
    }

    /// A visitor without a cookie of ours. A script without cookies will not send them the next time either: it would take a
    /// place inside with each request.
    async fn newcomer(
        &self,
        line: &LineId,
        cookies: &VisitorCookies<'_>,
        address: &Address<'_>,
        asker: Asker,
    ) -> AccessDecision {
        let visitor = new_visitor().filter(|_| asker != Asker::Script);
        let user = visitor.map(|user| LineUser { line: line.clone(), user });
        let pass = match &user {
            Some(user) => self.straight.pass(user).await,
            None => None,
        };
        match (user, pass) {
            (Some(user), Some(_)) if asker == Asker::Crawler => {
                self.straight.give_back(&user).await;
                address.allow(NewCookies::default())
            }
            (Some(user), Some(pass)) => address.allow(inside(cookies, &user, &pass, None, true)),
            _ if asker == Asker::Crawler => AccessDecision::Later,
            _ => address.wait(),
        }
    }

    /// The pass, if it was lengthened. The line decides when, and how often; it need not be asked before a tenth of the life
    /// has gone.
    async fn renewed(&self, user: &LineUser, pass: &Pass, now: Timestamp) -> Option<Pass> {
        let life_ms = i64::try_from(self.renews?.as_millis()).ok()?;
        if pass.until.millis() - now.millis() > life_ms - life_ms / 10 {
            return None;
        }
        // Without an answer the pass stays as it was; the next check asks again.
        self.lines.port.renew(user, Clock::Engine).await.ok().flatten()
    }

    fn is_confirmed(&self, user: &LineUser, pass: PassId) -> bool {
        let cache = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        cache.passes.get(user).is_some_and(|(id, confirmed_at)| *id == pass && confirmed_at.elapsed() < self.fresh)
    }

    fn remember(&self, user: &LineUser, pass: PassId) {
        let mut cache = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        // Expired entries are removed at most once in this time: a full scan for each request would cost too much.
        if cache.passes.len() >= CACHED_MAX && cache.swept_at.elapsed() >= FRESH {
            cache.passes.retain(|_, (_, confirmed_at)| confirmed_at.elapsed() < FRESH);
            cache.swept_at = Instant::now();
        }
        if cache.passes.len() < CACHED_MAX {
            cache.passes.insert(user.clone(), (pass, Instant::now()));
        }
    }
}

/// The requested address.
struct Address<'a> {
    line: &'a LineId,
    /// Without a token.
    target: String,
    had_token: bool,
    /// Whether the browser opens it as a page, and so can be sent to another.
    is_page: bool,
}

impl<'a> Address<'a> {
    fn of(line: &'a LineId, original: &str, asker: Asker) -> Self {
        let clean = without_token(original);
        let had_token = clean.is_some();
        Self { line, target: clean.unwrap_or_else(|| original.to_owned()), had_token, is_page: asker != Asker::Script }
    }

    /// To the waiting page; of a script to that of the first page, since its own address is none.
    fn wait(&self) -> AccessDecision {
        self.wait_after(None)
    }

    /// The same, with what this check has learnt, which the line tells once: the waiting page says it.
    fn wait_after(&self, returned: Option<Returned>) -> AccessDecision {
        let to = wait_address(self.line, if self.is_page { self.target.as_str() } else { "/" });
        let to = if returned.is_some() { to + LATE } else { to };
        AccessDecision::Redirect { to, cookies: NewCookies::default(), returned }
    }

    /// To the site; the address loses its token before.
    fn allow(&self, cookies: NewCookies) -> AccessDecision {
        if self.had_token && self.is_page {
            // The visitor chooses the address: `//host` would lead to another site.
            let to = local(&self.target).unwrap_or_else(|| "/".to_owned());
            return AccessDecision::Redirect { to, cookies, returned: None };
        }
        AccessDecision::Allowed(cookies)
    }
}

/// The cookies that a visitor inside needs, beside the pass that the browser has sent.
fn inside(
    cookies: &VisitorCookies<'_>,
    user: &LineUser,
    pass: &Pass,
    sent: Option<PassCookie>,
    needs_visitor: bool,
) -> NewCookies {
    let is_sent = sent.is_some_and(|sent| sent.id == pass.id && sent.until == pass.until);
    NewCookies {
        visitor: needs_visitor.then(|| cookies.visitor_cookie(&user.user)),
        pass: (!is_sent).then(|| cookies.pass_cookie(&user.line, &user.user, pass, clock::now())),
    }
}

/// The address of an admitted visitor: the requested address, with the token.
pub fn admitted_address(to: &str, pass: PassId) -> String {
    let (path, query) = to.split_once('?').unwrap_or((to, ""));
    let separator = if query.is_empty() { "" } else { "&" };
    format!("{path}?{query}{separator}{TOKEN_PARAMETER}=qr_{pass}")
}
