//! The list of the entries of an opening draw as it is published: a hash of each holder, and the root of their tree.
//!
//! The root is the Merkle tree hash of RFC 9162, section 2.1.1, with SHA-256: a leaf is hashed after the byte 0, a node
//! after the byte 1, so that no node can be shown as a leaf.

use super::LineId;
use crate::name::UserId;
use sha2::{Digest, Sha256};
use std::fmt;

/// The hash of a holder in a line, 32 bytes.
pub type EntryHash = [u8; 32];

/// The leaf of an entry that nobody held at the closing, since its user had left.
pub const UNHELD: EntryHash = [0; 32];

/// `SHA-256(line || "\n" || user)`: it does not contain the user id, but a known user id can be checked against it.
pub fn holder_hash(line: &impl fmt::Display, user: &impl fmt::Display) -> EntryHash {
    Sha256::digest(format!("{line}\n{user}")).into()
}

/// The entries of a draw, settled at its closing.
#[derive(Clone, PartialEq, Eq)]
pub struct Entries {
    hashes: Vec<EntryHash>,
    root: [u8; 32],
}

impl fmt::Debug for Entries {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Entries({}, {})", self.hashes.len(), hex::encode(self.root))
    }
}

impl Entries {
    /// Of a line with these holders, in order of entry.
    pub fn of(line: &LineId, holders: &[Option<UserId>]) -> Self {
        let hash = |user: &Option<UserId>| user.as_ref().map_or(UNHELD, |user| holder_hash(line, user));
        Self::new(holders.iter().map(hash).collect())
    }

    /// From the holders' hashes in order of entry.
    pub fn new(hashes: Vec<EntryHash>) -> Self {
        let root = merkle_root(&hashes);
        Self { hashes, root }
    }

    /// The holders' hashes in order of entry; [`UNHELD`] for an entry that nobody held.
    pub fn hashes(&self) -> &[EntryHash] {
        &self.hashes
    }

    /// [`merkle_root`] of the hashes.
    pub fn root(&self) -> &[u8; 32] {
        &self.root
    }

    /// The hashes as bytes, one after the other.
    pub fn bytes(&self) -> &[u8] {
        self.hashes.as_flattened()
    }
}

/// Hashes from bytes that hold one after the other; `None` for a part of a hash.
pub fn hashes_from_bytes(bytes: &[u8]) -> Option<Vec<EntryHash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| hashes.to_vec())
}

/// The Merkle tree hash of these leaves (RFC 9162, 2.1.1). Without leaves: the hash of nothing.
pub fn merkle_root<L: AsRef<[u8]>>(leaves: &[L]) -> [u8; 32] {
    let node = |left: &[u8; 32], right: &[u8; 32]| -> [u8; 32] {
        Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
    };
    // Complete subtrees from left to right, each with the number of its leaves.
    let mut trees: Vec<(u64, [u8; 32])> = Vec::new();
    for leaf in leaves {
        let mut tree = (1, Sha256::new_with_prefix([0]).chain_update(leaf).finalize().into());
        while let Some((_, left)) = trees.pop_if(|(size, _)| *size == tree.0) {
            tree = (tree.0 * 2, node(&left, &tree.1));
        }
        trees.push(tree);
    }
    let Some((_, mut root)) = trees.pop() else { return Sha256::digest([]).into() };
    while let Some((_, left)) = trees.pop() {
        root = node(&left, &root);
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves and roots that implementations of certificate transparency (RFC 6962, RFC 9162) are tested with.
    const LEAVES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn the_draw_root_is_the_tree_hash_of_rfc_9162() {
        let leaves = LEAVES.map(|leaf| hex::decode(leaf).expect("hex"));
        for (count, root) in ROOTS.iter().enumerate() {
            assert_eq!(hex::encode(merkle_root(&leaves[..count])), *root, "{count} leaves");
        }
    }

    #[test]
    fn a_draw_root_changes_with_every_entry_and_its_place() {
        let hashes: Vec<EntryHash> = (0..7).map(|n| [n; 32]).collect();
        let entries = Entries::new(hashes.clone());
        assert_eq!(hashes_from_bytes(entries.bytes()), Some(hashes.clone()));
        assert_eq!(hashes_from_bytes(&entries.bytes()[1..]), None);
        let mut roots = vec![*entries.root(), *Entries::new(hashes[..6].to_vec()).root()];
        for at in 0..6 {
            let (mut swapped, mut struck) = (hashes.clone(), hashes.clone());
            swapped.swap(at, at + 1);
            struck[at + 1] = UNHELD;
            roots.extend([swapped, struck].map(|changed| *Entries::new(changed).root()));
        }
        let count = roots.len();
        roots.sort_unstable();
        roots.dedup();
        assert_eq!(roots.len(), count);
    }
}
