//! Errors of the brokers: they are unavailable, or they refuse a message or a request.

use crate::cause::Cause;
use crate::port::PublishError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Why a request to the brokers failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// They cannot be reached, or too few of them are up. It may work later.
    #[error("Kafka cannot be reached: {what}")]
    Unavailable {
        /// The request, the brokers, and what to check.
        what: String,
        /// The error of the client.
        #[source]
        cause: Option<Cause>,
    },
    /// They refuse the request. It will not work later either, unless an operator changes something.
    #[error("Kafka refused: {what}")]
    Refused {
        /// The request.
        what: String,
        /// The error of the client.
        #[source]
        cause: Option<Cause>,
    },
}

impl From<BrokerError> for PublishError {
    /// A refusal that concerns no single message is waited for, too: an operator has to act, and nothing may be lost
    /// until then.
    fn from(error: BrokerError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// Whether the broker will refuse the same message, topic or request every time.
pub(super) fn is_refusal(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    let code = match error {
        KafkaError::AdminOp(code) => Some(*code),
        KafkaError::Nul(_)
        | KafkaError::ClientConfig(..)
        | KafkaError::ClientCreation(_)
        | KafkaError::AdminOpCreation(_) => return true,
        other => other.rdkafka_error_code(),
    };
    matches!(
        code,
        Some(
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
        )
    )
}

/// Whether the topic was deleted since it was last seen.
pub(super) fn is_unknown_topic(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{UnknownPartition, UnknownTopic, UnknownTopicOrPartition};
    matches!(error.rdkafka_error_code(), Some(UnknownTopic | UnknownTopicOrPartition | UnknownPartition))
}
