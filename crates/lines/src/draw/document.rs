//! What the public sees of a draw: fixed terms from the announcement on, the root from the closing on, seed and value once
//! it is drawn.

use domain::Timestamp;
use domain::line::{LineCounts, LineRule, Randomness, commitment_hex};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The notice of a draw without public randomness.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
        if let Randomness::Drand { chain, public_key, round } = randomness {
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

/// Who must be trusted, and the notice that says so.
pub(super) fn trust_of(randomness: &Randomness) -> (Trust, Option<&'static str>) {
    match randomness {
        Randomness::None => (Trust::Operator, Some(TRUSTS_THE_OPERATOR)),
        Randomness::Drand { .. } | Randomness::Manual { .. } => (Trust::Public, None),
    }
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
    /// A draw without public randomness trusts the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub notice: Option<&'static str>,
}

impl DrawDocument {
    /// None for a line without a draw. Seed and value are public once all participants have a ticket.
    pub fn of(rule: &LineRule, counts: &LineCounts) -> Option<Self> {
        let plan = rule.draw.as_ref()?;
        let (trust, notice) = trust_of(&plan.randomness);
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
            notice,
        })
    }
}
