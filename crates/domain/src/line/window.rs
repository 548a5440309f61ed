//! When seats of a schedule are sold, as the line before them knows it.

use crate::catalog::NotSellable;
use crate::time::Timestamp;

/// The sale of a schedule. It is held against the own clock at each call: what was read a while ago tells begin and end to the
/// millisecond all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleWindow {
    /// The first moment of the sale.
    pub starts_at: Timestamp,
    /// The first moment after it.
    pub ends_at: Timestamp,
    /// Whether the schedule was cancelled.
    pub is_cancelled: bool,
}

impl SaleWindow {
    /// Whether seats can be bought now.
    ///
    /// # Errors
    /// [`NotSellable`], the first that holds: cancelled, not begun, over.
    pub fn check(&self, now: Timestamp) -> Result<(), NotSellable> {
        match self {
            _ if self.is_cancelled => Err(NotSellable::Cancelled),
            _ if now < self.starts_at => Err(NotSellable::NotStarted),
            _ if now >= self.ends_at => Err(NotSellable::Ended),
            _ => Ok(()),
        }
    }

    /// Whether nobody will buy any more.
    pub fn is_over(&self, now: Timestamp) -> bool {
        matches!(self.check(now), Err(NotSellable::Cancelled | NotSellable::Ended))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begin_and_end_count_to_the_millisecond_and_a_cancellation_before_both() {
        let window = SaleWindow { starts_at: Timestamp(100), ends_at: Timestamp(200), is_cancelled: false };
        assert_eq!(window.check(Timestamp(99)), Err(NotSellable::NotStarted));
        assert_eq!((window.check(Timestamp(100)), window.check(Timestamp(199))), (Ok(()), Ok(())));
        assert_eq!(window.check(Timestamp(200)), Err(NotSellable::Ended));
        assert!(!window.is_over(Timestamp(99)) && window.is_over(Timestamp(200)));
        let cancelled = SaleWindow { is_cancelled: true, ..window };
        for now in [99, 100, 200] {
            assert_eq!(cancelled.check(Timestamp(now)), Err(NotSellable::Cancelled));
            assert!(cancelled.is_over(Timestamp(now)));
        }
    }
}
