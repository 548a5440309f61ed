//! The order of an opening draw, which no one could choose or know before, and which anyone can verify (SEC-005).
//!
//! People are sorted by `SHA-256(seed || value || root || e)`. The seed is the operator's: its hash is published at the
//! announcement. The root binds the list of the entries, which is settled at the closing. The value is public randomness
//! that does not exist at the closing (`plan`); `e` is the entry number as four bytes, the highest first.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The seed that decides the order. It is a secret before the opening, since it shows the best entries: it is not written to
/// any log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DrawSeed(pub [u8; 32]);

/// Why a text is no seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits")]
pub struct SeedError;

impl fmt::Debug for DrawSeed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DrawSeed(hidden)")
    }
}

impl DrawSeed {
    /// 64 hexadecimal digits, lower case.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

/// 64 hexadecimal digits.
impl FromStr for DrawSeed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        let mut seed = [0; 32];
        hex::decode_to_slice(text, &mut seed).map_err(|_| SeedError)?;
        Ok(Self(seed))
    }
}

impl Serialize for DrawSeed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for DrawSeed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What is published before: `SHA-256(seed)`.
pub fn commitment(seed: &DrawSeed) -> [u8; 32] {
    Sha256::digest(seed.0).into()
}

/// [`commitment`] as it is written: 64 hexadecimal digits, lower case.
pub fn commitment_hex(seed: &DrawSeed) -> String {
    hex::encode(commitment(seed))
}

/// The entry numbers 1 to `count` in the order of the draw. `key`: everything that is hashed before the entry number
/// ([`DrawPlan::order_key`](super::DrawPlan::order_key)).
pub fn drawn_order(key: &[u8], count: u32) -> Vec<u32> {
    let begun = Sha256::new_with_prefix(key);
    let lot = |entry: u32| -> [u8; 32] { begun.clone().chain_update(entry.to_be_bytes()).finalize().into() };
    // The first bytes decide but for a few in a million; the whole would take five times the memory.
    let first = |lot: [u8; 32]| u32::from_be_bytes([lot[0], lot[1], lot[2], lot[3]]);
    let mut lots: Vec<(u32, u32)> = (1..=count).map(|entry| (first(lot(entry)), entry)).collect();
    lots.sort_unstable_by(|one, next| one.0.cmp(&next.0).then_with(|| lot(one.1).cmp(&lot(next.1))));
    lots.into_iter().map(|(_, entry)| entry).collect()
}
