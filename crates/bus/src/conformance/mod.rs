//! One suite for every bus: each promise is tried on an empty bus of its own.
//!
//! A new bus plugs in by [`run`] with a way to make a [`BusUnderTest`]. A few promises are tried at the same time, and the
//! suite fails with the names of those that are broken.

mod dead_letters;
mod delivery;
mod failures;
mod recorder;
mod scene;

use crate::consumer::ConsumerOptions;
use crate::dead_letter::DeadLetters;
use crate::port::{Handler, Publisher};
use async_trait::async_trait;
use futures::future::LocalBoxFuture;
use futures::{FutureExt, StreamExt, stream};
use scene::Scene;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// A bus that the suite can start, stop and start again. Its topics and dead letters outlive a stop.
#[async_trait]
pub trait BusUnderTest: Send + Sync + 'static {
    /// The topic of all messages. It is empty at first and of the form `name.events`.
    fn topic(&self) -> &'static str;

    /// Starts the consumers of these handlers.
    async fn start(&self, handlers: Vec<Arc<dyn Handler>>, options: ConsumerOptions);

    /// Stops the consumers that [`BusUnderTest::start`] started. Returns when they have ended.
    async fn stop(&self);

    /// A publisher of the bus as it was last started.
    fn publisher(&self) -> Arc<dyn Publisher>;

    /// The dead letters of the topic.
    fn dead_letters(&self) -> Arc<dyn DeadLetters>;

    /// Publishes these bytes as another program might. Returns false if the bus carries only envelopes.
    async fn publish_bytes(&self, key: &str, value: &[u8]) -> bool;
}

/// Promises tried at the same time: few, as each may create topics on real servers.
const AT_ONCE: usize = 3;

type Promise<B> = fn(Scene<B>) -> LocalBoxFuture<'static, ()>;

/// The promises, each with its name.
macro_rules! promises {
    ($($module:ident::$name:ident,)*) => {
        [$((stringify!($name), (|scene| Box::pin($module::$name(scene))) as Promise<B>),)*]
    };
}

/// Runs the suite. `make` makes an empty bus each time.
///
/// # Panics
/// When the bus breaks a promise.
pub async fn run<B: BusUnderTest>(make: impl Fn() -> B) {
    let promises = promises![
        delivery::every_group_handles_every_message,
        delivery::messages_of_a_key_are_handled_in_order,
        delivery::a_handled_message_does_not_come_again_after_a_restart,
        delivery::an_unhandled_message_comes_again_after_a_restart,
        delivery::a_stop_waits_for_the_batch_in_progress,
        failures::a_transient_failure_is_tried_three_times_more_and_then_a_dead_letter,
        failures::a_transient_failure_that_passes_leaves_no_dead_letter,
        failures::an_invalid_message_is_a_dead_letter_after_one_try,
        failures::an_unavailable_handler_counts_no_tries_and_keeps_the_offset,
        failures::a_message_of_an_unknown_kind_is_an_invalid_dead_letter,
        failures::bytes_that_are_no_message_are_a_malformed_dead_letter,
        dead_letters::dead_letters_are_listed_in_pages_and_shown,
        dead_letters::a_replayed_dead_letter_is_handled_once_and_removed,
        dead_letters::a_dropped_dead_letter_is_gone,
    ];
    let run = promises.map(|(name, promise)| {
        let scene = Scene::new(make());
        // A broken promise panics; the others still run.
        async move { AssertUnwindSafe(promise(scene)).catch_unwind().await.is_err().then_some(name) }
    });
    let broken: Vec<Option<&str>> = stream::iter(run).buffer_unordered(AT_ONCE).collect().await;
    let broken: Vec<&str> = broken.into_iter().flatten().collect();
    assert!(broken.is_empty(), "broken promises: {broken:#?}");
}
