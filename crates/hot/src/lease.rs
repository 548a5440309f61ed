//! Work that several processes could do, done by one at a time.

use crate::{HotError, KeyPort};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A holder that does not renew the lease for this long loses it to the next.
const LEASE_MS: u64 = 5_000;
/// For this long a holder assumes that it still holds the lease, and another that it does not, without a call.
const BELIEVED_FOR: Duration = Duration::from_secs(1);

/// For this long after it was taken no other holder can have the lease, so it may be removed.
const SURELY_OURS_FOR: Duration = Duration::from_secs(4);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The holder of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Ours, as it was when we last asked.
    Kept,
    /// Ours from now on. Another may have had it since we last asked.
    Taken,
    /// Another's.
    Others,
}

/// A lease. It is no fence: two hold it at once after a long pause of one, so both must be safe.
pub struct Lease {
    keys: Arc<dyn KeyPort>,
    name: String,
    me: Vec<u8>,
    held_at: Mutex<Option<Instant>>,
    /// When it was another's.
    others_at: Mutex<Option<Instant>>,
}

impl Lease {
    /// The lease of this name, for this process.
    pub fn new(keys: Arc<dyn KeyPort>, name: &str) -> Self {
        let me = Uuid::new_v4().simple().to_string().into_bytes();
        Self { keys, name: format!("lease:{name}"), me, held_at: Mutex::new(None), others_at: Mutex::new(None) }
    }

    /// Takes or renews the lease.
    ///
    /// # Errors
    /// [`HotError`]: the holder is unknown.
    pub async fn hold(&self) -> Result<Hold, HotError> {
        let asked_at = Instant::now();
        if self.held_at().is_some_and(|held_at| held_at.elapsed() < BELIEVED_FOR) {
            return Ok(Hold::Kept);
        }
        if locked(&self.others_at).is_some_and(|others_at| others_at.elapsed() < BELIEVED_FOR) {
            return Ok(Hold::Others);
        }
        let hold = self.ask().await;
        *locked(&self.others_at) = hold.as_ref().is_ok_and(|hold| *hold == Hold::Others).then_some(asked_at);
        *locked(&self.held_at) = hold.as_ref().is_ok_and(|hold| *hold != Hold::Others).then_some(asked_at);
        hold
    }

    /// Gives it up, so that the next need not wait until it has run out. Somebody else's stays. Not to be held again
    /// meanwhile.
    ///
    /// # Errors
    /// [`HotError`]: it runs out by itself.
    pub async fn release(&self) -> Result<(), HotError> {
        let held_at = locked(&self.held_at).take();
        if held_at.is_none_or(|held_at| held_at.elapsed() >= SURELY_OURS_FOR) {
            return Ok(());
        }
        if self.is_mine().await? { self.keys.remove(std::slice::from_ref(&self.name)).await } else { Ok(()) }
    }

    fn held_at(&self) -> Option<Instant> {
        *locked(&self.held_at)
    }

    async fn ask(&self) -> Result<Hold, HotError> {
        let now = clock::now();
        let entry = || vec![(self.name.clone(), self.me.clone())];
        if self.keys.claim(entry(), LEASE_MS, now).await? == [true] {
            return Ok(Hold::Taken);
        }
        if !self.is_mine().await? {
            return Ok(Hold::Others);
        }
        self.keys.put(entry(), LEASE_MS, now).await?;
        Ok(Hold::Kept)
    }

    async fn is_mine(&self) -> Result<bool, HotError> {
        let holder = self.keys.get(std::slice::from_ref(&self.name), clock::now()).await?;
        Ok(holder.first().and_then(Option::as_ref) == Some(&self.me))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::EmbeddedKeys;

    #[tokio::test]
    async fn a_lease_has_one_holder_and_passes_to_the_next() {
        let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
        let (first, second) = (Lease::new(keys.clone(), "steps"), Lease::new(keys.clone(), "steps"));
        assert_eq!(first.hold().await, Ok(Hold::Taken));
        assert_eq!(second.hold().await, Ok(Hold::Others));
        assert_eq!((first.hold().await, first.ask().await), (Ok(Hold::Kept), Ok(Hold::Kept)), "the holder keeps it");
        keys.remove(&["lease:steps".to_owned()]).await.expect("forgotten");
        assert_eq!(
            (second.hold().await, second.ask().await),
            (Ok(Hold::Others), Ok(Hold::Taken)),
            "believed for a moment"
        );
        assert_eq!(first.ask().await, Ok(Hold::Others));
        keys.remove(&["lease:steps".to_owned()]).await.expect("forgotten");
        assert_eq!(first.ask().await, Ok(Hold::Taken), "another may have had it meanwhile");
    }

    #[tokio::test]
    async fn who_gives_it_up_lets_the_next_have_it_at_once_and_takes_it_from_nobody() {
        let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
        let (first, second) = (Lease::new(keys.clone(), "steps"), Lease::new(keys.clone(), "steps"));
        assert_eq!((first.hold().await, second.hold().await), (Ok(Hold::Taken), Ok(Hold::Others)));
        second.release().await.expect("nothing to give up");
        assert_eq!(second.hold().await, Ok(Hold::Others));
        first.release().await.expect("given up");
        assert_eq!(second.ask().await, Ok(Hold::Taken));
        first.release().await.expect("nothing left");
        assert_eq!((first.hold().await, second.ask().await), (Ok(Hold::Others), Ok(Hold::Kept)));
    }
}
