//! What callers send, and what has no fields of its own.

use domain::{AccountId, ScheduleId};
use onsale_http::{ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;
use uuid::Uuid;

/// Reads a UUID in its usual form, with hyphens and in any case; `None` for anything else.
pub(in crate::tickets) fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

pub(in crate::tickets) fn id<'de, D: Deserializer<'de>, T: From<Uuid>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    uuid(&text).map(T::from).ok_or_else(|| de::Error::custom("must be a UUID"))
}

/// Where a place is wanted. Other fields are ignored.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewPlace {
    /// The schedule.
    #[serde(deserialize_with = "id")]
    #[schema(value_type = String, format = Uuid)]
    pub schedule_id: ScheduleId,
}

impl RequestBody for NewPlace {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

/// A pass that another role was shown.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PassCheck {
    /// As it was shown.
    pub token: String,
    /// Who showed it.
    #[serde(deserialize_with = "id")]
    #[schema(value_type = String, format = Uuid)]
    pub user_id: AccountId,
    /// The schedule whose seats it shall open.
    #[serde(deserialize_with = "id")]
    #[schema(value_type = String, format = Uuid)]
    pub schedule_id: ScheduleId,
}

/// Two ids and a text that may be anything.
impl RequestBody for PassCheck {
    const LIMIT_BYTES: usize = 16 * 1_024;
}

/// The answer to those who leave.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct LeftQueue {
    message: &'static str,
}

impl Default for LeftQueue {
    fn default() -> Self {
        Self { message: "Removed from queue" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_any_case_and_in_one_form() {
        let read = |text: &str| serde_json::from_str::<NewPlace>(text).map(|new| new.schedule_id.to_string());
        let id = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
        assert_eq!(read(&format!(r#"{{"scheduleId":"{}","more":1}}"#, id.to_uppercase())).expect("read"), id);
        for bad in [
            r#"{}"#,
            r#"{"scheduleId":null}"#,
            r#"{"scheduleId":""}"#,
            r#"{"scheduleId":7}"#,
            r#"{"scheduleId":"3f2a0b0e6c3d4a579e3f6d1f0a4f6a11"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
