//! Handles dead letters again on request, which may come from another process.

use super::{LocalDeadLetters, Shared};
use crate::cause::chain;
use crate::dead_letter::{DeadLetter, DeadLetters, DeadLettersUnavailable};
use crate::message::{Body, Delivery};
use crate::stop::Shutdown;
use std::sync::Weak;
use std::time::Duration;

/// How often requests are looked up.
const POLL: Duration = Duration::from_secs(1);
/// Dead letters read at once.
const PAGE: usize = 100;
/// Polls between two removals of old dead letters.
const POLLS_BETWEEN_PURGES: u32 = 3_600;

pub(super) async fn run(bus: Weak<Shared>, letters: LocalDeadLetters, shutdown: Shutdown) {
    let mut polls = 0_u32;
    loop {
        {
            let Some(bus) = bus.upgrade() else { return };
            if let Err(error) = replay_all(&bus, &letters, &shutdown).await {
                tracing::warn!(error = chain(&error), "dead letters cannot be replayed now");
            }
        }
        if polls.is_multiple_of(POLLS_BETWEEN_PURGES)
            && let Err(error) = letters.remove_old().await
        {
            tracing::warn!(error = chain(&error), "old dead letters cannot be removed now");
        }
        polls = polls.wrapping_add(1);
        if !shutdown.pause(POLL).await {
            return;
        }
    }
}

async fn replay_all(
    bus: &Shared,
    letters: &LocalDeadLetters,
    shutdown: &Shutdown,
) -> Result<(), DeadLettersUnavailable> {
    let mut after = 0;
    loop {
        let page = letters.replay_requests(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for letter in page {
            if shutdown.is_stopped() {
                return Ok(());
            }
            replay(bus, letters, letter).await?;
        }
    }
}

/// Removes the dead letter when it was handled. If it failed again, a new dead letter has taken its place by then.
async fn replay(bus: &Shared, letters: &LocalDeadLetters, letter: DeadLetter) -> Result<(), DeadLettersUnavailable> {
    let group = letter.group.as_deref();
    // The group of the dead letter may not run just now: the request stays.
    if !bus.groups.iter().any(|known| Shared::subscribes(known, group, &letter.original_topic)) {
        return Ok(());
    }
    let headers = letter.replayed_headers();
    let delivery = Delivery {
        topic: letter.original_topic.as_str().into(),
        partition: letter.original_partition,
        offset: letter.original_offset,
        key: letter.key,
        headers,
        body: Body::Bytes(letter.value),
    };
    if bus.deliver(group, &letter.original_topic, vec![delivery]).await.is_ok() {
        letters.remove(letter.id).await?;
    }
    Ok(())
}
