//! Names that tell a stranger nothing (W14): the line before a campaign of another tenant than `default` exists only for the
//! holders of that tenant's keys, and for those whom they have given the line's public name.
//!
//! ```text
//! public name   public:<32 digits>     the first half of HMAC-SHA-256 under queue.cookie_key over "public" and the line, each
//!                                      with a line feed
//! ```
//!
//! A name follows from the key, so nothing is stored, and all servers that share lines and key give the same one. Names of the
//! previous key stay valid. No name says anything about another line.

use super::cookie_keys::CookieKeys;
use domain::line::LineId;
use hot::HotError;
use lines::LineClient;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Begins every public name; no line, campaign or tenant has such a name in an address.
const PREFIX: &str = "public:";
/// 128 bits: nobody finds one by trying.
const DIGITS: usize = 32;
/// An unknown name lets the list of lines be read again this often at most.
const READ_EVERY: Duration = Duration::from_secs(1);

/// The public names of all lines. Cheap to clone; all clones share what they know.
#[derive(Clone)]
pub struct PublicNames {
    /// The lines.
    pub lines: LineClient,
    keys: Option<Arc<CookieKeys>>,
    /// As many as there are lines, twice with a previous key.
    known: Arc<RwLock<HashMap<String, LineId>>>,
    read_at: Arc<Mutex<Option<Instant>>>,
}

/// The names of a line by the key in force and by the previous one.
fn names_of(keys: &CookieKeys, line: &LineId) -> Vec<String> {
    let signatures = keys.signatures(&["public", &line.to_string()]);
    signatures.into_iter().map(|signature| format!("{PREFIX}{}", &signature[..DIGITS])).collect()
}

impl PublicNames {
    /// `keys`: those that all servers of these lines share; without any there are no public names.
    pub fn new(lines: LineClient, keys: Option<Arc<CookieKeys>>) -> Self {
        Self { lines, keys, known: Arc::default(), read_at: Arc::default() }
    }

    /// Whether this is the form of a public name.
    pub fn is_one(name: &str) -> bool {
        name.starts_with(PREFIX)
    }

    /// The public name of a line; none if servers do not share a key.
    pub fn of(&self, line: &LineId) -> Option<String> {
        let name = names_of(self.keys.as_ref()?, line).into_iter().next()?;
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), line.clone());
        Some(name)
    }

    /// The line with this public name; none if there is none. A line made on another server is found within a second.
    ///
    /// # Errors
    /// When the lines cannot be read.
    pub async fn line(&self, name: &str) -> Result<Option<LineId>, HotError> {
        let Some(keys) = &self.keys else { return Ok(None) };
        if let Some(line) = self.known_line(name) {
            return Ok(Some(line));
        }
        // One call reads for all that wait here.
        let mut read_at = self.read_at.lock().await;
        if read_at.is_none_or(|at| at.elapsed() >= READ_EVERY) {
            let lines = self.lines.port.lines().await?;
            let named =
                lines.iter().flat_map(|line| names_of(keys, line).into_iter().map(move |name| (name, line.clone())));
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = named.collect();
            *read_at = Some(Instant::now());
        }
        Ok(self.known_line(name))
    }

    fn known_line(&self, name: &str) -> Option<LineId> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_from_key_and_line_alone() {
        let keys = |newest: u8, previous: Option<u8>| {
            let previous = previous.map(|byte| [byte; 32]);
            CookieKeys::new(&[newest; 32], previous.as_ref().map(|key| &key[..])).expect("long enough")
        };
        let line = |name: &str| name.parse::<LineId>().expect("a line");
        let (shoes, hats) = (line("gate:acme/shoes"), line("gate:acme/hats"));
        let named = names_of(&keys(7, None), &shoes);
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].len(), PREFIX.len() + DIGITS);
        assert!(PublicNames::is_one(&named[0]) && !PublicNames::is_one("gate:acme~shoes"));
        assert_eq!(named, names_of(&keys(7, None), &shoes), "on every server");
        assert_ne!(named, names_of(&keys(7, None), &hats));
        assert_ne!(named, names_of(&keys(8, None), &shoes));
        assert_eq!(names_of(&keys(8, Some(7)), &shoes)[1], named[0], "a key is changed while people wait");
    }
}
