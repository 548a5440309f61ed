//! The opening draw: who came before the opening is put in an order that nobody could choose, and that everybody can
//! work out again.
//!
//! Before the opening only the seed's hash is published; after it, the seed. The person with entry number `e` stands
//! where `SHA-256(seed || e)` falls among all of them, `e` as four bytes, the highest first.

use sha2::{Digest, Sha256};

/// What decides the order.
pub type DrawSeed = [u8; 32];

/// What is published before: `SHA-256(seed)`.
pub fn commitment(seed: &DrawSeed) -> [u8; 32] {
    Sha256::digest(seed).into()
}

/// The entry numbers 1 to `count` in the order of the draw.
pub fn drawn_order(seed: &DrawSeed, count: u32) -> Vec<u32> {
    let lot = |entry: u32| -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(seed);
        hash.update(entry.to_be_bytes());
        hash.finalize().into()
    };
    let mut lots: Vec<([u8; 32], u32)> = (1..=count).map(|entry| (lot(entry), entry)).collect();
    lots.sort_unstable();
    lots.into_iter().map(|(_, entry)| entry).collect()
}
