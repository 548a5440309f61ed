//! `onsale serve`: starts serving, says where, and ends politely.

use super::{Ending, Place, WrongUse, doctor, greeting};
use crate::access_lines::{AccessLines, LeftOut};
use crate::cli::{Role, ServeArguments};
use crate::config::{Config, HotEngine, Loaded};
use crate::safety;
use crate::telemetry;
use crate::wiring;
use crate::wiring::{
    Addresses, Engines, Messaging, Opening, Peers, Server, ServerOpening, Supervisor, Task, accepted_keys, certificate,
    counters, demand_of_brokers, demo_accounts, limits, open_roles, open_server, prepare_demo, probe, sandbox,
    schemas_of, why_not_together,
};
use anyhow::bail;
use onsale_http::limits::Limits;
use onsale_http::metrics::run_upkeep;
use onsale_http::{Failures, HttpMetrics};
use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Longest wait at the end for background tasks to end what they have begun.
const TASKS_TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is checked that the threads of server and engine and the consumers still run.
const WATCHED_EVERY: Duration = Duration::from_secs(1);

/// The management port of a service that runs apart is so far above its own.
const MANAGEMENT_PORT_ABOVE: u16 = 1_000;

/// The configuration with the contract's ports for a role that runs apart, where nobody has set others.
pub fn with_ports_of_role(loaded: Loaded, arguments: &ServeArguments) -> Config {
    let (listen_is_default, beside_is_default) =
        (loaded.is_default("http.listen"), loaded.is_default("http.management_listen"));
    let mut config = loaded.config;
    if let [role] = arguments.roles()[..] {
        if listen_is_default {
            config.http.listen.set_port(role.port());
        }
        if listen_is_default && beside_is_default {
            let mut beside = config.http.listen;
            beside.set_port(role.port() + MANAGEMENT_PORT_ABOVE);
            config.http.management_listen = Some(beside);
        }
    }
    config
}

/// Runs the command.
///
/// # Errors
/// Whatever keeps it from doing its work.
pub fn run(config: &Config, place: &Place, arguments: &ServeArguments, lines: &AccessLines) -> anyhow::Result<Ending> {
    let roles = arguments.roles();
    let schemas = schemas_of(&roles);
    let why_not_apart = config.why_not_apart(schemas.iter().map(|schema| schema.name));
    if let Some(why) = why_not_apart.filter(|_| roles.len() != Role::ALL.len()) {
        return Err(WrongUse(why.to_owned()).into());
    }
    if let Some(why) = why_not_together(config, &schemas) {
        return Err(WrongUse(why).into());
    }
    let unsafe_settings = safety::demand(config)?;
    if let Some(why) = config.why_too_many_streams().filter(|_| roles.contains(&Role::Queue)) {
        return Err(WrongUse(why).into());
    }
    for warning in safety::warnings(config) {
        note!("warning: {}\n  change: {}", warning.what, warning.change);
    }
    let (descriptors, needed) = (launch::descriptors::raise(), config.descriptors_needed());
    if descriptors < needed {
        let max = config.http.max_connections;
        note!(
            "warning: at most {descriptors} open files, and http.max_connections = {max} needs {needed}: raise the limit \
             (LimitNOFILE of the service, or ulimit -Hn), or lower http.max_connections. Connections beyond it get 503"
        );
    }
    // What is not the door's: relays, consumers, comparisons. One thread, so that it never crowds the door out.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let left_out = lines.left_out();
    runtime.block_on(serve(config, place, &roles, (unsafe_settings, left_out)))
}

