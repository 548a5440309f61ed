//! One connection to one node, opened when it is needed and thrown away when it does not answer.

use super::address::{NodeAddress, RedisAddress};
use arc_swap::ArcSwapOption;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, Pipeline, RedisError, Value};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Longest time for one answer of one node: longer than a node may wait for its replica.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_millis(2_000);
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_000);
/// Answers in a row that did not come in time, after which a connection is thrown away. A node that hangs is asked over a
/// new connection then, which costs little; a connection that hangs would hang for ever.
const TIMEOUTS_MAX: u32 = 3;
/// For this long after a connection was refused all callers get the same refusal: each would open one of its own.
const REFUSED_FOR: Duration = Duration::from_millis(100);
/// Most calls under way on one connection; the next ones wait. The library queues 50, and calls beyond that would wait
/// inside of it.
const IN_FLIGHT_MAX: usize = 32;

/// A connection that was opened.
struct Opened {
    connection: MultiplexedConnection,
    /// Answers in a row that did not come in time.
    timeouts: AtomicU32,
}

/// The way to one node.
pub(super) struct Link {
    pub node: NodeAddress,
    client: Client,
    opened: ArcSwapOption<Opened>,
    /// Held by the caller that opens the connection.
    opening: tokio::sync::Mutex<()>,
    refused: Mutex<Option<(Instant, RedisError)>>,
    in_flight: Semaphore,
}

impl Link {
    pub fn new(address: &RedisAddress, node: &NodeAddress) -> Result<Self, RedisError> {
        Ok(Self {
            client: address.client(node)?,
            node: node.clone(),
            opened: ArcSwapOption::empty(),
            opening: tokio::sync::Mutex::default(),
            refused: Mutex::default(),
            in_flight: Semaphore::new(IN_FLIGHT_MAX),
        })
    }

    /// Sends commands and returns one value for each.
    pub async fn send(&self, commands: &Pipeline) -> Result<Vec<Value>, RedisError> {
        let _permit = self.in_flight.acquire().await;
        let opened = self.opened().await?;
        let answer = opened.connection.clone().req_packed_commands(commands, 0, commands.len()).await;
        match &answer {
            Err(error) if error.is_timeout() => {
                if opened.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS_MAX {
                    self.discard(&opened);
                }
            }
            Err(error) if is_lost(error) => self.discard(&opened),
            _ => opened.timeouts.store(0, Ordering::Relaxed),
        }
        answer
    }

    async fn opened(&self) -> Result<Arc<Opened>, RedisError> {
        if let Some(opened) = self.opened.load_full() {
            return Ok(opened);
        }
        let _one_at_a_time = self.opening.lock().await;
        if let Some(opened) = self.opened.load_full() {
            return Ok(opened);
        }
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        // The library's limit does not cover the greeting of a node that accepts and then hangs.
        let opening = self.client.get_multiplexed_async_connection_with_config(&config);
        let connection = match tokio::time::timeout(RESPONSE_TIMEOUT, opening).await {
            Ok(outcome) => outcome,
            Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        };
        match connection {
            Ok(connection) => {
                let opened = Arc::new(Opened { connection, timeouts: AtomicU32::new(0) });
                self.opened.store(Some(opened.clone()));
                Ok(opened)
            }
            Err(error) => {
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn refusal(&self) -> Option<RedisError> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.as_ref().filter(|(at, _)| at.elapsed() < REFUSED_FOR).map(|(_, error)| error.clone())
    }

    /// The next call opens a new connection; another one that was opened meanwhile stays.
    fn discard(&self, broken: &Arc<Opened>) {
        let before = self.opened.compare_and_swap(broken, None);
        if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, broken)) {
            metrics::counter!("onsale_hot_connections_discarded_total").increment(1);
            tracing::warn!(node = %self.node, "a connection to Redis does not answer; it is opened again");
        }
    }
}

/// Whether nothing more can come over the connection.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped() || error.is_unrecoverable_error()
}
