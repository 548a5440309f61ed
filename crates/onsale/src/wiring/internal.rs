//! The keys by which our own services know each other (INT-001..006).

use super::people::makes_keys;
use super::secrets;
use crate::cli;
use crate::config::Config;
use access::{InternalKeys, Peer};
use anyhow::{Context, bail};
use axum::Router;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Longest wait for an answer of another role.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The same for a question of an operator: shorter than the gateway waits itself.
const OPERATORS_TIMEOUT: Duration = Duration::from_secs(28);

/// The file in the data folder with the key that was made.
const KEY_FILE: &str = "internal.key";

/// The key of calls that never leave this process. Nobody outside can know it.
static PROCESS_KEY: LazyLock<String> = LazyLock::new(|| Uuid::new_v4().to_string());

/// How a role calls others.
#[derive(Default)]
pub struct Peers {
    /// Roles of this process that are called, for [`Peers::connect`].
    within: Mutex<Vec<Peer>>,
}

impl Peers {
    /// The role `callee` as `caller` calls it: in this process, if it is here.
    ///
    /// # Errors
    /// When a key is missing, or a file cannot be read.
    pub fn of(&self, config: &Config, here: &[cli::Role], caller: &str, callee: cli::Role) -> anyhow::Result<Peer> {
        let urls = config.internal.url.of(callee.as_str());
        self.make(config, here, (caller, callee), (urls, CALL_TIMEOUT))
    }

    /// As [`Peers::of`], for questions of operators, some of which take a role its time. The gateway finds every role where it
    /// sends people's calls: a role that runs apart has its internal routes on the same port.
    ///
    /// # Errors
    /// As [`Peers::of`].
    pub fn of_operators(&self, config: &Config, here: &[cli::Role], callee: cli::Role) -> anyhow::Result<Peer> {
        let urls = config.gateway.url.of(callee.as_str());
        self.make(config, here, ("gateway", callee), (urls, OPERATORS_TIMEOUT))
    }

    fn make(
        &self,
        config: &Config,
        here: &[cli::Role],
        (caller, callee): (&str, cli::Role),
        (urls, timeout): (&str, Duration),
    ) -> anyhow::Result<Peer> {
        let name = callee.as_str();
        if here.contains(&callee) {
            let peer = Peer::in_process(name, &PROCESS_KEY, timeout)?;
            self.within.lock().unwrap_or_else(PoisonError::into_inner).push(peer.clone());
            return Ok(peer);
        }
        let key = own_or_made(config, caller)?;
        let client = access::client::client(timeout, config.internal_authorities())?;
        Peer::apart(name, urls, client, &key, timeout).with_context(|| format!("internal.key.{caller} cannot be sent"))
    }

    /// Calls within the process are possible from now on.
    pub fn connect(&self, internal_routes: &Router) {
        let within = self.within.lock().unwrap_or_else(PoisonError::into_inner);
        within.iter().for_each(|peer| peer.connect(internal_routes));
    }
}

/// The key with which a role calls others; `None` where the configuration gives none.
///
/// # Errors
/// When its file cannot be read.
pub(super) fn key_of(config: &Config, role: &str) -> anyhow::Result<Option<String>> {
    let keys = &config.internal.key;
    secrets::given(keys.of(role), keys.file_of(role), &format!("internal.key.{role}_file"))
}

/// The issuer's key, with which it calls the gate; `None` where the configuration gives none.
pub(super) fn issuer_key(config: &Config) -> anyhow::Result<Option<String>> {
    key_of(config, "issuer")
}

/// The keys of these roles that a callee accepts, those in force and those before. In one process that has none of them, one
/// is made, and all roles have it.
///
/// # Errors
/// When a file cannot be read or written.
pub fn accepted(config: &Config, roles: &[&str]) -> anyhow::Result<InternalKeys> {
    let mut accepted = Vec::new();
    for role in roles {
        accepted.extend(key_of(config, role)?);
    }
    if accepted.is_empty() && makes_keys(config) {
        accepted.push(own_key(config)?);
    }
    accepted.extend(roles.iter().map(|role| config.internal.previous_key.of(role).to_owned()));
    accepted.push(PROCESS_KEY.clone());
    Ok(InternalKeys::accepting(accepted.iter().map(String::as_str)))
}

/// The key with which a role calls others; in one process that has none, one is made.
///
/// # Errors
/// When there is none, or a file cannot be read or written.
pub(super) fn own_or_made(config: &Config, role: &str) -> anyhow::Result<String> {
    match key_of(config, role)? {
        Some(key) => Ok(key),
        None if makes_keys(config) => own_key(config),
        None => bail!(
            "the {role} calls other roles with a key: set internal.key.{role} (or internal.key.{role}_file) to the same UUID \
             for it and for the roles that it calls"
        ),
    }
}

/// The key of a process that has all roles, made once.
fn own_key(config: &Config) -> anyhow::Result<String> {
    let make = || Ok(Uuid::new_v4().to_string());
    secrets::kept(&config.data.dir, KEY_FILE, make).context("the key of our own services")
}

/// As [`issuer_key`], where it is needed.
///
/// # Errors
/// When there is none.
pub(super) fn demand_issuer_key(config: &Config) -> anyhow::Result<String> {
    match issuer_key(config)? {
        Some(key) => Ok(key),
        None => bail!(
            "the issuer reports to the gate with a key: set internal.key.issuer (or internal.key.issuer_file) to the \
             same UUID for the issuer and for the gate role"
        ),
    }
}

/// The keys that the gate accepts: the issuer's and the gateway's, its own, and those before.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn accepted_by_gate(config: &Config) -> anyhow::Result<InternalKeys> {
    accepted(config, &["issuer", "gate", "gateway"])
}

/// The keys that the coupon role accepts: the queue role's, its own, and those before.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn accepted_by_coupon(config: &Config) -> anyhow::Result<InternalKeys> {
    accepted(config, &["queue", "reservation", "coupon", "gateway"])
}
