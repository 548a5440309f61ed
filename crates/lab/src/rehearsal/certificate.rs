//! The certificate: all that was measured, signed as a whole.

use super::{Evening, Part};
use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// The purpose that stands in the signed text.
pub const PURPOSE: &str = "onsale-rehearsal-1";

/// The deployment that was rehearsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The address of the deployment; none for temporary servers.
    pub target: Option<String>,
    /// The version of the program.
    pub version: String,
    /// SHA-256 of the effective configuration with secrets left out, in hexadecimal digits.
    pub configuration_sha256: String,
}

/// The content of a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Whether every part passed, and there was one.
    pub passed: bool,
    /// When it began.
    pub began_at: String,
    /// When it ended.
    pub ended_at: String,
    /// The deployment that was rehearsed.
    pub place: Place,
    /// People in every part.
    pub people: u32,
    /// Slowest acceptable answer of 99 in 100, in milliseconds.
    pub p99_ms: u32,
    /// Processor, cores and memory of the machine that made the load.
    pub machine: String,
    /// The parts, in the order in which they were played.
    pub parts: Vec<Part>,
    /// Gaps: parts and conditions that were not covered, in English and Korean.
    pub not_covered: Vec<[String; 2]>,
}

impl Certificate {
    pub(super) fn new(
        evening: Evening,
        place: Place,
        parts: Vec<Part>,
        not_covered: Vec<[String; 2]>,
        (began_at, ended_at): (Timestamp, Timestamp),
    ) -> Self {
        let machine = crate::rush::machine::read();
        Self {
            passed: !parts.is_empty() && parts.iter().all(|part| part.passed),
            began_at: began_at.to_string(),
            ended_at: ended_at.to_string(),
            place,
            people: evening.people,
            p99_ms: evening.p99_ms,
            machine: format!(
                "{}, {} cores, {} MiB, {}",
                machine.cpu, machine.cores, machine.memory_mib, machine.kernel
            ),
            parts,
            not_covered,
        }
    }

    /// The text that is signed. One certificate has one text.
    ///
    /// # Errors
    /// None in practice: every field can be written.
    pub fn to_json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads a text that was signed.
    ///
    /// # Errors
    /// When it is none of ours, or of a later version.
    pub fn of_json(text: &str) -> anyhow::Result<Self> {
        Ok(serde_json::from_str(text)?)
    }
}
