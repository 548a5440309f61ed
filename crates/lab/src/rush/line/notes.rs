//! The observations at a line, and the violations among them.

use super::super::crowd::user_id;
use super::super::tally::Tally;
use super::tracks::Tracks;
use crate::load::latency_histogram;
use hdrhistogram::Histogram;

/// Number of stored examples per kind of violation.
const EXAMPLES_MAX: usize = 3;

/// A kind of violation: its count, and some examples.
#[derive(Clone, Debug, Default)]
pub(super) struct Wrong {
    pub(super) count: u64,
    pub(super) examples: Vec<String>,
}

impl Wrong {
    /// Counts a violation for this user.
    pub(super) fn note(&mut self, user: u32, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(format!("{}: {}", user_id(user), what()));
        }
    }
}

/// All observations.
pub(super) struct Notes {
    pub(super) tally: Tally,
    /// Users that received a coupon.
    pub(super) served: Vec<u32>,
    pub(super) entered: u64,
    pub(super) left: u64,
    pub(super) came_back: u64,
    pub(super) asked_twice: u64,
    /// Requests that try to bypass the line.
    pub(super) cheats: u64,
    pub(super) ranks_heard: u64,
    /// Ranks that were compared with those of later users.
    pub(super) compared: u64,
    pub(super) documents: u64,
    /// Whether an issuer processed users: it may return a user to the old place, which is no violation.
    pub(super) is_processed: bool,
    /// Passes that expired before use.
    pub(super) lapsed: u64,
    pub(super) entering_us: Histogram<u64>,
    pub(super) looking_us: Histogram<u64>,
    pub(super) tracks: Tracks,
    /// A coupon without admission, or a second coupon.
    pub(super) got_past: Wrong,
    /// A worse rank than before.
    pub(super) worsened: Wrong,
    /// A lost or changed place.
    pub(super) lost_places: Wrong,
    /// A later user with a better rank.
    pub(super) overtaken: Wrong,
}

impl Notes {
    pub(super) fn new(people: u32) -> Self {
        Self {
            tally: Tally::new(),
            served: Vec::new(),
            entered: 0,
            left: 0,
            came_back: 0,
            asked_twice: 0,
            cheats: 0,
            ranks_heard: 0,
            compared: 0,
            documents: 0,
            is_processed: false,
            lapsed: 0,
            entering_us: latency_histogram(),
            looking_us: latency_histogram(),
            tracks: Tracks::new(people),
            got_past: Wrong::default(),
            worsened: Wrong::default(),
            lost_places: Wrong::default(),
            overtaken: Wrong::default(),
        }
    }
}
