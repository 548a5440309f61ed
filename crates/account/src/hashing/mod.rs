//! bcrypt on threads of its own behind a bounded, fair queue (AUTH-014): a flood of log-ins fills the queue and no more.
//! Requests that hash nothing do not feel it, and people of other networks and accounts are served in turn.

mod fair;

use fair::{FairQueue, Flow, Pushed};
use onsale_http::ApiError;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Longest wait for a turn, under the time limit of every route.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Longest time that `Retry-After` tells, in seconds.
const RETRY_AFTER_SECONDS_MAX: u32 = 30;
/// The first guess of how long one hash takes.
const HASH_GUESS: Duration = Duration::from_millis(250);

/// The two holders whose shares a hash is taken from.
#[derive(Clone, Debug)]
pub struct Share {
    /// The network that asks; all callers without one are one.
    pub network: String,
    /// The account that it is for: its keyed hash, or its id.
    pub account: String,
}

/// The queue is full, or the turn did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords wait to be hashed")]
pub struct HashingBusy {
    /// When it is worth trying again, in seconds.
    pub retry_after_seconds: u32,
}

impl From<HashingBusy> for ApiError {
    fn from(busy: HashingBusy) -> Self {
        metrics::counter!("onsale_password_hashing_refused_total").increment(1);
        Self::unavailable().retry_after(busy.retry_after_seconds)
    }
}

enum Work {
    Hash { password: String, done: oneshot::Sender<Option<String>> },
    Verify { password: String, hash: String, done: oneshot::Sender<bool> },
}

struct State {
    queue: FairQueue<Work>,
    is_closed: bool,
    /// How long a hash takes, smoothed.
    takes: Duration,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    threads: u32,
}

struct Inner {
    shared: Arc<Shared>,
    cost: u32,
    /// A hash of no password, for e-mail addresses that nobody has: the answer takes as long as any.
    dummy: String,
}

/// The least cost that there is.
const COST_MIN: u32 = 4;

/// The costs of the hashes that are worked through beside one of this cost, so that its judgement takes as long as one of today's.
/// Each cost takes twice the time of the one before it: what 12 takes is what 10 takes, and 10 and 11 on top of it. Without it
/// the time of a refusal would say who has an account whose hash was made before the cost was raised.
fn makes_up_for(stored: u32, today: u32) -> std::ops::Range<u32> {
    stored..today.max(stored)
}

fn damaged() -> bool {
    tracing::error!("a stored password hash is damaged");
    false
}

/// Judges a password by what `judge` says of its hash, with as much work as a hash of today's cost is.
fn judged(hash: &str, today: u32, mut judge: impl FnMut(&str) -> bool) -> bool {
    // A damaged one costs nothing to judge: it is made up for as a whole.
    let Ok(parts) = hash.parse::<bcrypt::HashParts>() else {
        if let Ok(dummy) = dummy(today) {
            judge(&dummy);
        }
        return damaged();
    };
    let is_right = judge(hash);
    for cost in makes_up_for(parts.get_cost(), today) {
        if let Ok(dummy) = dummy(cost) {
            judge(&dummy);
        }
    }
    is_right
}

/// The queue with its threads, which end with it. Cheap to clone.
#[derive(Clone)]
pub struct HashQueue(Arc<Inner>);

/// Settings of the queue.
#[derive(Clone, Copy, Debug)]
pub struct HashSettings {
    /// `user.bcrypt_cost`.
    pub cost: u32,
    /// `user.hash_queue`: most that wait.
    pub waiting_max: usize,
    /// Threads; 0: half of the processors, one at least, so that others stay free.
    pub threads: usize,
}

/// Why the queue cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HashQueueFault {
    /// The cost.
    #[error("user.bcrypt_cost must be 4 to 31")]
    Cost,
    /// The system gives no thread.
    #[error("a thread for hashing passwords cannot be started")]
    Thread(#[source] std::io::Error),
}

/// A hash of no password: comparing with it takes as long as with any of this cost.
fn dummy(cost: u32) -> Result<String, HashQueueFault> {
    // Every text of the alphabet is a salt and a result; making one of a real password would cost a start a hash.
    let text = format!("$2b${cost:02}${}", ".".repeat(53));
    match text.parse::<bcrypt::HashParts>() {
        Ok(_) if (COST_MIN..=31).contains(&cost) => Ok(text),
        _ => Err(HashQueueFault::Cost),
    }
}

