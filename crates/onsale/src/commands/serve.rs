//! `onsale serve`: starts serving, says where, and ends politely.

use super::{Ending, Place, doctor};
use crate::access_lines::{AccessLines, LeftOut};
use crate::cli::{Role, ServeArguments};
use crate::config::{Config, HotEngine, Loaded, without_secrets};
use crate::safety;
use crate::telemetry;
use crate::wiring::{
    Addresses, AdminKey, Demo, Engines, Messaging, Opening, Server, ServerOpening, Supervisor, Task, demand_of_brokers,
    limits, open_roles, open_server, prepare_demo, probe, schemas_of,
};
use anyhow::bail;
use onsale_http::metrics::run_upkeep;
use onsale_http::{Failures, HttpMetrics};
use std::io::IsTerminal;
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
        return Err(super::WrongUse(why.to_owned()).into());
    }
    let unsafe_settings = safety::demand(config)?;
    if let Some(why) = config.why_too_many_streams().filter(|_| roles.contains(&Role::Queue)) {
        return Err(super::WrongUse(why).into());
    }
    let (descriptors, needed) = (launch::descriptors::raise(), config.descriptors_needed());
    if descriptors < needed {
        let max = config.http.max_connections;
        eprintln!(
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
    // Before anything is made: a port that another program has must leave nothing behind.
    let addresses = Addresses::take(config)?;
    let mut engines = Engines::open(config, roles).await?;
    if let (Some(_), HotEngine::Redis(address)) = (&engines.hot, config.hot_engine()) {
        doctor::demand(config, &address).await?;
    }
    demand_of_brokers(config).await?;
    let (limits, metrics, failures) = (limits(config), Arc::new(HttpMetrics::default()), Failures::default());
    let opening = Opening { config, engines: &engines, limits: &limits, metrics: &metrics, failures: &failures };
    let (mut role, hot) = open_roles(&opening).await?;
    let messaging = Messaging::start(config, std::mem::take(&mut role.handlers))?;
    let relays = messaging.relay(std::mem::take(&mut role.outboxes), &failures);
    let mut tasks = std::mem::take(&mut role.tasks);
    tasks.append(&mut engines.tasks);
    let upkeep = exporter.clone();
    tasks.push(Task::new("metrics upkeep", move || run_upkeep(upkeep.clone())));
    tasks.push(Task::new("access log", move || left_out.clone().count()));
    if config.http.allow_unsafe {
        tasks.push(Task::new("unsafe settings", move || safety::remind(unsafe_settings.clone())));
    }
    let mut signals = Signals::new()?;
    let supervisor = Supervisor::start(tasks, &messaging.publisher, &failures);
    let tasks_probe = probe(move || {
        let failures = failures.clone();
        async move { failures.check() }
    });
    let opening = ServerOpening { config, addresses, limits, metrics, exporter, probes: vec![("tasks", tasks_probe)] };
    let server = open_server(opening, role, hot)?;
    // A key that is made here is shown below, whatever happens: nothing can be refused any more.
    let mut demo = None;
    if let Some(context) = engines.coupon.as_ref().filter(|_| engines.has(Role::Coupon) && config.demo.enabled) {
        demo = Some(prepare_demo(context, &config.data.dir, std::io::stdout().is_terminal()).await?);
    }
    greet(config, place, roles, &server, demo.as_ref());
    let failed = tokio::select! {
        () = signals.wait() => Vec::new(),
        failed = failed(|| failed_parts(&server, &messaging, &engines)) => failed,
    };
    eprintln!("stopping: answering what is under way");
    // Another process admits people at once, while this one still answers.
    let (all_answered, ()) = tokio::join!(server.close(), supervisor.stop(TASKS_TIMEOUT));
    let all_answered = all_answered?;
    relays.stop().await;
    messaging.stop().await;
    eprintln!("stopped{}", if all_answered { "" } else { "; some connections were still busy" });
    ending(&failed)
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

/// Says where it is and how to try it.
fn greet(config: &Config, place: &Place, roles: &[Role], server: &Server, demo: Option<&Demo>) {
    let address = server.address();
    println!("onsale {} is listening on http://{address}", env!("CARGO_PKG_VERSION"));
    if roles.len() != Role::ALL.len() {
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        println!("  roles    {}", names.join(", "));
    }
    println!("  hot      {}", without_secrets(&config.hot.url));
    println!("  bus      {}", without_secrets(&config.bus.url));
    println!("  ledger   {}", without_secrets(&config.ledger.url));
    for schema in schemas_of(roles) {
        if let Some(url) = config.ledger.own_url_of(schema.name) {
            println!("  ledger   {} ({})", without_secrets(url), schema.name);
        }
    }
    println!("  data     {}", place.folder.display());
    println!("  config   {}", place.file_name());
    let management = config.http.management_listen.unwrap_or(address);
    println!("  API      http://{management}/docs");
    println!("  health   http://{management}/health");
    let Some(demo) = demo else { return };
    println!();
    println!("DEMONSTRATION (demo.enabled): there is example data. Not for a real event: `onsale config --default`.");
    if config.coupon.open_issue {
        println!("Anyone who can reach this port may issue coupons without a key (coupon.open_issue).");
    }
    println!();
    match &demo.admin_key {
        AdminKey::Shown(key) => println!("  an administrator's key, shown this once:\n\n    export ONSALE_KEY={key}\n"),
        AdminKey::InFile(file) => println!(
            "  an administrator's key is in a file that only you can read:\n\n    export ONSALE_KEY=$(cat '{}')\n",
            file.display()
        ),
        AdminKey::OfBefore => println!(
            "  the administrator's key was made at an earlier start; make another with\n\n    onsale admin keys create \
             --admin --data '{}'\n",
            place.folder.display()
        ),
    }
    println!("  try:");
    println!("    curl -s http://{address}/api/v1/coupons/issue -H 'Content-Type: application/json' \\");
    println!("      -d '{{\"user_id\":\"alice\",\"event_id\":\"sample_event\"}}'");
    println!("    curl -s http://{address}/api/v1/coupons/status/sample_event");
    println!("    curl -s http://{address}/api/v1/admin/campaigns -H \"X-Api-Key: $ONSALE_KEY\"");
}
