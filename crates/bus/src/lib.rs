//! How messages travel from an outbox over a bus to their handlers: each at least once, none lost.
//!
//! ```text
//! outbox --relay--> Publisher (local | Kafka) --consumer--> Handler
//!                        |                          |
//!                        +------ dead letters ------+
//! ```
//!
//! Every failure is of one of two kinds. *Unavailable*: a broker or a database cannot be reached. The caller waits,
//! keeps its position and counts nothing. Everything else is the message's own failure: it is tried a few times, then
//! it becomes a dead letter, and the other messages go on.
//!
//! Every bus passes the suite in `conformance`.

mod cause;
#[cfg(feature = "conformance")]
pub mod conformance;
mod consumer;
mod dead_letter;
pub mod kafka;
mod leased;
pub mod local;
mod message;
mod metrics;
mod outbox;
mod places;
mod port;
mod relay;
mod stop;
pub mod until_available;

pub use cause::{Cause, chain};
pub use consumer::{Consumer, ConsumerOptions};
pub use dead_letter::{DeadLetter, DeadLetters, DeadLettersUnavailable, REPLAYS_HEADER, Reason};
pub use leased::Leased;
pub use message::{Body, Delivery, Message};
pub use outbox::{Offer, OutboxSource, Settled, SourceUnavailable};
pub use places::Places;
pub use port::{Failure, FailureKind, HandleError, Handler, PublishError, Publisher, RefusedMessage};
pub use relay::{Looks, Relay, RelayOptions};
pub use stop::{Shutdown, Stop};
pub use until_available::{Backoff, Stopped};

/// Most messages in one call of a publisher or a handler.
pub const BATCH_MAX: usize = 500;
