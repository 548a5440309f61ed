//! What the public sees of a draw: fixed terms from the announcement on, the root from the closing on, seed and value once
//! it is drawn.

use super::beacon::PublicChain;
use domain::Timestamp;
use domain::line::{LineCounts, LineRule, Randomness, commitment_hex};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The notice of a draw whose operator must be trusted.
pub const TRUSTS_THE_OPERATOR: &str = "trusts the operator";

/// Where the public randomness of a draw comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RandomnessKind {
    /// There is none: whoever knows the seed knows the order.
    #[default]
    None,
    /// A round of a drand network.
    Drand,
    /// A value that an administrator enters, from a source named before.
    Manual,
}

/// Who must be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Nobody: the order depends on public randomness.
    Public,
    /// The operator, who could know the order before.
    Operator,
}

/// The public randomness of a draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RandomnessDocument {
    /// Where it comes from.
    pub kind: RandomnessKind,
    /// The source in words; null without one.
    pub source: Option<String>,
    /// The round of drand; null for other kinds.
    pub round: Option<u64>,
    /// Of drand: the hash of the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// Of drand: the public key of the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Of drand: the signature of the round, in hexadecimal digits. Of `manual`: the text as it was entered. Null before
    /// the draw, and for `none`.
    pub value: Option<String>,
}

impl RandomnessDocument {
    /// Without the value.
    pub fn of(randomness: &Randomness) -> Self {
        let (kind, source) = match randomness {
            Randomness::None => (RandomnessKind::None, None),
            Randomness::Drand { chain, .. } => (RandomnessKind::Drand, Some(format!("drand, chain {chain}"))),
            Randomness::Manual { source } => (RandomnessKind::Manual, Some(source.clone())),
        };
        let mut document = Self { kind, source, round: None, chain: None, public_key: None, value: None };
        if let Randomness::Drand { chain, public_key, round, .. } = randomness {
            document.round = Some(*round);
            (document.chain, document.public_key) = (Some(chain.clone()), Some(public_key.clone()));
        }
        document
    }

    /// With the value of a draw that was held.
    fn with_value(self, value: &[u8]) -> Self {
        let value = match self.kind {
            RandomnessKind::None => None,
            RandomnessKind::Drand => Some(hex::encode(value)),
            RandomnessKind::Manual => Some(String::from_utf8_lossy(value).into_owned()),
        };
        Self { value, ..self }
    }
}

/// Who must be trusted for the order of a draw: nobody, if its value comes from outside and did not exist at the closing.
/// A chain of drand that is not a [`PublicChain`] may be the operator's own.
pub fn trust_of(randomness: &Randomness, closes_at: Option<Timestamp>) -> Trust {
    let is_public = match (randomness, closes_at) {
        (Randomness::None, _) | (_, None) => false,
        (Randomness::Manual { .. }, Some(_)) => true,
        (Randomness::Drand { chain, public_key, round, .. }, Some(closes_at)) => {
            PublicChain::of(chain).is_some_and(|chain| chain.is_after(public_key, *round, closes_at))
        }
    };
    if is_public { Trust::Public } else { Trust::Operator }
}

/// The public data of a line's draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DrawDocument {
    /// SHA-256 of the seed, in hexadecimal digits.
    pub commitment: String,
    /// When entries close; null in a draw that an earlier version announced.
    #[schema(value_type = Option<String>, example = "2026-11-21T20:00:00")]
    pub closes_at: Option<Timestamp>,
    /// The public randomness.
    pub randomness: RandomnessDocument,
    /// The Merkle root of the entries (RFC 9162), in hexadecimal digits; null before the closing.
    pub root: Option<String>,
    /// Number of participants, with the entries 1 to this number; null before the closing.
    pub count: Option<u32>,
    /// The seed, in hexadecimal digits; null before the draw.
    pub seed: Option<String>,
    /// Who must be trusted.
    pub trust: Trust,
    /// A draw without public randomness, or with a chain that is not public, trusts the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub notice: Option<&'static str>,
}

impl DrawDocument {
    /// None for a line without a draw. Seed and value are public once all participants have a ticket.
    pub fn of(rule: &LineRule, counts: &LineCounts) -> Option<Self> {
        let plan = rule.draw.as_ref()?;
        let trust = trust_of(&plan.randomness, plan.closes_at);
        let randomness = RandomnessDocument::of(&plan.randomness);
        let is_drawn = counts.drawn.is_some();
        let value = plan.value.as_ref().filter(|_| is_drawn);
        Some(Self {
            commitment: commitment_hex(&plan.seed),
            closes_at: plan.closes_at,
            randomness: value.map_or(randomness.clone(), |value| randomness.with_value(value)),
            root: plan.root.map(hex::encode),
            count: counts.entrants.filter(|_| is_drawn || plan.root.is_some()),
            seed: is_drawn.then(|| plan.seed.hex()),
            trust,
            notice: (trust == Trust::Operator).then_some(TRUSTS_THE_OPERATOR),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::beacon::QUICKNET;
    use super::*;

    fn drand(chain: &str, public_key: &str, round: u64) -> Randomness {
        Randomness::Drand { chain: chain.to_owned(), public_key: public_key.to_owned(), round, at_ms: None }
    }

    /// Kind: an operator's own source passes as a public one.
    #[test]
    fn only_a_round_of_a_public_chain_after_the_closing_needs_no_trust() {
        let round = 1_000;
        let at_ms = QUICKNET.rounds.at_ms(round);
        let trust = |randomness: &Randomness, at_ms| trust_of(randomness, Some(Timestamp(at_ms)));
        let right = drand(QUICKNET.hash, QUICKNET.public_key, round);
        assert_eq!(trust(&right, at_ms - 1), Trust::Public);
        assert_eq!(trust(&drand(&QUICKNET.hash.to_uppercase(), QUICKNET.public_key, round), 0), Trust::Public);
        assert_eq!(trust(&right, at_ms), Trust::Operator, "known at the closing");
        assert_eq!(trust_of(&right, None), Trust::Operator, "nobody knows when it closes");
        for own in [
            drand(&"ab".repeat(32), QUICKNET.public_key, round),
            drand(QUICKNET.hash, &"ab".repeat(96), round),
            drand(&"ab".repeat(32), &"cd".repeat(96), u64::MAX),
            drand(QUICKNET.hash, "", u64::MAX),
            Randomness::None,
        ] {
            assert_eq!(trust(&own, 0), Trust::Operator, "{own:?}");
        }
        assert_eq!(trust(&Randomness::Manual { source: "a lottery".to_owned() }, 0), Trust::Public);
    }
}