impl HashQueue {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`HashQueueFault`].
    pub fn start(settings: HashSettings) -> Result<Self, HashQueueFault> {
        let HashSettings { cost, waiting_max, threads } = settings;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads == 0 { (processors / 2).max(1) } else { threads };
        let dummy = dummy(cost)?;
        let state = State { queue: FairQueue::new(waiting_max.max(1)), is_closed: false, takes: HASH_GUESS };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), wake: Condvar::new(), threads: threads.min(64) as u32 });
        let queue = Self(Arc::new(Inner { shared: shared.clone(), cost, dummy }));
        for number in 0..threads.min(64) {
            let shared = shared.clone();
            let thread = std::thread::Builder::new().name(format!("hash-{number}"));
            thread.spawn(move || shared.run(cost)).map_err(HashQueueFault::Thread)?;
        }
        Ok(queue)
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` with `Retry-After`; `INTERNAL_ERROR` when the system gives no random bytes.
    pub async fn hash(&self, share: &Share, password: &domain::account::Password) -> Result<String, ApiError> {
        let (done, hash) = oneshot::channel();
        self.0.shared.push(share, Work::Hash { password: password.as_str().to_owned(), done })?;
        let hash = self.wait(hash).await?;
        hash.ok_or_else(|| ApiError::internal("a password cannot be hashed"))
    }

    /// Whether a text is the password of a hash. Without a hash: no, in the same time.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` with `Retry-After`.
    pub async fn verify(&self, share: &Share, text: &str, hash: Option<&str>) -> Result<bool, ApiError> {
        let (done, is_right) = oneshot::channel();
        let password = text.to_owned();
        let work = Work::Verify { password, hash: hash.unwrap_or(&self.0.dummy).to_owned(), done };
        self.0.shared.push(share, work)?;
        let is_right = self.wait(is_right).await?;
        // bcrypt passes over what follows 72 bytes, and no password is longer.
        Ok(is_right && hash.is_some() && text.len() <= domain::account::PASSWORD_BYTES_MAX)
    }

    /// Whether a hash was made with another cost than that of today: it is made anew at the next log-in.
    pub fn is_outdated(&self, hash: &str) -> bool {
        hash.parse::<bcrypt::HashParts>().is_ok_and(|parts| parts.get_cost() != self.0.cost)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.0.shared.lock().queue.len()
    }

    async fn wait<T>(&self, done: oneshot::Receiver<T>) -> Result<T, ApiError> {
        match tokio::time::timeout(WAIT_MAX, done).await {
            Ok(Ok(outcome)) => Ok(outcome),
            // Displaced, or not served in time.
            Ok(Err(_)) | Err(_) => Err(self.0.shared.busy().into()),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, share: &Share, work: Work) -> Result<(), HashingBusy> {
        let flows: [Flow; 2] = [format!("n:{}", share.network), format!("a:{}", share.account)];
        // What is displaced is dropped after the lock, and its caller hears of it by that.
        let pushed = self.lock().queue.push(flows, work);
        match pushed {
            Pushed::Full(_) => Err(self.busy()),
            Pushed::Waits | Pushed::Displaced(_) => {
                self.wake.notify_one();
                Ok(())
            }
        }
    }

    fn busy(&self) -> HashingBusy {
        let state = self.lock();
        let waiting = u32::try_from(state.queue.len()).unwrap_or(u32::MAX);
        let seconds = (state.takes.saturating_mul(waiting) / self.threads.max(1)).as_secs() as u32 + 1;
        HashingBusy { retry_after_seconds: seconds.min(RETRY_AFTER_SECONDS_MAX) }
    }

    fn run(&self, cost: u32) {
        while let Some(work) = self.next() {
            let began = Instant::now();
            match work {
                // Nobody waits for it any more.
                Work::Hash { done, .. } if done.is_closed() => continue,
                Work::Verify { done, .. } if done.is_closed() => continue,
                Work::Hash { password, done } => {
                    let _ = done.send(bcrypt::hash(password, cost).ok());
                }
                Work::Verify { password, hash, done } => {
                    let judge = |hash: &str| bcrypt::verify(&password, hash).unwrap_or_else(|_| damaged());
                    let _ = done.send(judged(&hash, cost, judge));
                }
            }
            let took = began.elapsed();
            metrics::histogram!("onsale_password_hashing_seconds").record(took.as_secs_f64());
            let mut state = self.lock();
            state.takes = (state.takes * 7 + took) / 8;
        }
    }

    fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(work) = state.queue.pop() {
                return Some(work);
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ErrorCode;
    use domain::account::Password;

    fn queue(waiting_max: usize) -> HashQueue {
        HashQueue::start(HashSettings { cost: 4, waiting_max, threads: 1 }).expect("started")
    }

    fn share(network: &str, account: &str) -> Share {
        Share { network: network.into(), account: account.into() }
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_nothing_else_is() {
        let (queue, share) = (queue(8), share("n", "a"));
        let longest = "가".repeat(24);
        for password in ["correct horse", longest.as_str()] {
            let hash = queue.hash(&share, &Password::parse(password).expect("valid")).await.expect("hashed");
            assert_eq!(queue.verify(&share, password, Some(&hash)).await, Ok(true));
            for other in ["Correct horse", "", "\0", "correct horse\0", &format!("{password}x"), &"a".repeat(9_000)] {
                assert_eq!(queue.verify(&share, other, Some(&hash)).await, Ok(false), "{other}");
            }
            assert!(!queue.is_outdated(&hash) && queue.is_outdated(&hash.replace("$04$", "$05$")));
        }
        assert_eq!(queue.verify(&share, "correct horse", None).await, Ok(false));
        assert_eq!(queue.verify(&share, "correct horse", Some("damaged")).await, Ok(false));
    }

    #[test]
    fn a_judgement_is_as_much_work_whatever_the_cost_of_the_hash() {
        let today = 12;
        // Work, in hashes of the least cost.
        let weight = |cost: u32| 1u64 << (cost - COST_MIN);
        let worked = |hash: &str| {
            let mut costs = Vec::new();
            let is_right = judged(hash, today, |hash| {
                costs.push(hash.parse::<bcrypt::HashParts>().expect("a hash").get_cost());
                // The first is the stored one, and its word alone counts.
                costs.len() == 1
            });
            (is_right, costs)
        };
        for stored in COST_MIN..=today {
            let (is_right, costs) = worked(&dummy(stored).expect("a hash"));
            assert!(is_right, "{stored}");
            assert_eq!(costs[0], stored);
            assert_eq!(costs.iter().map(|cost| weight(*cost)).sum::<u64>(), weight(today), "{costs:?}");
        }
        assert_eq!(worked(&dummy(10).expect("a hash")).1, [10, 10, 11]);
        // One that cost more than today's takes longer until the next log-in: nothing can be taken away from it.
        assert_eq!(worked(&dummy(13).expect("a hash")).1, [13]);
        assert_eq!(worked("damaged"), (false, vec![today]));
    }

    #[tokio::test]
    async fn a_password_of_a_lower_cost_is_known_and_no_dummy_is() {
        let today = HashQueue::start(HashSettings { cost: 7, waiting_max: 8, threads: 1 }).expect("started");
        let hash = queue(8).hash(&share("n", "a"), &Password::parse("correct horse").expect("valid")).await;
        let hash = hash.expect("hashed");
        assert!(today.is_outdated(&hash));
        for (text, is_right) in [("correct horse", true), ("Correct horse", false), ("", false)] {
            assert_eq!(today.verify(&share("n", "a"), text, Some(&hash)).await, Ok(is_right), "{text}");
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_a_flood_and_serves_others() {
        let slow = HashQueue::start(HashSettings { cost: 10, waiting_max: 4, threads: 1 }).expect("started");
        let flood: Vec<_> = (0..40)
            .map(|n| {
                let slow = slow.clone();
                tokio::spawn(async move { slow.verify(&share("flood", &n.to_string()), "password", None).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(slow.verify(&share("home", "kim"), "password", None).await, Ok(false), "displaces one of the flood");
        let mut refused = 0;
        for one in flood {
            if let Err(error) = one.await.expect("ran") {
                assert_eq!(error.code, ErrorCode::ServiceUnavailable);
                assert!((1..=30).contains(&error.retry_after_seconds.expect("a time")));
                refused += 1;
            }
        }
        assert!((30..=38).contains(&refused), "{refused}");
    }

    #[tokio::test]
    async fn who_went_away_costs_no_hash() {
        let queue = queue(100);
        for _ in 0..20 {
            let gone = queue.clone();
            tokio::spawn(async move { gone.verify(&share("n", "a"), "password", None).await }).abort();
        }
        assert_eq!(queue.verify(&share("m", "b"), "password", None).await, Ok(false));
    }
}
