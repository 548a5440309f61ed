//! Coalescing: requests that arrive while a call is in flight are sent together in the next call.
//!
//! No timer and no added wait: a single request is sent at once, and under load batches grow by themselves.

use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The call that a batch is sent with.
type Call<Q, A> = Box<dyn Fn(Vec<Q>) -> BoxFuture<'static, Vec<A>> + Send + Sync>;

/// Limits of size and time.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Most requests in one call.
    pub batch_max: usize,
    /// Most requests waiting; past that, new requests are refused.
    pub waiting_max: usize,
    /// Longest time of one call. Past it, its requests and all that wait behind it end with [`NoAnswer::Lost`]; so does a
    /// request that has waited this long for its call to begin. No request waits longer than three times this limit: one
    /// timer for each call costs little, one for each request would be felt. The call itself is not cancelled.
    pub call_timeout: Duration,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { batch_max: 512, waiting_max: 65_536, call_timeout: Duration::from_secs(5) }
    }
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It was refused, and nothing was done: too many requests wait.
    #[error("too many requests are waiting")]
    TooMany,
    /// It may or may not have been carried out: its call panicked or took too long, or the process is stopping.
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

/// Gathers requests for one port. Make one for each worker thread, so that answers do not cross threads.
pub struct Batcher<Q, A>(Arc<Shared<Q, A>>);

impl<Q, A> Clone for Batcher<Q, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Q: Send + 'static, A: Send + 'static> Batcher<Q, A> {
    /// A batcher in front of `call`, which must return one answer for each request, in order.
    pub fn new(
        limits: BatchLimits,
        call: impl Fn(Vec<Q>) -> BoxFuture<'static, Vec<A>> + Send + Sync + 'static,
    ) -> Self {
        let waiting = Mutex::new(Waiting { queue: VecDeque::new(), in_flight: false });
        Self(Arc::new(Shared { waiting, call: Box::new(call), limits }))
    }

    /// Sends one request together with the others that are waiting.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn ask(&self, request: Q) -> Result<A, NoAnswer> {
        let (answer, received) = oneshot::channel();
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
        received.await.map_err(|_| NoAnswer::Lost)
    }
}

impl<Q, A> Shared<Q, A> {
    fn lock(&self) -> MutexGuard<'_, Waiting<Q, A>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_batch(&self) -> Option<(Vec<Q>, Vec<oneshot::Sender<A>>)> {
        let mut waiting = self.lock();
        let now = Instant::now();
        let is_late = |request: &mut Request<Q, A>| now - request.at >= self.limits.call_timeout;
        // Their callers have given up: in the time that they have waited people come again.
        while waiting.queue.pop_front_if(is_late).is_some() {}
        let count = waiting.queue.len().min(self.limits.batch_max);
        if count == 0 {
            waiting.in_flight = false;
            return None;
        }
        Some(waiting.queue.drain(..count).map(|request| (request.request, request.answer)).unzip())
    }

    async fn drive(self: Arc<Self>)
    where
        A: Send + 'static,
    {
        // However this ends, the next request must find no call in flight, or all would wait for ever.
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
        let received = futures::future::join_all(asks).await;
        assert!(begun.elapsed() <= limits.call_timeout * 3, "{:?}", begun.elapsed());
        assert_eq!(received[..3], [Ok(0), Ok(1), Err(NoAnswer::Lost)]);
        assert!(received[2..].iter().all(|received| *received == Err(NoAnswer::Lost)));
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
