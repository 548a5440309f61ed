//! Trying dead letters again when somebody asked for it, perhaps from another process.

use super::{LocalDeadLetters, Shared};
use crate::dead_letter::{DeadLetter, DeadLetters, LettersAway};
use crate::message::{Body, Delivery};
use crate::stop::Shutdown;
use std::sync::Weak;
use std::time::Duration;

/// How often to look for requests.
const POLL: Duration = Duration::from_secs(1);
/// Letters read at once.
const PAGE: usize = 100;
/// Polls between two times of throwing old letters away.
const POLLS_BETWEEN_PURGES: u32 = 3_600;

pub(super) async fn run(bus: Weak<Shared>, letters: LocalDeadLetters, shutdown: Shutdown) {
    let mut polls = 0_u32;
    loop {
        {
            let Some(bus) = bus.upgrade() else { return };
            if let Err(away) = replay_all(&bus, &letters, &shutdown).await {
                tracing::warn!(%away, "dead letters can not be replayed now");
            }
        }
        if polls.is_multiple_of(POLLS_BETWEEN_PURGES)
            && let Err(away) = letters.remove_old().await
        {
            tracing::warn!(%away, "old dead letters can not be thrown away now");
        }
        polls = polls.wrapping_add(1);
        if !shutdown.pause(POLL).await {
            return;
        }
    }
}

async fn replay_all(bus: &Shared, letters: &LocalDeadLetters, shutdown: &Shutdown) -> Result<(), LettersAway> {
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

/// The letter leaves when it was dealt with. Fails it again, a new letter has taken its place by then.
async fn replay(bus: &Shared, letters: &LocalDeadLetters, letter: DeadLetter) -> Result<(), LettersAway> {
    let group = letter.group.as_deref();
    // Whoever could not deal with it may not be listening just now: it stays requested.
    if !bus.groups.iter().any(|known| Shared::listens(known, group, &letter.original_topic)) {
        return Ok(());
    }
    let delivery = Delivery {
        topic: letter.original_topic.as_str().into(),
        partition: letter.original_partition,
        offset: letter.original_offset,
        key: letter.key,
        headers: letter.headers,
        body: Body::Bytes(letter.value),
    };
    if bus.deliver(group, &letter.original_topic, vec![delivery]).await.is_ok() {
        letters.remove(letter.id).await?;
    }
    Ok(())
}
