//! The ids of seats: UUIDv8, whose first twelve bytes are the schedule's and whose last four are the index of the seat in the
//! order of the template. So a page gets a prefix and counts, instead of 50,000 ids.

use crate::id::SeatId;
use std::fmt;
use std::str::FromStr;
use uuid::{Builder, Uuid};

/// Bytes of an id that are the seat's index, highest first.
pub const SEAT_INDEX_BYTES: usize = 4;
const PREFIX_BYTES: usize = 16 - SEAT_INDEX_BYTES;

/// The first twelve bytes of the ids of a schedule's seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatPrefix([u8; PREFIX_BYTES]);

impl SeatPrefix {
    /// The prefix that begins like `id`: make it from an id that is used for nothing else. From one in order of time
    /// (UUIDv7) rows of one schedule stand beside each other in an index.
    pub fn of(id: Uuid) -> Self {
        let whole = Builder::from_custom_bytes(id.into_bytes()).into_uuid().into_bytes();
        let mut prefix = [0; PREFIX_BYTES];
        prefix.copy_from_slice(&whole[..PREFIX_BYTES]);
        Self(prefix)
    }

    /// The prefix of a seat.
    pub fn of_seat(id: SeatId) -> Self {
        Self::of(id.get())
    }

    /// The id of the seat with this index.
    pub fn seat(self, index: u32) -> SeatId {
        let mut bytes = [0; 16];
        bytes[..PREFIX_BYTES].copy_from_slice(&self.0);
        bytes[PREFIX_BYTES..].copy_from_slice(&index.to_be_bytes());
        SeatId(Uuid::from_bytes(bytes))
    }

    /// The index of a seat; `None` for a seat of another prefix.
    pub fn index(self, id: SeatId) -> Option<u32> {
        let bytes = id.get().into_bytes();
        let index = bytes[PREFIX_BYTES..].try_into().map(u32::from_be_bytes).ok()?;
        (bytes[..PREFIX_BYTES] == self.0).then_some(index)
    }
}

/// 24 hexadecimal digits without hyphens, as in tables and plans.
impl fmt::Display for SeatPrefix {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl FromStr for SeatPrefix {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        let mut prefix = [0; PREFIX_BYTES];
        hex::decode_to_slice(text, &mut prefix)?;
        Ok(Self(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::{Variant, Version};

    proptest! {
        #[test]
        fn an_id_is_a_uuid_of_version_8_and_gives_its_index_back(any: u128, index: u32, other: u128) {
            let prefix = SeatPrefix::of(Uuid::from_u128(any));
            let id = prefix.seat(index);
            prop_assert_eq!(id.get().get_version(), Some(Version::Custom));
            prop_assert_eq!(id.get().get_variant(), Variant::RFC4122);
            prop_assert_eq!(prefix.index(id), Some(index));
            prop_assert_eq!(SeatPrefix::of_seat(id), prefix);
            prop_assert_eq!(prefix.to_string().parse(), Ok(prefix));
            let other = SeatPrefix::of(Uuid::from_u128(other));
            prop_assert_eq!(other.index(id).is_some(), other == prefix);
        }
    }

    #[test]
    fn seats_stand_in_the_order_of_their_index() {
        let prefix = SeatPrefix::of(Uuid::from_u128(7));
        assert!(prefix.seat(255) < prefix.seat(256) && prefix.seat(65_535) < prefix.seat(65_536));
        assert_eq!(prefix.to_string().len(), 24);
        assert!("zz".parse::<SeatPrefix>().is_err());
    }
}
