//! Whether a request to a protected site may go through.
//!
//! A visitor goes through who is inside by the line's own word. The cookies say who it is and, for as long as the line
//! does not answer, that it was so. The token in a link has no power: without the cookies of the visitor whom it was
//! given to it opens nothing, and with them it is taken off the address.

use super::local::{TOKEN_PARAMETER, local, wait_address, without_token};
use super::visitor::{Caller, Carried};
use domain::line::{LineId, LineStatus};
use hot::line::LineUser;
use lines::client::LineClient;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long the line's word about somebody inside counts: so much longer a pass that was given up still opens.
const FRESH: Duration = Duration::from_secs(3);
/// Most visitors of whom it is kept. Beyond it the line is asked each time.
const KEPT_MAX: usize = 50_000;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes through. The cookie, if any, is for the browser.
    Through(Option<String>),
    /// Not like this: the browser asks again at the address, with the cookie if there is one.
    Elsewhere {
        /// A path of this site.
        to: String,
        /// `Set-Cookie`.
        cookie: Option<String>,
    },
    /// Cookies that were not made for this browser.
    Refused,
    /// There is no such line.
    NoLine,
    /// Nobody can tell right now.
    Away,
}

/// Decides on requests to sites behind lines. Cheap to clone.
#[derive(Clone)]
pub struct Checks {
    lines: LineClient,
    kept: Arc<Mutex<Kept>>,
}

/// Passes that the lines have confirmed a moment ago.
struct Kept {
    passes: HashMap<LineUser, (Uuid, Instant)>,
    /// When those that are no longer fresh were last taken out.
    swept_at: Instant,
}

impl Checks {
    /// Checks with a desk's lines.
    pub fn new(lines: LineClient) -> Self {
        Self { lines, kept: Arc::new(Mutex::new(Kept { passes: HashMap::new(), swept_at: Instant::now() })) }
    }

    /// Decides on a request of `caller` for `original`, a path and query.
    pub async fn check(&self, line: &LineId, caller: &Caller<'_>, original: &str) -> Verdict {
        let wait = |to: &str| Verdict::Elsewhere { to: wait_address(line, to), cookie: None };
        let (asked, has_token) = match without_token(original) {
            Some(clean) => (clean, true),
            None => (original.to_owned(), false),
        };
        let visitor = match caller.visitor() {
            Carried::Nothing => return wait(&asked),
            Carried::Forged => return Verdict::Refused,
            Carried::Valid(visitor) => visitor,
        };
        let now = clock::now();
        let carried = match caller.pass(line, &visitor) {
            Carried::Nothing => None,
            Carried::Forged => return Verdict::Refused,
            Carried::Valid(pass) => Some(pass).filter(|pass| now < pass.until).map(|pass| pass.id),
        };
        let through = |cookie| match has_token {
            // The address was the visitor's to write: `//host` would lead elsewhere.
            true => Verdict::Elsewhere { to: local(&asked), cookie },
            false => Verdict::Through(cookie),
        };
        let who = LineUser { line: line.clone(), user: visitor.clone() };
        if carried.is_some_and(|pass| self.is_kept(&who, pass)) {
            return through(None);
        }
        match self.lines.look(who.clone()).await {
            Ok(LineStatus::Inside { pass, .. }) => {
                self.keep(who, pass.id);
                let has_cookie = carried == Some(pass.id);
                through((!has_cookie).then(|| caller.pass_cookie(line, &visitor, &pass, now)))
            }
            Ok(LineStatus::NoLine) => Verdict::NoLine,
            Ok(_) => wait(&asked),
            // Who was let in stays in; nobody comes in anew.
            Err(_) if carried.is_some() => through(None),
            Err(_) => Verdict::Away,
        }
    }

    fn is_kept(&self, who: &LineUser, pass: Uuid) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.passes.get(who).is_some_and(|(id, heard_at)| *id == pass && heard_at.elapsed() < FRESH)
    }

    fn keep(&self, who: LineUser, pass: Uuid) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked through once in that time at most: what is fresh now is not worth a look for everybody who comes.
        if kept.passes.len() >= KEPT_MAX && kept.swept_at.elapsed() >= FRESH {
            kept.passes.retain(|_, (_, heard_at)| heard_at.elapsed() < FRESH);
            kept.swept_at = Instant::now();
        }
        if kept.passes.len() < KEPT_MAX {
            kept.passes.insert(who, (pass, Instant::now()));
        }
    }
}

/// Where somebody goes who has been let in: the address that was asked for, with the token.
pub fn admitted_address(to: &str, pass: Uuid) -> String {
    let (path, query) = to.split_once('?').unwrap_or((to, ""));
    let and = if query.is_empty() { "" } else { "&" };
    format!("{path}?{query}{and}{TOKEN_PARAMETER}=qr_{pass}")
}
