//! The roles, one file each: a file opens its role over the engines and says what it brings into the process. A new
//! role is a new file here, its name in `cli/role.rs`, and a line in [`open`] and in [`schemas`].

mod catalog;
mod coupon;
mod gate;
mod gateway;
mod issuer;
mod payment;
mod queue;
mod reservation;
mod user;

use super::engines::Engines;
use super::internal::Peers;
use super::role::{MakeHotRoute, Role};
use super::sandbox::SandboxPlace;
use super::schemas::{ALL, ContextSchema};
use super::supervisor::Task;
use crate::cli;
use crate::config::{BusEngine, Config};
use bus::Places;
use ledger::Ledger;
use onsale_http::limits::Limits;
use onsale_http::{Failures, HttpMetrics};
use std::sync::Arc;

/// What every role is opened with.
pub struct Opening<'a> {
    /// The configuration in force.
    pub config: &'a Config,
    /// The engines of the process.
    pub engines: &'a Engines,
    /// How much a caller may ask.
    pub limits: &'a Arc<Limits>,
    /// Where the routes are counted.
    pub metrics: &'a Arc<HttpMetrics>,
    /// Where background work that is started again is reported.
    pub failures: &'a Failures,
    /// Where people reach the site.
    pub public_url: &'a str,
    /// What stands in for services that are not ours.
    pub sandbox: Option<&'a SandboxPlace>,
    /// How roles call each other.
    pub peers: &'a Peers,
    /// Where it is noted who was told what.
    pub appeals: &'a operators::Appeals,
}

impl Opening<'_> {
    /// The role `callee` as `caller` calls it.
    fn peer(&self, caller: &str, callee: cli::Role) -> anyhow::Result<access::Peer> {
        self.peers.of(self.config, &self.engines.roles, caller, callee)
    }

    /// The keeper of how far consumers have read: a broker keeps messages, so each group keeps its place in them with its effects.
    fn places(&self) -> Places {
        match self.config.bus_engine() {
            BusEngine::Local => Places::OfProcess,
            BusEngine::Kafka(_) => Places::Kept,
        }
    }

    /// Notes what these routes of a role tell people.
    fn with_appeals(&self, routes: axum::Router, role: &'static str) -> axum::Router {
        operators::with_appeals(routes, self.appeals.recorder(role))
    }

    /// Of the requests on the fast path one in so many is logged; 0: none.
    fn log_every(&self) -> u32 {
        if self.config.log.access { self.config.log.access_hot_every } else { 0 }
    }
}

/// The schemas that these roles need, without repetition. A role without any has no consumer of messages either.
pub fn schemas(roles: &[cli::Role]) -> Vec<&'static ContextSchema> {
    let mut needed: Vec<&'static ContextSchema> = Vec::new();
    for role in roles {
        let schemas = match role {
            cli::Role::Coupon => coupon::SCHEMAS,
            cli::Role::Issuer => issuer::SCHEMAS,
            cli::Role::Gate => gate::SCHEMAS,
            cli::Role::Queue => queue::SCHEMAS,
            cli::Role::Gateway => gateway::SCHEMAS,
            cli::Role::User => user::SCHEMAS,
            cli::Role::Catalog => catalog::SCHEMAS,
            cli::Role::Reservation => reservation::SCHEMAS,
            cli::Role::Payment => payment::SCHEMAS,
        };
        needed.extend(schemas);
    }
    let place = |schema: &&ContextSchema| ALL.iter().position(|known| known.name == schema.name);
    needed.sort_by_key(place);
    needed.dedup_by_key(|schema| schema.name);
    needed
}

/// Opens the roles of the process. The hot routes stand apart: each worker makes its own.
///
/// # Errors
/// When a role lacks something that it needs.
pub async fn open(opening: &Opening<'_>) -> anyhow::Result<(Role, Vec<MakeHotRoute>)> {
    let (mut all, mut hot) = (Role::default(), Vec::new());
    for name in &opening.engines.roles {
        let mut role = match name {
            cli::Role::Coupon => coupon::open(opening).await?,
            cli::Role::Issuer => issuer::open(opening)?,
            cli::Role::Gate => gate::open(opening)?,
            cli::Role::Queue => queue::open(opening).await?,
            cli::Role::Gateway => gateway::open(opening)?,
            cli::Role::User => user::open(opening)?,
            cli::Role::Catalog => catalog::open(opening).await?,
            cli::Role::Reservation => reservation::open(opening).await?,
            cli::Role::Payment => payment::open(opening).await?,
        };
        hot.append(&mut role.hot);
        all = all.merge(role);
    }
    all.tasks.extend(purge(opening.engines));
    Ok((all, hot))
}

/// The schemas whose old rows a process with these roles deletes. A gate reads the coupons' tables, which are not its own.
fn owned(roles: &[cli::Role]) -> Vec<&'static ContextSchema> {
    let owners: Vec<cli::Role> = roles.iter().copied().filter(|role| *role != cli::Role::Gate).collect();
    schemas(&owners)
}

/// Deletes old messages of all schemas of the process, daily.
fn purge(engines: &Engines) -> Option<Task> {
    let ledgers: Vec<Ledger> =
        owned(&engines.roles).into_iter().filter_map(|schema| engines.ledgers.of(schema)).cloned().collect();
    (!ledgers.is_empty()).then(|| {
        Task::ending("purge", move |context| {
            let ledgers = ledgers.clone();
            async move { ledger::purge::run(ledgers, context.shutdown.stopped()).await }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_purged_by_the_roles_that_own_it() {
        let names = |roles: &[cli::Role]| owned(roles).iter().map(|schema| schema.name).collect::<Vec<_>>();
        assert_eq!(names(&cli::Role::ALL), ALL.map(|schema| schema.name));
        assert_eq!(names(&[cli::Role::Gate, cli::Role::Queue, cli::Role::Gateway]), [""; 0]);
        assert_eq!(names(&[cli::Role::Issuer]), ["coupon"]);
        assert_eq!(names(&[cli::Role::Payment, cli::Role::Catalog]), ["catalog", "payment"]);
    }
}
