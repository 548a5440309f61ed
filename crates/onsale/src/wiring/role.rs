//! What a role brings into a process. `serve` opens the roles that were asked for and merges what they bring.

use super::hot_routes::HotRoute;
use super::supervisor::Task;
use access::Callers;
use account::AccountService;
use axum::Router;
use bus::{Handler, OutboxSource};
use catalog::CatalogService;
use futures::future::BoxFuture;
use hot::lease::Lease;
use payment::PaymentService;
use reservation::ReservationService;
use std::sync::Arc;

/// Tells whether a part can work; the text says why not, in a few words without secrets.
pub type Probe = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What an operator should look at before it becomes a failure: a few words each, without secrets.
pub type Look = Arc<dyn Fn() -> BoxFuture<'static, Vec<String>> + Send + Sync>;

/// Makes a hot route for one worker, and the router that answers what the route leaves to it.
pub type MakeHotRoute = Arc<dyn Fn() -> (HotRoute, Router) + Send + Sync>;

/// Puts the gateway around the routes of a process. The second router: those of accounts with their internal ones.
pub type Around = Arc<dyn Fn(Router, Router) -> Router + Send + Sync>;

/// The pages for people over the API of a worker: the router that the gateway stands around.
pub type Pages = Arc<dyn Fn(Router) -> Router + Send + Sync>;

/// An outbox to be carried to the bus.
pub struct Outbox {
    /// The name of its relay in logs and metrics.
    pub name: &'static str,
    /// Where the messages are.
    pub source: Arc<dyn OutboxSource>,
    /// Given up at the end, so that the next process need not wait; `None` where the source needs none.
    pub lease: Option<Arc<Lease>>,
}

/// One role, opened over the engines of the process.
#[derive(Default)]
pub struct Role {
    /// Routes for people, and for proxies in front. Every route has its limits from the server.
    pub routes: Router,
    /// Routes for our own services. A process of all roles has them on `internal.listen` alone.
    pub internal_routes: Router,
    /// Knows an operator by the key; none where no keys are checked.
    pub callers: Option<Callers>,
    /// The routes that the server answers on its fast path.
    pub hot: Vec<MakeHotRoute>,
    /// The role's part of the API document.
    pub documents: Vec<utoipa::openapi::OpenApi>,
    /// Consumers of messages.
    pub handlers: Vec<Arc<dyn Handler>>,
    /// Outboxes to be carried to the bus.
    pub outboxes: Vec<Outbox>,
    /// Background work, each task supervised.
    pub tasks: Vec<Task>,
    /// Parts that the role cannot work without, by name.
    pub probes: Vec<(&'static str, Probe)>,
    /// Warnings of these parts, by name.
    pub looks: Vec<(&'static str, Look)>,
    /// The gateway, where this process has it.
    pub around: Option<Around>,
    /// The pages before the gateway, where this process has it.
    pub pages: Option<Pages>,
    /// The routes of accounts with their internal ones, for the sessions of a gateway in this process.
    pub accounts_router: Router,
    /// The accounts, where this process has them.
    pub accounts: Option<AccountService>,
    /// The catalog, where this process has it.
    pub catalog: Option<CatalogService>,
    /// Reservations, where this process has them.
    pub reservations: Option<ReservationService>,
    /// Payments, where this process has them.
    pub payments: Option<PaymentService>,
    /// Called first when the server stops: ends what would not end by itself.
    pub at_stop: Vec<Box<dyn Fn() + Send + Sync>>,
}

impl Role {
    /// Both roles in one process. A probe of the same name is asked once.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        let Self {
            routes,
            internal_routes,
            callers,
            hot,
            documents,
            handlers,
            outboxes,
            tasks,
            probes,
            looks,
            around,
            pages,
            accounts_router,
            accounts,
            catalog,
            reservations,
            payments,
            at_stop,
        } = other;
        self.routes = self.routes.merge(routes);
        self.internal_routes = self.internal_routes.merge(internal_routes);
        self.callers = self.callers.or(callers);
        debug_assert!(hot.is_empty(), "hot routes are collected before roles are merged");
        self.documents.extend(documents);
        self.handlers.extend(handlers);
        self.outboxes.extend(outboxes);
        self.tasks.extend(tasks);
        self.probes.extend(
            probes
                .into_iter()
                .filter(|(name, _)| !self.probes.iter().any(|(known, _)| known == name))
                .collect::<Vec<_>>(),
        );
        for (name, look) in looks {
            if !self.looks.iter().any(|(known, _)| *known == name) {
                self.looks.push((name, look));
            }
        }
        self.around = self.around.or(around);
        self.pages = self.pages.or(pages);
        self.accounts_router = self.accounts_router.merge(accounts_router);
        self.accounts = self.accounts.or(accounts);
        self.catalog = self.catalog.or(catalog);
        self.reservations = self.reservations.or(reservations);
        self.payments = self.payments.or(payments);
        self.at_stop.extend(at_stop);
        self
    }
}

/// A probe from an async function.
pub fn probe<F>(check: impl Fn() -> F + Send + Sync + 'static) -> Probe
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    Arc::new(move || Box::pin(check()))
}
