//! Places in PostgreSQL's log.

use crate::error::LedgerError;
use std::fmt;
use std::str::FromStr;

/// A place in the log: the number of bytes before it. Written `16/B374D848`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lsn(pub u64);

impl Lsn {
    /// The place so many bytes later.
    pub fn plus(self, bytes: u64) -> Self {
        Self(self.0.saturating_add(bytes))
    }

    /// The bytes from an earlier place to this one; 0 when that is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl FromStr for Lsn {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let damaged = || LedgerError::damaged("a place in the log");
        let (high, low) = text.split_once('/').ok_or_else(damaged)?;
        let part = |part: &str| u32::from_str_radix(part, 16).map(u64::from).map_err(|_| damaged());
        Ok(Self(part(high)? << 32 | part(low)?))
    }
}

#[cfg(test)]
mod tests {
    use super::Lsn;

    #[test]
    fn a_place_is_written_as_it_was_read() {
        for text in ["0/0", "16/B374D848", "0/1", "FFFFFFFF/FFFFFFFF"] {
            assert_eq!(text.parse::<Lsn>().expect("a place").to_string(), text);
        }
        assert_eq!("1/0".parse::<Lsn>().expect("a place"), Lsn(1 << 32));
        for text in ["", "1", "1/", "/1", "x/1", "100000000/0"] {
            text.parse::<Lsn>().expect_err(text);
        }
    }
}
