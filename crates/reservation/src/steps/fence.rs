//! The fence of a database that was put back to an older copy (hole 7).

use crate::peers::HeardHoldNo;
use crate::rows::counter;
use ledger::{Ledger, LedgerError};

/// The greatest number of a hold that another role has shown to have stored (`X-Hold-No`). One above the own counter can only
/// come from a future that the own database has lost: then nothing is sold, swept, secured or cancelled, until an operator has
/// taken over what payment knows. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Fence(HeardHoldNo);

impl Fence {
    /// A fence by what all calls of this process have heard.
    pub fn new(heard: HeardHoldNo) -> Self {
        Self(heard)
    }

    /// Notes what a peer's answer says; `None`: it says nothing.
    pub fn saw(&self, hold_no: Option<i64>) {
        self.0.hear(hold_no);
    }

    /// The greatest number that was seen. To be read before the counter: what others have, this database had stored before.
    pub fn seen(&self) -> i64 {
        self.0.greatest()
    }

    /// Whether the database is behind what was seen.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn is_behind(&self, ledger: &Ledger) -> Result<bool, LedgerError> {
        let seen = self.seen();
        Ok(seen > counter::last(ledger.connection()).await?)
    }
}
