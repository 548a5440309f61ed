//! What reservation says of the hold under a payment. Only its database decides whether a hold has run out (hole 15), so
//! payment asks and never compares.

use super::decision::Occasion;
use super::model::ToldCode;

/// How a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its time was over.
    RunOut,
    /// The reservation was cancelled for another reason.
    Cancelled,
}

/// How a reservation stands, by its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The hold runs.
    Running,
    /// The seats are kept until this payment is decided.
    Kept,
    /// The reservation has its ticket by this payment, which this database has lost since (hole 9).
    Sold,
    /// The hold is over.
    Ended(Ended),
}

impl Standing {
    /// What a buyer who confirms now is told instead of an outcome.
    pub fn refusal(self) -> Option<ToldCode> {
        match self {
            Self::Running | Self::Kept | Self::Sold => None,
            Self::Ended(Ended::RunOut) => Some(ToldCode::HoldExpired),
            Self::Ended(Ended::Cancelled) => Some(ToldCode::NotPayable),
        }
    }

    /// The occasion on which a worker looks at a payment of such a reservation: while a hold runs, nothing unpaid fails.
    pub fn occasion(self) -> Occasion<'static> {
        match self {
            Self::Running => Occasion::Notice,
            Self::Sold => Occasion::Sold,
            // Kept, and yet nothing is paid: it was given back at PortOne. Nobody else lets the seats go.
            Self::Kept => Occasion::Settlement(Ended::RunOut),
            Self::Ended(ended) => Occasion::Settlement(ended),
        }
    }
}
