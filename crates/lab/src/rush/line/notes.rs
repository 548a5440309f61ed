//! What the crowd at a line has heard, and what of it is wrong.

use super::super::crowd::user_id;
use super::super::tally::Tally;
use super::tracks::Tracks;
use crate::load::latency_histogram;
use hdrhistogram::Histogram;

/// Examples of each wrong that are kept word for word.
const EXAMPLES_MAX: usize = 3;

/// Something that must not be: how often it was, and some examples.
#[derive(Clone, Debug, Default)]
pub(super) struct Wrong {
    pub(super) count: u64,
    pub(super) examples: Vec<String>,
}

impl Wrong {
    /// It happened to that person.
    pub(super) fn note(&mut self, user: u32, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(format!("{}: {}", user_id(user), what()));
        }
    }
}

/// Everything heard.
pub(super) struct Notes {
    pub(super) tally: Tally,
    /// People who heard a yes.
    pub(super) served: Vec<u32>,
    pub(super) entered: u64,
    pub(super) left: u64,
    pub(super) came_back: u64,
    pub(super) asked_twice: u64,
    /// Requests past the line.
    pub(super) cheats: u64,
    pub(super) ranks_heard: u64,
    /// Ranks that could be compared with those of people who came later.
    pub(super) compared: u64,
    pub(super) documents: u64,
    /// Whether somebody was dealt with by others: then a place may be taken up again without anybody's fault.
    pub(super) is_processed: bool,
    /// People whose pass ran out before they used it.
    pub(super) lapsed: u64,
    pub(super) entering_us: Histogram<u64>,
    pub(super) looking_us: Histogram<u64>,
    pub(super) tracks: Tracks,
    /// A coupon without having been let in, or a second one.
    pub(super) got_past: Wrong,
    /// A worse rank than before.
    pub(super) worsened: Wrong,
    /// A place that is there no more, or another than before.
    pub(super) lost_places: Wrong,
    /// Somebody who came later stands before.
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
