//! The call under way: who asks, from where, under which trace id, and with which `Idempotency-Key` (SEC-003).
//!
//! The layer around every route, or a command, opens a call with [`within`]. What changes something reads it where the
//! change is stored: the ledger writes the audit row and the key in the transaction of the change, an engine of hot state
//! writes the audit entry in the script or the journal's transaction. No handler and no use case passes it on, so none can
//! forget it. Background work has no call and leaves no audit entry.

mod entry;

pub use entry::{Entry, Facts};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The kind of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A person with an account, or anyone where calls without a key are believed.
    User,
    /// The holder of an API key.
    Key,
    /// A command of the program.
    Command,
}

impl ActorKind {
    /// As written in tables and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Key => "key",
            Self::Command => "command",
        }
    }
}

/// Who acts. The id is a user's or a key's id, or the command's words; never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The kind.
    pub kind: ActorKind,
    /// The id, at most 128 characters.
    pub id: String,
}

/// The `Idempotency-Key` of a call, with all that its answer is kept under.
#[derive(Clone, Debug)]
pub struct Keyed {
    /// Tenant and actor: a key of one caller says nothing about another's.
    pub scope: String,
    /// The key, 1 to 255 visible ASCII characters.
    pub key: String,
    /// SHA-256 of method, path, query and body, in 64 hexadecimal digits.
    pub fingerprint: String,
    /// Whether the effect stands already: an earlier run stored it and ended before its answer was kept. The call must then
    /// answer from what stands, and change nothing.
    pub is_done: bool,
    settled: Arc<AtomicBool>,
}

impl Keyed {
    /// A key of a call whose effect does not stand yet.
    pub fn new(scope: String, key: String, fingerprint: String) -> Self {
        Self { scope, key, fingerprint, is_done: false, settled: Arc::default() }
    }

    /// Whether this run has stored the key with its effect: a call may have several changes, and the first one has it.
    pub fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Relaxed)
    }

    /// Called when the change with the key is stored.
    pub fn set_settled(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }
}

/// The call under way. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Call(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    actor: Actor,
    trace_id: String,
    network: Option<String>,
    keyed: Option<Keyed>,
}

tokio::task_local! {
    static CURRENT: Call;
    static NOTE: Option<Entry>;
}

impl Call {
    /// A call of this actor. `network`: from where, for people.
    pub fn new(actor: Actor, trace_id: impl Into<String>, network: Option<String>) -> Self {
        Self(Arc::new(Parts { actor, trace_id: trace_id.into(), network, keyed: None }))
    }

    /// A command of the program, with a new trace id: `command` are its words without values.
    pub fn of_command(command: &str) -> Self {
        let actor = Actor { kind: ActorKind::Command, id: command.to_owned() };
        Self::new(actor, uuid::Uuid::new_v4().to_string(), None)
    }

    /// The same call with a key.
    #[must_use]
    pub fn keyed(&self, keyed: Keyed) -> Self {
        let Parts { actor, trace_id, network, .. } = &*self.0;
        let (actor, trace_id, network) = (actor.clone(), trace_id.clone(), network.clone());
        Self(Arc::new(Parts { actor, trace_id, network, keyed: Some(keyed) }))
    }

    /// The same call without its key: for effects that may come again, and are stored in several transactions.
    #[must_use]
    pub fn without_key(&self) -> Self {
        let Parts { actor, trace_id, network, .. } = &*self.0;
        Self::new(actor.clone(), trace_id.as_str(), network.clone())
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// The id that follows the call through answers and logs.
    pub fn trace_id(&self) -> &str {
        &self.0.trace_id
    }

    /// From where the call came.
    pub fn network(&self) -> Option<&str> {
        self.0.network.as_deref()
    }

    /// The `Idempotency-Key`.
    pub fn key(&self) -> Option<&Keyed> {
        self.0.keyed.as_ref()
    }
}

/// Runs `work` as this call.
pub async fn within<T>(call: Call, work: impl Future<Output = T>) -> T {
    CURRENT.scope(call, work).await
}

/// Runs `work` as the call under way, also on another task: a spawned task has no call of its own.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let call = current();
    async move {
        match call {
            Some(call) => within(call, work).await,
            None => work.await,
        }
    }
}

/// The call under way; `None` in background work.
pub fn current() -> Option<Call> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Whether the effect of the call under way stands already: see [`Keyed::is_done`].
pub fn is_done() -> bool {
    current().and_then(|call| call.key().map(|keyed| keyed.is_done)).unwrap_or(false)
}

/// Runs one call of an engine that stores `entry` with the change, if it makes the change.
pub async fn noting<T>(entry: Option<Entry>, work: impl Future<Output = T>) -> T {
    NOTE.scope(entry, work).await
}

/// What an engine stores with the change that it is making now.
pub fn note() -> Option<Entry> {
    NOTE.try_with(Clone::clone).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call() -> Call {
        Call::new(Actor { kind: ActorKind::Key, id: "k1".into() }, "trace-1", Some("203.0.113.7".into()))
    }

    #[tokio::test]
    async fn a_spawned_task_carries_the_call() {
        let seen = within(call(), async { tokio::spawn(carried(async { current() })).await.expect("ran") }).await;
        assert_eq!(seen.expect("carried").actor().id, "k1");
        let lost = within(call(), async { tokio::spawn(async { current() }).await.expect("ran") }).await;
        assert!(lost.is_none() && current().is_none());
    }

    #[test]
    fn a_call_without_its_key_is_the_same_callers() {
        let keyed = call().keyed(Keyed::new("s".into(), "k".into(), "f".into()));
        let without = keyed.without_key();
        assert!(keyed.key().is_some() && without.key().is_none());
        assert_eq!(
            (without.actor(), without.trace_id(), without.network()),
            (keyed.actor(), "trace-1", keyed.network())
        );
    }

    #[tokio::test]
    async fn background_work_leaves_no_entry() {
        let facts = || Facts { action: "line.pause", target: "queue:shop".into(), before: None, after: None };
        assert_eq!(Entry::of(facts()), None);
        let entry = within(call(), async { Entry::of(facts()) }).await.expect("a call is under way");
        assert_eq!((entry.actor_kind.as_str(), entry.actor_id.as_str()), ("key", "k1"));
        assert_eq!((entry.trace_id.as_str(), entry.network.as_deref()), ("trace-1", Some("203.0.113.7")));
        assert_eq!(Entry::from_bytes(&entry.bytes()), Some(entry.clone()));
        assert_eq!(noting(Some(entry.clone()), async { note() }).await, Some(entry));
        assert_eq!(note(), None);
    }

    #[tokio::test]
    async fn an_entry_names_what_changed_alone() {
        let (before, after) = (json!({"stock": 1, "name": "a"}), json!({"stock": 2, "name": "a", "new": true}));
        let (before, after) = entry::changed(before, after);
        assert_eq!((before, after), (json!({"stock": 1}), json!({"stock": 2, "new": true})));
    }
}
