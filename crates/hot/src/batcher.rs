//! Coalescing: while one call is in flight the next requests gather, and go together.
//!
//! No timer and no added wait: alone, a request goes at once; under load the batch grows by itself.

use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What a batch is sent to.
type Call<Q, A> = Box<dyn Fn(Vec<Q>) -> BoxFuture<'static, Vec<A>> + Send + Sync>;

/// How large things may grow, and how long they may take.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Most requests in one call.
    pub batch_max: usize,
    /// Most requests waiting; past that new ones are refused.
    pub waiting_max: usize,
    /// How long a call may take. Past that its people and all who wait behind it hear [`NoAnswer::Lost`]; so does whoever
    /// has waited so long for a call to begin, where calls are slow and many wait. So nobody waits longer than three such
    /// times: one limit a call costs nothing, one a person would be felt. The call itself is not broken off; it ends when
    /// it ends.
    pub call_timeout: Duration,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { batch_max: 512, waiting_max: 65_536, call_timeout: Duration::from_secs(5) }
    }
}

/// The request was not taken, or its call died or took too long: too many wait, or the process is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Nothing was done with it.
    #[error("too many requests are waiting")]
    TooMany,
    /// It may or may not have been done.
    #[error("the call ended without an answer")]
    Lost,
}

struct Waiting<Q, A> {
    queue: VecDeque<Request<Q, A>>,
    in_flight: bool,
}

struct Request<Q, A> {
    request: Q,
    answer: oneshot::Sender<A>,
    at: Instant,
}

struct Shared<Q, A> {
    waiting: Mutex<Waiting<Q, A>>,
    call: Call<Q, A>,
    limits: BatchLimits,
}

/// Gathers requests for one port. Make one per core: a batch never crosses threads on its way back.
pub struct Batcher<Q, A>(Arc<Shared<Q, A>>);

impl<Q, A> Clone for Batcher<Q, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Q: Send + 'static, A: Send + 'static> Batcher<Q, A> {
    /// A batcher before `call`, which must give one answer a request, in order.
    pub fn new(
        limits: BatchLimits,
        call: impl Fn(Vec<Q>) -> BoxFuture<'static, Vec<A>> + Send + Sync + 'static,
    ) -> Self {
        let waiting = Mutex::new(Waiting { queue: VecDeque::new(), in_flight: false });
        Self(Arc::new(Shared { waiting, call: Box::new(call), limits }))
    }

    /// Sends one request with whichever others are there.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn ask(&self, request: Q) -> Result<A, NoAnswer> {
        let (answer, heard) = oneshot::channel();
        let start = {
            let mut waiting = self.0.lock();
            if waiting.queue.len() >= self.0.limits.waiting_max {
                return Err(NoAnswer::TooMany);
            }
            waiting.queue.push_back(Request { request, answer, at: Instant::now() });
            !std::mem::replace(&mut waiting.in_flight, true)
        };
        if start {
            tokio::spawn(self.0.clone().drive());
        }
        heard.await.map_err(|_| NoAnswer::Lost)
    }
}

impl<Q, A> Shared<Q, A> {
    fn lock(&self) -> MutexGuard<'_, Waiting<Q, A>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_batch(&self) -> Option<(Vec<Q>, Vec<oneshot::Sender<A>>)> {
        let mut waiting = self.lock();
        let now = Instant::now();
        let is_late = |asked: &mut Request<Q, A>| now - asked.at >= self.limits.call_timeout;
        // Nobody asks for those any more: in the time that they have waited people come again.
        while waiting.queue.pop_front_if(is_late).is_some() {}
        let count = waiting.queue.len().min(self.limits.batch_max);
        if count == 0 {
            waiting.in_flight = false;
            return None;
        }
        Some(waiting.queue.drain(..count).map(|asked| (asked.request, asked.answer)).unzip())
    }

    async fn drive(self: Arc<Self>)
    where
        A: Send + 'static,
    {
        // However this ends, the next request must find nobody in flight, or all would wait for ever.
        let guard = Landing(&self);
        while let Some((requests, askers)) = self.next_batch() {
            let call = tokio::spawn((self.call)(requests));
            let Ok(Ok(answers)) = tokio::time::timeout(self.limits.call_timeout, call).await else { return };
            for (asker, answer) in askers.into_iter().zip(answers) {
                let _ = asker.send(answer);
            }
        }
        std::mem::forget(guard);
    }
}

