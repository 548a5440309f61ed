//! The number of a ticket (RSV-004): the day on which it was paid, and ten characters that nobody can guess.

use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Digits and letters that cannot be taken for each other (Crockford's Base32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters after the day: 50 bits. A number that was drawn before is refused by the table's unique key and drawn anew.
const RANDOM_CHARACTERS: usize = 10;
/// `T`, the day, a hyphen, and the random characters.
const LENGTH: usize = 1 + 8 + 1 + RANDOM_CHARACTERS;

/// The number of a ticket: `T20261224-8K3N5QX2M7`. The day is that of the payment, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketNumber([u8; LENGTH]);

/// A text that is no number of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a ticket number is T, eight digits of a day, a hyphen and ten letters or digits")]
pub struct NumberError;

impl TicketNumber {
    /// The number of a ticket that was paid at this moment. `random`: the lowest 50 bits count; draw them anew for each ticket.
    pub fn new(paid_at: Timestamp, random: u64) -> Self {
        let mut text = [0; LENGTH];
        let day = paid_at.civil().strftime("T%Y%m%d-").to_string();
        for (place, byte) in text.iter_mut().zip(day.bytes()) {
            *place = byte;
        }
        for (place, byte) in text.iter_mut().skip(LENGTH - RANDOM_CHARACTERS).enumerate() {
            *byte = ALPHABET[(random >> (5 * place) & 31) as usize];
        }
        Self(text)
    }

    /// Reads the written form, and nothing else.
    ///
    /// # Errors
    /// [`NumberError`].
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| NumberError)?;
        let is_valid = |(at, byte): (usize, &u8)| match at {
            0 => *byte == b'T',
            1..=8 => byte.is_ascii_digit(),
            9 => *byte == b'-',
            _ => ALPHABET.contains(byte),
        };
        if bytes.iter().enumerate().all(is_valid) { Ok(Self(bytes)) } else { Err(NumberError) }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        // ASCII alone, by both constructors.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for TicketNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TicketNumber({self})")
    }
}

impl Serialize for TicketNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TicketNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_has_the_utc_day_of_the_payment() {
        let paid_at = Timestamp::parse("2026-12-24T23:59:59.999").expect("a time");
        assert_eq!(TicketNumber::new(paid_at, 0).as_str(), "T20261224-0000000000");
        let in_seoul = Timestamp::parse("2026-12-25T08:00:00+09:00").expect("a time");
        assert_eq!(&TicketNumber::new(in_seoul, u64::MAX).to_string(), "T20261224-ZZZZZZZZZZ");
        for bad in ["", "T20261224-000000000", "T20261224-00000000000", "t20261224-0000000000", "T2026122a-0000000000"]
        {
            assert_eq!(TicketNumber::parse(bad), Err(NumberError), "{bad}");
        }
        for bad in ["T20261224_0000000000", "T20261224-000000000o", "T20261224-000000000I", "T20261224-00000000é"] {
            assert_eq!(TicketNumber::parse(bad), Err(NumberError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(ms in 0i64..253_402_300_799_999, random: u64, other: u64) {
            let number = TicketNumber::new(Timestamp(ms), random);
            prop_assert_eq!(TicketNumber::parse(number.as_str()), Ok(number));
            prop_assert_eq!(serde_json::from_str::<TicketNumber>(&serde_json::to_string(&number).expect("written")).expect("read"), number);
            let is_same = (random ^ other) & ((1 << 50) - 1) == 0;
            prop_assert_eq!(TicketNumber::new(Timestamp(ms), other) == number, is_same);
        }
    }
}
