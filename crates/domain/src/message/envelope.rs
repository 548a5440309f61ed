//! The envelope of every message.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The only version there is.
pub const VERSION: &str = "v1";

/// Where a message comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Ties together all that followed from one request.
    pub correlation_id: String,
    /// The `eventId` of the message that caused this one.
    pub causation_id: Option<Uuid>,
    /// The person concerned.
    pub user_id: Option<String>,
}

/// A message as it stands on the wire. The Kafka key is `aggregate_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Unique; consumers know a repeated message by it.
    pub event_id: Uuid,
    /// One of [`event_type`](super::event_type).
    pub event_type: String,
    /// What it is about.
    pub aggregate_id: String,
    /// The kind of thing it is about.
    pub aggregate_type: String,
    /// [`VERSION`].
    pub version: String,
    /// When it was decided.
    pub timestamp: Timestamp,
    /// Where it comes from.
    pub metadata: Metadata,
    /// The content, by kind.
    pub payload: serde_json::Value,
}

impl Envelope {
    /// A message about a campaign or one of its coupons.
    pub fn about_campaign<P: Serialize>(
        event_id: Uuid,
        event_type: &str,
        campaign_key: String,
        at: Timestamp,
        user_id: Option<String>,
        payload: &P,
    ) -> Self {
        Self {
            event_id,
            event_type: event_type.to_owned(),
            aggregate_id: campaign_key,
            aggregate_type: "Campaign".to_owned(),
            version: VERSION.to_owned(),
            timestamp: at,
            metadata: Metadata { correlation_id: event_id.to_string(), causation_id: None, user_id },
            payload: serde_json::to_value(payload).unwrap_or_default(),
        }
    }
}
