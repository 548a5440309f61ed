//! Who is to blame: the brokers that are away, or the message that they do not want.

use crate::port::PublishError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Why something could not be done with the brokers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// They can not be reached, or too few of them are up; later it may work.
    #[error("Kafka can not be reached: {0}")]
    Away(String),
    /// They do not want it; it will not work later either, unless somebody changes something.
    #[error("Kafka refused: {0}")]
    Refused(String),
}

impl From<BrokerError> for PublishError {
    /// What concerns no message alone is waited for: somebody has to mend it, and nothing may be lost until then.
    fn from(error: BrokerError) -> Self {
        Self::Away(error.to_string())
    }
}

/// What the broker says to a message, a topic or a request that it will not have however often it is asked.
pub(super) fn refusal(error: &KafkaError) -> Option<String> {
    use RDKafkaErrorCode as Code;
    let code = match error {
        KafkaError::AdminOp(code) => *code,
        KafkaError::Nul(_) => return Some("the name contains a zero byte".to_owned()),
        KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) | KafkaError::AdminOpCreation(_) => {
            return Some(error.to_string());
        }
        other => other.rdkafka_error_code()?,
    };
    let refused = matches!(
        code,
        Code::MessageSizeTooLarge
            | Code::InvalidMessageSize
            | Code::InvalidRecord
            | Code::InvalidTimestamp
            | Code::InvalidTopic
            | Code::InvalidPartitions
            | Code::InvalidConfig
            | Code::InvalidArgument
            | Code::UnknownTopic
            | Code::UnknownTopicOrPartition
            | Code::UnknownPartition
            | Code::PolicyViolation
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
    );
    refused.then(|| code.to_string())
}

/// Whether the topic has gone since it was last seen.
pub(super) fn is_unknown_topic(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{UnknownPartition, UnknownTopic, UnknownTopicOrPartition};
    matches!(error.rdkafka_error_code(), Some(UnknownTopic | UnknownTopicOrPartition | UnknownPartition))
}
