//! The waiting page: the same one before seats, before coupons and before other sites (WEB-003).
//!
//! ```text
//! place    the page of a person with a place: rank, wait, what the operator says; live by `assets/wait.js`
//! notice   the page of a person without one: why, and what to do; also: leave the line?
//! ask      what a line asks for before it gives a place
//! ```
//!
//! It stands alone, with one small style sheet and no menu: before another site its links would lead nowhere, and before a sale
//! it is the page that most people load at once.

mod ask;
mod notice;
mod place;
#[cfg(test)]
mod tests;

pub use ask::{Question, ask};
pub use notice::{Action, Form, Notice, notice};
pub use place::{Place, Standing, waiting};

/// What a line is before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The seats of a schedule.
    Schedule,
    /// A campaign's coupons.
    Gate,
    /// Another site.
    Site,
}

impl Kind {
    /// The word in `data-kind`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Gate => "gate",
            Self::Site => "site",
        }
    }
}

/// A line as its page names it.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is before.
    pub kind: Kind,
    /// As addresses name it: a schedule's id, `gate:shoes`, a site's name, escaped.
    pub name: String,
    /// What people wait for, in words; none before a site.
    pub about: Option<String>,
    /// The address of its waiting page.
    pub here: String,
}

impl Line {
    /// Whether it is before another site, of which this page knows nothing.
    pub fn is_of_site(&self) -> bool {
        self.kind == Kind::Site
    }

    /// The page's address with one more parameter.
    pub fn here_with(&self, parameter: &str) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}{parameter}", self.here)
    }
}
