//! The section `draw`.

use lines::draw::document::RandomnessKind;
use serde::Deserialize;

/// Settings of opening draws.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The randomness of a draw whose announcement names none.
    pub randomness: RandomnessKind,
    /// A server of drand; empty for none.
    pub drand_url: String,
    /// The hash of the chain.
    pub drand_chain: String,
    /// The public key of the chain.
    pub drand_public_key: String,
}
