//! Rounds of a drand network: the signature that proves one, and the time at which it comes to exist.
//!
//! Supported is the scheme `bls-unchained-g1-rfc9380` (the network "quicknet" of the League of Entropy): a BLS signature
//! on G1 over `SHA-256(round as eight bytes)`, under a public key on G2. A round has one valid signature, which nobody
//! knows before enough members of the network have published their parts. Source: drand's protocol specification.

use blst::BLST_ERROR;
use blst::min_sig::{PublicKey, Signature};
use domain::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The scheme that is supported.
pub const SCHEME: &str = "bls-unchained-g1-rfc9380";
/// The domain of its signatures.
const DOMAIN: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
/// A compressed point of G1.
const SIGNATURE_BYTES: usize = 48;
/// A beacon of this name adds nothing to the hash of its chain.
const DEFAULT_BEACON: &str = "default";

/// A chain that no single operator can sign: many independent organisations hold parts of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicChain {
    /// The hash of the chain, 64 hexadecimal digits in lower case.
    pub hash: &'static str,
    /// Its public key, 192 hexadecimal digits in lower case.
    pub public_key: &'static str,
    /// When its rounds come to exist.
    pub rounds: Rounds,
}

/// The network "quicknet" of the League of Entropy.
pub const QUICKNET: PublicChain = PublicChain {
    hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key: "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    rounds: Rounds { genesis_seconds: 1_692_803_367, period_seconds: 3 },
};
/// The chains that need no trust in an operator. No setting adds one: anybody can make a chain, and sign its rounds as and
/// when it suits.
const PUBLIC_CHAINS: [PublicChain; 1] = [QUICKNET];

impl PublicChain {
    /// The public chain with this hash.
    pub fn of(hash: &str) -> Option<&'static Self> {
        PUBLIC_CHAINS.iter().find(|chain| chain.hash.eq_ignore_ascii_case(hash))
    }

    /// Whether a round, checked with this key, came to exist after this moment.
    pub fn is_after(&self, public_key: &str, round: u64, closes_at: Timestamp) -> bool {
        self.public_key.eq_ignore_ascii_case(public_key) && self.rounds.at_ms(round) > closes_at.millis()
    }
}

/// Why a signature, a key or the description of a chain is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// Not a valid key in hexadecimal digits.
    #[error("the public key of the chain must have 192 hexadecimal digits of a point on G2")]
    Key,
    /// Not the signature of this round.
    #[error("the signature is not that of this round under this public key")]
    Signature,
    /// The description does not have the configured hash or key, or names another scheme.
    #[error("the description of the chain does not have the expected hash, public key and scheme")]
    Chain,
}

/// The message that a round signs.
pub fn message(round: u64) -> [u8; 32] {
    Sha256::digest(round.to_be_bytes()).into()
}

/// The bytes of a round's signature, if it is valid under this key.
///
/// # Errors
/// [`BeaconError`].
pub fn verified(public_key_hex: &str, round: u64, signature: &[u8]) -> Result<Vec<u8>, BeaconError> {
    let key = hex::decode(public_key_hex).map_err(|_| BeaconError::Key)?;
    let key = PublicKey::key_validate(&key).map_err(|_| BeaconError::Key)?;
    // Compressed only: a second form of the same signature would be a second value.
    if signature.len() != SIGNATURE_BYTES {
        return Err(BeaconError::Signature);
    }
    let read = Signature::sig_validate(signature, true).map_err(|_| BeaconError::Signature)?;
    match read.verify(false, &message(round), DOMAIN, &[], &key, false) {
        BLST_ERROR::BLST_SUCCESS => Ok(signature.to_vec()),
        _ => Err(BeaconError::Signature),
    }
}

/// When the rounds of a chain come to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// The time of round 1, in seconds since 1970.
    pub genesis_seconds: i64,
    /// Seconds between two rounds; at least 1.
    pub period_seconds: u32,
}

impl Rounds {
    /// The first round whose time is after this moment, in milliseconds since 1970.
    pub fn first_after(&self, at_ms: i64) -> u64 {
        let since = at_ms.div_euclid(1_000) - self.genesis_seconds;
        u64::try_from(since).map_or(1, |since| since / u64::from(self.period_seconds.max(1)) + 2)
    }

    /// The time of a round, in milliseconds since 1970.
    pub fn at_ms(&self, round: u64) -> i64 {
        let since = i64::try_from(round.saturating_sub(1)).unwrap_or(i64::MAX);
        let seconds = since.saturating_mul(i64::from(self.period_seconds)).saturating_add(self.genesis_seconds);
        seconds.saturating_mul(1_000)
    }
}

/// The description of a chain, as `GET /CHAIN/info` answers it.
#[derive(Clone, Debug, Deserialize)]
pub struct ChainInfo {
    /// In hexadecimal digits.
    pub public_key: String,
    /// Seconds between two rounds.
    pub period: u32,
    /// The time of round 1, in seconds since 1970.
    pub genesis_time: i64,
    /// The hash of the group that made the chain, in hexadecimal digits.
    #[serde(rename = "groupHash")]
    pub group_hash: String,
    /// The scheme.
    #[serde(rename = "schemeID")]
    pub scheme: String,
    /// What else is known of it.
    pub metadata: ChainMetadata,
}

