//! What servers tell each other through Redis, over one connection of its own: it saves waiting for the next look, and nothing
//! else depends on it. Whatever is told is also found by looking, only later.
//!
//! In a cluster a message that one node gets is passed on to all, so that any node is as good as another.

use super::link::RESPONSE_TIMEOUT;
use super::{Lanes, lane, uptime_ms};
use futures::StreamExt;
use redis::{Client, RedisError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// How often the connection is tried: one that hangs is noticed after that, and the looks in between are seldom.
const TRIED_EVERY: Duration = Duration::from_secs(5);
/// The wait before a lost connection is made again, at another node; it doubles each time.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_secs(15);

/// What a listener hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::redis) enum Heard<'a> {
    /// A message.
    Message(&'a str),
    /// The connection is new: anything may have been told before.
    Anything,
}

type Listener = Arc<dyn Fn(Heard<'_>) + Send + Sync>;

/// Who listens to what, in this process.
#[derive(Default)]
pub(super) struct News {
    listeners: Mutex<Vec<(String, Listener)>>,
    /// Somebody else listens now.
    changed: Notify,
    is_heard: AtomicBool,
}

impl News {
    pub fn listen(&self, channel: String, listener: Listener) {
        self.listeners().push((channel, listener));
        self.changed.notify_one();
    }

    pub fn is_heard(&self) -> bool {
        self.is_heard.load(Ordering::Relaxed)
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, Vec<(String, Listener)>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn channels(&self) -> Vec<String> {
        self.listeners().iter().map(|(channel, _)| channel.clone()).collect()
    }

    /// `channel`: none means all.
    fn tell(&self, channel: Option<&str>, heard: Heard<'_>) {
        let is_meant = |(name, _): &&(String, Listener)| channel.is_none_or(|channel| channel == name);
        let meant: Vec<Listener> = self.listeners().iter().filter(is_meant).map(|(_, one)| one.clone()).collect();
        meant.iter().for_each(|listener| listener(heard));
    }

    fn set_heard(&self, is_heard: bool) {
        self.is_heard.store(is_heard, Ordering::Relaxed);
        metrics::gauge!("onsale_hot_news_heard").set(f64::from(u8::from(is_heard)));
    }

    /// Hears until somebody else listens too, or the connections of the process are dropped.
    async fn hear(&self, client: &Client, lanes: &Weak<Lanes>) -> Result<(), RedisError> {
        let channels = self.channels();
        let opening = async {
            let mut opened = client.get_async_pubsub().await?;
            opened.subscribe(&channels).await?;
            Ok::<_, RedisError>(opened)
        };
        let (mut questions, mut messages) = in_time(opening).await?.split();
        self.tell(None, Heard::Anything);
        self.set_heard(true);
        let mut tries = tokio::time::interval(TRIED_EVERY);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return Err(lost()) };
                    let text: String = message.get_payload().unwrap_or_default();
                    self.tell(Some(message.get_channel_name()), Heard::Message(&text));
                }
                () = self.changed.notified() => return Ok(()),
                _ = tries.tick() => {
                    if lanes.strong_count() == 0 {
                        return Ok(());
                    }
                    in_time(questions.ping::<redis::Value>()).await?;
                }
            }
        }
    }
}

fn lost() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()
}

async fn in_time<T>(call: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
    let late = |_| RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
    tokio::time::timeout(RESPONSE_TIMEOUT, call).await.map_err(late)?
}

/// Hears the others until the connections are dropped.
pub(super) async fn watch(lanes: Weak<Lanes>) {
    let (mut turn, mut pause, mut is_told) = (0, RETRY_FIRST, false);
    loop {
        let Some(all) = lanes.upgrade() else { return };
        let (news, node) = (all.news.clone(), all.topology.some_master(turn));
        let client = node.as_ref().map(|node| all.address.client(node));
        drop(all);
        if news.channels().is_empty() {
            let _ = tokio::time::timeout(TRIED_EVERY, news.changed.notified()).await;
            continue;
        }
        let begun_ms = uptime_ms();
        let ended = match client {
            Some(Ok(client)) => news.hear(&client, &lanes).await,
            Some(Err(error)) => Err(error),
            None => Err(lost()),
        };
        news.set_heard(false);
        let Err(error) = ended else { continue };
        if uptime_ms() - begun_ms > RETRY_LONGEST.as_millis() as i64 {
            (pause, is_told) = (RETRY_FIRST, false);
        }
        let node = node.map(|node| node.to_string()).unwrap_or_default();
        if lane::is_refusal(&error) && !is_told {
            is_told = true;
            tracing::warn!(node, %error, "Redis does not let this server hear the others: messages wait for the next look");
        } else {
            tracing::debug!(node, %error, "the other servers are not heard now");
        }
        turn += 1;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_for_those_who_listen_to_its_channel() {
        let (news, heard) = (News::default(), Arc::new(Mutex::new(Vec::new())));
        for channel in ["a", "b"] {
            let heard = heard.clone();
            let note = move |what: Heard<'_>| heard.lock().expect("not poisoned").push(format!("{channel} {what:?}"));
            news.listen(channel.to_owned(), Arc::new(note));
        }
        news.tell(Some("b"), Heard::Message("sale"));
        news.tell(None, Heard::Anything);
        let heard = heard.lock().expect("not poisoned");
        assert_eq!(*heard, ["b Message(\"sale\")", "a Anything", "b Anything"]);
    }
}