async fn serve(
    config: &Config,
    place: &Place,
    roles: &[Role],
    (unsafe_settings, left_out): (Vec<safety::Fault>, LeftOut),
) -> anyhow::Result<Ending> {
    let exporter = telemetry::install_metrics()?;
    wiring::help::describe();
    // Before anything is made: a port that another program has must leave nothing behind.
    let addresses = Addresses::take(config)?;
    let tls = certificate::read(config)?;
    let mut engines = Engines::open(config, roles).await?;
    if let (Some(_), HotEngine::Redis(address)) = (&engines.hot, config.hot_engine()) {
        doctor::demand(config, &address).await?;
    }
    demand_of_brokers(config).await?;
    let (limits, metrics, failures) = (limits(config), Arc::new(HttpMetrics::default()), Failures::default());
    let public_url = public_url(config, addresses.listen()?);
    let mut stand_in = sandbox::open(config, &public_url).await?;
    if let (Some(sandbox), Some(hot)) = (&stand_in, &engines.hot) {
        sandbox.stand_in_for_challenges(config, &hot.challenges)?;
    }
    let (peers, appeals) = (Peers::default(), operators::Appeals::default());
    let opening = Opening {
        config,
        engines: &engines,
        limits: &limits,
        metrics: &metrics,
        failures: &failures,
        public_url: &public_url,
        sandbox: stand_in.as_ref(),
        peers: &peers,
        appeals: &appeals,
    };
    let (mut role, hot) = open_roles(&opening).await?;
    wiring::operators::add(config, (&engines, &peers), &appeals, &mut role)?;
    if let Some(sandbox) = &mut stand_in {
        role.routes = role.routes.merge(sandbox.routes.take().unwrap_or_default());
        role.tasks.append(&mut sandbox.tasks);
    }
    peers.connect(&role.internal_routes);
    counters::show(&role.handlers);
    let messaging = Messaging::start(config, std::mem::take(&mut role.handlers))?;
    let relays = messaging.relay(std::mem::take(&mut role.outboxes), &failures);
    let mut tasks = std::mem::take(&mut role.tasks);
    tasks.append(&mut engines.tasks);
    let upkeep = exporter.clone();
    tasks.push(Task::new("metrics upkeep", move || run_upkeep(upkeep.clone())));
    tasks.push(Task::new("access log", move || left_out.clone().count()));
    tasks.extend(reminders(config, unsafe_settings, &limits));
    tasks.extend(tls.clone().map(|tls| certificate::follow(config, tls)));
    let mut signals = Signals::new()?;
    let supervisor = Supervisor::start(tasks, &messaging.publisher, &failures);
    let tasks_probe = probe(move || {
        let failures = failures.clone();
        async move { failures.check() }
    });
    let (probes, has_all_roles) = (vec![("tasks", tasks_probe)], roles.len() == Role::ALL.len());
    let (accounts, events) = (role.accounts.take(), role.catalog.take());
    let gateway_keys = accepted_keys(config, &["gateway"])?;
    let opening =
        ServerOpening { config, addresses, limits, metrics, exporter, probes, tls, has_all_roles, gateway_keys };
    let server = open_server(opening, role, hot)?;
    // A key that is made here is shown below, whatever happens: nothing can be refused any more.
    let mut demo = None;
    if let Some(context) = engines.coupon.as_ref().filter(|_| engines.has(Role::Coupon) && config.demo.enabled) {
        demo = Some(prepare_demo(context, &config.data.dir, std::io::stdout().is_terminal()).await?);
    }
    let mut people = None;
    if let Some(accounts) = accounts.filter(|_| config.demo.enabled) {
        let is_watched = std::io::stdout().is_terminal();
        people = Some(demo_accounts::prepare(config, &accounts, events.as_ref(), is_watched).await?);
    }
    greeting::say(config, place, roles, &server, (demo.as_ref(), people.as_ref()));
    let failed = tokio::select! {
        () = signals.wait() => Vec::new(),
        failed = failed(|| failed_parts(&server, &messaging, &engines)) => failed,
    };
    note!("stopping: answering what is under way");
    // Another process admits people at once, while this one still answers.
    let (all_answered, ()) = tokio::join!(server.close(), supervisor.stop(TASKS_TIMEOUT));
    let all_answered = all_answered?;
    relays.stop().await;
    messaging.stop().await;
    note!("stopped{}", if all_answered { "" } else { "; some connections were still busy" });
    ending(&failed)
}

/// Where people reach the site: as configured, or at the listener.
fn public_url(config: &Config, listen: SocketAddr) -> String {
    if !config.http.public_url.is_empty() {
        return config.http.public_url.trim_end_matches('/').to_owned();
    }
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    let host = match listen.ip() {
        any if any.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(address) => format!("[{address}]"),
        IpAddr::V4(address) => address.to_string(),
    };
    format!("{scheme}://{host}:{}", listen.port())
}

/// Says again and again what is unsafe, if anything is.
fn reminders(config: &Config, faults: Vec<safety::Fault>, limits: &Arc<Limits>) -> Option<Task> {
    let limits = limits.clone();
    let reminders = safety::Reminders {
        allow_unsafe: config.http.allow_unsafe,
        faults,
        warnings: safety::warnings(config),
        behind_proxy: safety::warnings_behind_proxy(config),
        is_proxied: Arc::new(move || limits.has_seen_unknown_proxy()),
    };
    reminders.are_needed().then(|| Task::new("unsafe settings", move || safety::remind(reminders.clone())))
}

/// The parts that have ended by themselves and cannot be started again in this process.
pub(super) fn failed_parts(server: &Server, messaging: &Messaging, engines: &Engines) -> Vec<&'static str> {
    let parts = [
        ("a thread of the server", server.has_failed()),
        ("a consumer of messages", messaging.has_failed()),
        ("a thread of the engine", engines.has_failed()),
    ];
    parts.into_iter().filter(|(_, has_failed)| *has_failed).map(|(part, _)| part).collect()
}

/// Returns when a part has failed, with all that have.
pub(super) async fn failed(parts: impl Fn() -> Vec<&'static str>) -> Vec<&'static str> {
    loop {
        let failed = parts();
        if !failed.is_empty() {
            tracing::error!(parts = failed.join(", "), "a part of the program failed; it stops");
            return failed;
        }
        tokio::time::sleep(WATCHED_EVERY).await;
    }
}

/// How the program ends after these parts have failed.
pub(super) fn ending(failed: &[&str]) -> anyhow::Result<Ending> {
    if !failed.is_empty() {
        bail!("{} failed; the log says why. Start the program again", failed.join(" and "));
    }
    Ok(Ending::Done)
}

struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
