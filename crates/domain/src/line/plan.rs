//! What is fixed when an opening draw is announced, and what is added to it once: the root of the entries, then the
//! public randomness.

use super::draw::DrawSeed;
use super::drawing::ValueOutcome;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where the public randomness of a draw comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Randomness {
    /// There is none: the order follows from the seed, and whoever knows the seed knows the order. The draw trusts the
    /// operator.
    #[default]
    None,
    /// A round of a drand network, fixed at the announcement, whose time is after the closing. The value is the round's
    /// signature.
    Drand {
        /// The hash of the chain, 64 hexadecimal digits.
        chain: String,
        /// The public key of the chain, in hexadecimal digits.
        public_key: String,
        /// The number of the round.
        round: u64,
        /// The time of the round, in milliseconds since 1970; `None` in a draw announced before it was kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_ms: Option<i64>,
    },
    /// A value from a source named at the announcement, such as the numbers of a lottery, entered by the operator.
    Manual {
        /// The source, for people to read.
        source: String,
    },
}

/// An announced draw. Seed, closing and randomness never change; root and value are set once each, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct DrawPlan {
    /// The operator's part, a secret until the draw is held.
    pub seed: DrawSeed,
    /// When the entries are settled: the opening time at the announcement. `None` in a draw announced by an earlier
    /// version, which closes when the line opens and whose order follows from seed and entry number alone.
    pub closes_at: Option<Timestamp>,
    /// Where the public randomness comes from.
    pub randomness: Randomness,
    /// The root of the settled entries ([`super::merkle_root`]); `None` before the closing.
    pub root: Option<[u8; 32]>,
    /// The public randomness; empty for [`Randomness::None`]; `None` until it is known.
    pub value: Option<Vec<u8>>,
}

impl DrawPlan {
    /// A draw to be announced.
    pub fn new(seed: DrawSeed, closes_at: Timestamp, randomness: Randomness) -> Self {
        Self { seed, closes_at: Some(closes_at), randomness, root: None, value: None }
    }

    /// A draw as earlier versions announced it: a seed alone.
    pub fn of_earlier_version(seed: DrawSeed) -> Self {
        Self { seed, closes_at: None, randomness: Randomness::None, root: None, value: None }
    }

    /// The plan as it was announced, without root and value.
    #[must_use]
    pub fn announced(self) -> Self {
        Self { root: None, value: None, ..self }
    }

    /// Whether the list of entries is to be frozen at the closing, and is not yet.
    pub fn awaits_entries(&self) -> bool {
        self.closes_at.is_some() && self.root.is_none()
    }

    /// Whether the list of entries is frozen, and the public randomness is not known.
    pub fn awaits_value(&self) -> bool {
        self.root.is_some() && self.value.is_none()
    }

    /// Whether a value may be taken at `now`: a round counts from its time on. Whoever has the key of a chain can sign a
    /// round before, and would know the order.
    pub fn may_take_value(&self, now: Timestamp) -> bool {
        match self.randomness {
            Randomness::Drand { at_ms: Some(at_ms), .. } => now.millis() >= at_ms,
            Randomness::None | Randomness::Manual { .. } | Randomness::Drand { at_ms: None, .. } => true,
        }
    }

    /// Everything that is hashed before an entry number: seed, value, root. `None` until value and root are known.
    pub fn order_key(&self) -> Option<Vec<u8>> {
        if self.closes_at.is_none() {
            return Some(self.seed.0.to_vec());
        }
        let (value, root) = (self.value.as_ref()?, self.root.as_ref()?);
        Some([&self.seed.0[..], value, root].concat())
    }

    /// Sets the root, and the empty value of a draw without public randomness.
    pub(super) fn freeze(&mut self, root: [u8; 32]) {
        self.root = Some(root);
        if self.randomness == Randomness::None {
            self.value = Some(Vec::new());
        }
    }

    /// Sets the value once, after the root.
    pub(super) fn give_value(&mut self, value: &[u8]) -> ValueOutcome {
        match &self.value {
            Some(known) if known == value => ValueOutcome::Kept,
            Some(_) => ValueOutcome::OtherStands,
            None if self.root.is_none() => ValueOutcome::NotAwaited,
            None => {
                self.value = Some(value.to_vec());
                ValueOutcome::Kept
            }
        }
    }
}

/// A plan as it is kept. Earlier versions kept the seed alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Seed(DrawSeed),
    Plan(StoredPlan),
}

#[derive(Serialize, Deserialize)]
struct StoredPlan {
    seed: DrawSeed,
    closes_at_ms: i64,
    randomness: Randomness,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "root_hex")]
    root: Option<[u8; 32]>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "value_hex")]
    value: Option<Vec<u8>>,
}

impl From<Stored> for DrawPlan {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Seed(seed) => Self::of_earlier_version(seed),
            Stored::Plan(StoredPlan { seed, closes_at_ms, randomness, root, value }) => {
                Self { seed, closes_at: Some(Timestamp(closes_at_ms)), randomness, root, value }
            }
        }
    }
}

impl From<DrawPlan> for Stored {
    fn from(plan: DrawPlan) -> Self {
        let DrawPlan { seed, closes_at, randomness, root, value } = plan;
        match closes_at {
            None => Self::Seed(seed),
            Some(closes_at) => {
                Self::Plan(StoredPlan { seed, closes_at_ms: closes_at.millis(), randomness, root, value })
            }
        }
    }
}

/// Bytes as hexadecimal digits.
macro_rules! as_hex {
    ($module:ident, $bytes:ty) => {
        mod $module {
            use serde::de::Error;
            use serde::{Deserialize, Deserializer, Serializer};

            pub fn serialize<S: Serializer>(bytes: &Option<$bytes>, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&hex::encode(bytes.as_ref().map_or(&[][..], |bytes| &bytes[..])))
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<$bytes>, D::Error> {
                let text = String::deserialize(deserializer)?;
                let bytes = hex::decode(text).map_err(D::Error::custom)?;
                let wrong = |_| D::Error::custom("bytes of another length");
                <$bytes>::try_from(bytes).map(Some).map_err(wrong)
            }
        }
    };
}

as_hex!(root_hex, [u8; 32]);
as_hex!(value_hex, Vec<u8>);
