//! HMAC-SHA-512 for the library of tokens, which brings its own only together with RSA and elliptic curves.

use super::SecretFault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use sha2::Sha512;

/// As many bytes as the hash has: a shorter secret would be weaker than it.
pub(super) const SECRET_BYTES_MIN: usize = 64;
/// Longest header that is read.
pub(super) const HEADER_BYTES_MAX: usize = 1_024;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key: &EncodingKey| {
        only_hs512(*algorithm)?;
        Ok(Box::new(Hs512::new(key.as_bytes())?))
    },
    verifier_factory: |algorithm, key: &DecodingKey| {
        only_hs512(*algorithm)?;
        Ok(Box::new(Hs512::new(key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes it the library's. A second call changes nothing.
pub(super) fn install() {
    let _ = PROVIDER.install_default();
}

/// The bytes of a secret, as the configuration has it.
pub(crate) fn secret_bytes(text: &str) -> std::result::Result<Vec<u8>, SecretFault> {
    let bytes = match text.strip_prefix("base64:") {
        Some(encoded) => STANDARD.decode(encoded.trim()).map_err(|_| SecretFault::NotBase64)?,
        None => text.as_bytes().to_vec(),
    };
    if bytes.len() < SECRET_BYTES_MIN { Err(SecretFault::Short) } else { Ok(bytes) }
}

fn only_hs512(algorithm: Algorithm) -> Result<()> {
    if algorithm == Algorithm::HS512 { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

struct Hs512(Hmac<Sha512>);

impl Hs512 {
    fn new(secret: &[u8]) -> Result<Self> {
        Hmac::new_from_slice(secret).map(Self).map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }
}

impl Signer<Vec<u8>> for Hs512 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs512 {
    /// Compares in constant time.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        self.0.clone().chain_update(message).verify_slice(signature).map_err(|_| Error::new())
    }
}

impl JwtSigner for Hs512 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS512
    }
}

impl JwtVerifier for Hs512 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS512
    }
}
