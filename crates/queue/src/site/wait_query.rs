//! The query of a waiting page's address.

use super::local::{LOST, local, wait_address};
use domain::line::LineId;

/// The query of a waiting page's address.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// the address after admission: a path of this site
    #[serde(default)]
    pub to: String,
    /// the rank at which the progress bar starts
    #[serde(default)]
    pub from: String,
    /// how often the cookie was sent
    #[serde(default)]
    pub cookie: String,
    /// `1`: the requested address could not be kept
    #[serde(default)]
    pub lost: String,
    /// `LATE`: the visitor was away for too long, and has a new position
    #[serde(default)]
    pub returned: String,
    /// `1`: only looks, and takes no position where there is none
    #[serde(default)]
    pub look: String,
    /// `1`: asks whether to leave the line; `done`: the visitor has left it
    #[serde(default)]
    pub leave: String,
}

impl WaitQuery {
    /// The address of the page: what was lost once stays so.
    pub fn here(&self, line: &LineId) -> String {
        let here = wait_address(line, &self.to);
        if self.lost == "1" && !here.ends_with(LOST) { here + LOST } else { here }
    }

    /// Whether the call before has made a new position, which the page says once: [`WaitQuery::here`] does not keep it.
    pub fn is_late(&self) -> bool {
        self.returned == "LATE"
    }

    /// Whether the visitor only looks: nobody who has just left enters again by that.
    pub fn only_looks(&self) -> bool {
        self.look == "1" || !self.leave.is_empty()
    }

    /// Whether the requested address could not be kept.
    pub fn is_lost(&self) -> bool {
        self.lost == "1" || local(&self.to).is_none() && !self.to.is_empty()
    }
}
