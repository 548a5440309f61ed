//! Nonces: sixteen random bytes and a time, signed for one line, one challenge and one network.
//!
//! `base64url(expires_ms, 8 bytes | random, 16 bytes | HMAC-SHA-256, 32 bytes)`, without padding, so that a nonce has no dot.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::line::{Challenge, LineId};
use domain::{Network, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const HEAD_BYTES: usize = 24;
/// A block of SHA-256.
const BLOCK_BYTES: usize = 64;
const NONCE_BYTES: usize = HEAD_BYTES + 32;

/// Signs nonces.
pub(super) struct NonceKey(Hmac<Sha256>);

impl NonceKey {
    /// A key of nonces, which is good for nothing else, from one of any length.
    pub fn new(key: &[u8]) -> Self {
        let own = Sha256::new().chain_update("onsale queue challenge\n").chain_update(key).finalize();
        // A shorter key is filled up with zeros (RFC 2104, 2): a block of it cannot be refused.
        let mut block = [0; BLOCK_BYTES];
        block[..own.len()].copy_from_slice(&own);
        Self(Hmac::new(&block.into()))
    }

    fn mac(&self, head: &[u8], line: &LineId, kind: Challenge, network: Option<Network>) -> Hmac<Sha256> {
        // No name has a line's end.
        let network = network.map_or_else(String::new, |network| network.to_string());
        let bound = format!("{line}\n{}\n{network}\n", kind.word());
        self.0.clone().chain_update(head).chain_update(bound)
    }

    /// A nonce that runs out at this moment.
    pub fn make(
        &self,
        line: &LineId,
        kind: Challenge,
        network: Option<Network>,
        expires_at: Timestamp,
    ) -> Result<String, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&expires_at.millis().to_be_bytes());
        getrandom::fill(&mut nonce[8..HEAD_BYTES])?;
        let signature = self.mac(&nonce[..HEAD_BYTES], line, kind, network).finalize().into_bytes();
        nonce[HEAD_BYTES..].copy_from_slice(&signature);
        Ok(URL_SAFE_NO_PAD.encode(nonce))
    }

    /// When a nonce that was made here for these runs out; `None` for any other text.
    pub fn read(&self, nonce: &str, line: &LineId, kind: Challenge, network: Option<Network>) -> Option<Timestamp> {
        let bytes: [u8; NONCE_BYTES] = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let (head, signature) = bytes.split_at(HEAD_BYTES);
        self.mac(head, line, kind, network).verify_slice(signature).ok()?;
        Some(Timestamp(i64::from_be_bytes(head[..8].try_into().ok()?)))
    }
}
