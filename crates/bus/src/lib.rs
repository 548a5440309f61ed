//! How messages travel: from an outbox over a bus to whoever must know, each at least once, none lost.
//!
//! ```text
//! outbox --relay--> Publisher (local | broker) --consumer--> Handler
//!                        |                          |
//!                        +------ dead letters ------+
//! ```
//!
//! Everything that can go wrong has one of two names. *Away* is nobody's fault but the other side's (broker or
//! database can not be reached): whoever meets it waits, keeps its place and counts nothing. Everything else is
//! the message's own: it is tried a few times, then laid with the dead letters, and the rest goes on.

mod consumer;
mod dead_letter;
mod figures;
pub mod kafka;
pub mod local;
mod message;
mod port;
mod relay;
mod stop;

pub use consumer::{Consumer, ConsumerOptions, Stopped};
pub use dead_letter::{DeadLetter, DeadLetters, LettersAway, Reason};
pub use message::{Body, Delivery, Message};
pub use port::{Failure, FailureKind, HandleError, Handler, PublishError, Publisher, RefusedMessage};
pub use relay::{Offer, OutboxSource, Relay, RelayOptions, Settled, SourceAway};
pub use stop::{Shutdown, Stop};

/// Most messages handed to a publisher or a handler at once.
pub const BATCH_MAX: usize = 500;