struct Landing<'a, Q, A>(&'a Shared<Q, A>);

impl<Q, A> Drop for Landing<'_, Q, A> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.in_flight = false;
        waiting.queue.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn requests_gather_while_a_call_is_in_flight() {
        let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (counted, waited) = (calls.clone(), gate.clone());
        let batcher = Batcher::new(BatchLimits::default(), move |batch: Vec<u32>| {
            counted.fetch_add(1, Ordering::SeqCst);
            let gate = waited.clone();
            Box::pin(async move {
                let _permit = gate.acquire().await;
                batch.into_iter().map(|n| n * 2).collect()
            })
        });
        let asks: Vec<_> = (0..100u32)
            .map(|n| {
                let batcher = batcher.clone();
                tokio::spawn(async move { batcher.ask(n).await })
            })
            .collect();
        while calls.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        gate.add_permits(100);
        for (n, ask) in asks.into_iter().enumerate() {
            assert_eq!(ask.await.expect("runs"), Ok(n as u32 * 2));
        }
        assert!(calls.load(Ordering::SeqCst) <= 3, "{} calls for 100 requests", calls.load(Ordering::SeqCst));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_hangs_holds_nobody_for_ever() {
        let gate = Arc::new(Semaphore::new(0));
        let waited = gate.clone();
        let batcher = Batcher::new(BatchLimits::default(), move |batch: Vec<u32>| {
            let gate = waited.clone();
            Box::pin(async move {
                let _permit = gate.acquire().await;
                batch
            })
        });
        let ask = |n| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.ask(n).await })
        };
        let first = ask(1);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let behind = ask(2);
        assert_eq!(first.await.expect("runs"), Err(NoAnswer::Lost));
        assert_eq!(behind.await.expect("runs"), Err(NoAnswer::Lost));
        gate.add_permits(10);
        assert_eq!(ask(3).await.expect("runs"), Ok(3));
    }

    #[tokio::test(start_paused = true)]
    async fn slow_calls_hold_nobody_for_as_long_as_there_are_people() {
        let limits = BatchLimits { batch_max: 1, ..BatchLimits::default() };
        let batcher = Batcher::new(limits, |batch: Vec<u32>| {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(4)).await;
                batch
            })
        });
        let begun = Instant::now();
        let asks = (0..100).map(|n| batcher.ask(n));
        let heard = futures::future::join_all(asks).await;
        assert!(begun.elapsed() <= limits.call_timeout * 3, "{:?}", begun.elapsed());
        assert_eq!(heard[..3], [Ok(0), Ok(1), Err(NoAnswer::Lost)]);
        assert!(heard[2..].iter().all(|heard| *heard == Err(NoAnswer::Lost)));
        assert_eq!(batcher.ask(7).await, Ok(7));
    }

    #[tokio::test]
    async fn too_many_are_refused_and_a_panic_does_not_block_the_rest() {
        let limits = BatchLimits { batch_max: 1, waiting_max: 2, ..BatchLimits::default() };
        let gate = Arc::new(Semaphore::new(0));
        let waited = gate.clone();
        let batcher = Batcher::new(limits, move |batch: Vec<u32>| {
            let gate = waited.clone();
            Box::pin(async move {
                let _permit = gate.acquire().await;
                assert!(batch[0] != 13, "unlucky");
                batch
            })
        });
        let ask = |n| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.ask(n).await })
        };
        let unlucky = ask(13);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let waiting = [ask(1), ask(2)];
        tokio::task::yield_now().await;
        assert_eq!(ask(3).await.expect("runs"), Err(NoAnswer::TooMany));
        gate.add_permits(1);
        assert_eq!(unlucky.await.expect("runs"), Err(NoAnswer::Lost));
        for lost in waiting {
            assert_eq!(lost.await.expect("runs"), Err(NoAnswer::Lost));
        }
        assert_eq!(ask(4).await.expect("runs"), Ok(4));
    }
}