/// What else is known of a chain.
#[derive(Clone, Debug, Deserialize)]
pub struct ChainMetadata {
    /// The name of the beacon.
    #[serde(rename = "beaconID")]
    pub beacon: String,
}

impl ChainInfo {
    /// The hash of the chain: it binds period, first round and public key, so that a description from an untrusted server
    /// can be trusted. `None` for malformed digits.
    pub fn hash_hex(&self) -> Option<String> {
        let (key, group) = (hex::decode(&self.public_key).ok()?, hex::decode(&self.group_hash).ok()?);
        let beacon = if self.metadata.beacon == DEFAULT_BEACON { "" } else { &self.metadata.beacon };
        let hash = Sha256::new()
            .chain_update(self.period.to_be_bytes())
            .chain_update(self.genesis_time.to_be_bytes())
            .chain_update(key)
            .chain_update(group)
            .chain_update(beacon);
        Some(hex::encode(hash.finalize()))
    }

    /// The rounds of the chain, if this describes the chain with this hash and key.
    ///
    /// # Errors
    /// [`BeaconError::Chain`].
    pub fn rounds(&self, chain: &str, public_key: &str) -> Result<Rounds, BeaconError> {
        let is_chain = self.hash_hex().is_some_and(|hash| hash.eq_ignore_ascii_case(chain));
        if !is_chain || !self.public_key.eq_ignore_ascii_case(public_key) || self.scheme != SCHEME || self.period == 0 {
            return Err(BeaconError::Chain);
        }
        Ok(Rounds { genesis_seconds: self.genesis_time, period_seconds: self.period })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Round 123 of quicknet.
    const SIGNATURE: &str =
        "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92";

    fn bytes(text: &str) -> Vec<u8> {
        hex::decode(text).expect("hex")
    }

    #[test]
    fn a_draw_takes_the_signature_of_a_round_of_quicknet_and_no_other() {
        let signature = bytes(SIGNATURE);
        assert_eq!(verified(QUICKNET.public_key, 123, &signature), Ok(signature.clone()));
        assert_eq!(verified(QUICKNET.public_key, 124, &signature), Err(BeaconError::Signature));
        for at in [0, 20, 47] {
            let mut forged = signature.clone();
            forged[at] ^= 1;
            assert_eq!(verified(QUICKNET.public_key, 123, &forged), Err(BeaconError::Signature), "changed at {at}");
        }
        for wrong in [&[][..], &signature[1..], &[&signature[..], &signature].concat(), &[0xc0; 48]] {
            assert_eq!(verified(QUICKNET.public_key, 123, wrong), Err(BeaconError::Signature));
        }
        for key in ["", "83cf", &"0".repeat(192), &SIGNATURE.repeat(2)] {
            assert_eq!(verified(key, 123, &signature), Err(BeaconError::Key), "{key}");
        }
    }

    #[test]
    fn a_description_of_a_chain_is_bound_by_its_hash() {
        let info = ChainInfo {
            public_key: QUICKNET.public_key.to_owned(),
            period: 3,
            genesis_time: 1_692_803_367,
            group_hash: "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e".to_owned(),
            scheme: SCHEME.to_owned(),
            metadata: ChainMetadata { beacon: "quicknet".to_owned() },
        };
        assert_eq!(info.rounds(QUICKNET.hash, QUICKNET.public_key), Ok(QUICKNET.rounds));
        let forged = [
            ChainInfo { period: 1, ..info.clone() },
            ChainInfo { genesis_time: 0, ..info.clone() },
            ChainInfo { scheme: "pedersen-bls-chained".to_owned(), ..info.clone() },
            ChainInfo { public_key: "ab".to_owned(), ..info.clone() },
            ChainInfo { metadata: ChainMetadata { beacon: DEFAULT_BEACON.to_owned() }, ..info },
        ];
        for forged in forged {
            assert_eq!(forged.rounds(QUICKNET.hash, QUICKNET.public_key), Err(BeaconError::Chain), "{forged:?}");
        }
    }

    #[test]
    fn the_round_of_a_draw_does_not_exist_at_the_moment_it_follows() {
        let rounds = Rounds { genesis_seconds: 100, period_seconds: 3 };
        for (at_ms, round) in [(0, 1), (99_999, 1), (100_000, 2), (102_999, 2), (103_000, 3)] {
            assert_eq!(rounds.first_after(at_ms), round, "after {at_ms}");
            assert!(rounds.at_ms(round) > at_ms && (round == 1 || rounds.at_ms(round - 1) <= at_ms));
        }
        assert_eq!(QUICKNET.rounds.at_ms(u64::MAX), i64::MAX, "stops at the end");
    }
}
