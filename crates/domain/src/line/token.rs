//! The pass of a schedule's line as other roles read it (QUEUE-003, QUEUE-010; `contract.md`, Hot state).
//!
//! The line itself is the truth about who is inside. What stands here is a copy for those who check a pass at each call: it is
//! written before its holder hears the pass, lives as long as the pass, and is made again from the line when it was lost.

use super::{Pass, QueueNumber};
use crate::catalog::PreciseTime;
use crate::id::{AccountId, PassId, ScheduleId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Begins every pass on the wire.
const PREFIX: &str = "qr_";

/// A pass on the wire: `qr_` and its id in lower case.
pub fn pass_text(id: PassId) -> String {
    format!("{PREFIX}{id}")
}

/// The id of a pass on the wire; `None` for anything but `qr_` and a UUID in lower case with hyphens.
pub fn read_pass(text: &str) -> Option<PassId> {
    let id: PassId = text.strip_prefix(PREFIX)?.parse().ok()?;
    // One form alone: others are read by the library, and would be other keys.
    (pass_text(id) == text).then_some(id)
}

/// The value of the key `queue:token:<token>`, and the answer of `POST /internal/queue/passes/check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuedPass {
    /// Whose it is.
    pub user_id: AccountId,
    /// The schedule whose seats it opens.
    pub schedule_id: ScheduleId,
    /// The moment of admission.
    pub issued_at: PreciseTime,
    /// The queue number of its holder.
    pub ticket: QueueNumber,
    /// The first moment at which it is none.
    pub expires_at: PreciseTime,
}

impl IssuedPass {
    /// The pass of a person in a schedule's line.
    pub fn new(user_id: AccountId, schedule_id: ScheduleId, ticket: QueueNumber, pass: &Pass) -> Self {
        Self { user_id, schedule_id, issued_at: pass.since.into(), ticket, expires_at: pass.until.into() }
    }

    /// The key under which the pass with this id stands in hot state.
    pub fn key(id: PassId) -> String {
        format!("queue:token:{}", pass_text(id))
    }

    /// Whether it is valid at `now`.
    pub fn lives_at(&self, now: Timestamp) -> bool {
        now < self.expires_at.0
    }

    /// Whether it is this person's, for this schedule.
    pub fn is_of(&self, user_id: AccountId, schedule_id: ScheduleId) -> bool {
        self.user_id == user_id && self.schedule_id == schedule_id
    }

    /// The value of its key.
    pub fn written(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the value of a key; `None` for anything else.
    pub fn read(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }
}

/// What a schedule's line says of itself to the role that gives seats away: the answer of
/// `GET /internal/queue/lines/{scheduleId}`. Of a line that nobody has entered both are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineFigures {
    /// The highest queue number admitted.
    pub highest_admitted: u64,
    /// People who wait, without those who were passed over.
    pub waiting: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_pass_has_one_form() {
        let id = PassId(Uuid::from_u128(0x0190_a1b2_0000_7000_8000_0000_0000_000f));
        let text = "qr_0190a1b2-0000-7000-8000-00000000000f";
        assert_eq!((pass_text(id).as_str(), read_pass(text)), (text, Some(id)));
        assert_eq!(IssuedPass::key(id), format!("queue:token:{text}"));
        for bad in [
            "",
            "qr_",
            "0190a1b2-0000-7000-8000-00000000000f",
            "QR_0190a1b2-0000-7000-8000-00000000000f",
            "qr_0190A1B2-0000-7000-8000-00000000000F",
            "qr_0190a1b200007000800000000000000f",
            "qr_{0190a1b2-0000-7000-8000-00000000000f}",
            " qr_0190a1b2-0000-7000-8000-00000000000f",
        ] {
            assert_eq!(read_pass(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_pass_is_written_with_milliseconds_and_read_back() {
        let pass = Pass {
            id: PassId(Uuid::from_u128(1)),
            since: Timestamp(1_700_000_000_123),
            until: Timestamp(1_700_000_600_123),
        };
        let (user, schedule) = (AccountId(Uuid::from_u128(2)), ScheduleId(Uuid::from_u128(3)));
        let issued = IssuedPass::new(user, schedule, QueueNumber(7), &pass);
        let json: serde_json::Value = serde_json::from_slice(&issued.written()).expect("JSON");
        assert_eq!(
            json,
            serde_json::json!({"userId": user, "scheduleId": schedule, "ticket": 7,
                "issuedAt": "2023-11-14T22:13:20.123", "expiresAt": "2023-11-14T22:23:20.123"})
        );
        assert_eq!(IssuedPass::read(&issued.written()), Some(issued));
        assert_eq!(IssuedPass::read(b"{}"), None);
        assert!(issued.lives_at(Timestamp(1_700_000_600_122)) && !issued.lives_at(Timestamp(1_700_000_600_123)));
        assert!(issued.is_of(user, schedule));
        assert!(!issued.is_of(AccountId(schedule.0), schedule) && !issued.is_of(user, ScheduleId(user.0)));
    }
}
