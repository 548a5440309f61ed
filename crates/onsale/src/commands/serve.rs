//! `onsale serve`: starts serving, says where, and ends politely.

use super::{Ending, doctor};
use crate::cli::{Role, ServeArguments};
use crate::config::{Config, HotEngine, Loaded, without_password};
use crate::telemetry;
use crate::wiring::{Courier, Demo, Lines, Parts, Server, dispatch, open_server, prepare_demo};
use coupon::CouponService;
use lines::Scheduler;
use lines::metrics::show_figures;
use onsale_http::metrics::run_upkeep;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How often keys are read again: a revoked key works at most so long.
const KEYS_READ_EVERY: Duration = Duration::from_secs(2);

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
pub fn run(config: &Config, arguments: &ServeArguments) -> anyhow::Result<Ending> {
    let roles = arguments.roles();
    if let Some(why) = config.why_not_apart().filter(|_| roles.len() != Role::ALL.len()) {
        return Err(super::WrongUse(why.to_owned()).into());
    }
    // What is not the door's: relays, consumers, comparisons. One thread, so that it never crowds the door out.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(config, &roles))
}

async fn serve(config: &Config, roles: &[Role]) -> anyhow::Result<Ending> {
    let exporter = telemetry::install_metrics()?;
    let parts = Parts::open(config, roles).await?;
    if let (Some(_), HotEngine::Redis(address)) = (&parts.deciding, config.hot_engine()) {
        doctor::demand(config, &address).await?;
    }
    let mut demo = None;
    if let Some(deciding) = parts.coupon_service().filter(|_| config.demo.enabled) {
        demo = Some(prepare_demo(deciding).await?);
    }
    let courier = Courier::start(config, &parts)?;
    let mut signals = Signals::new()?;
    tokio::spawn(run_upkeep(exporter.clone()));
    if let Some(deciding) = &parts.deciding {
        tokio::spawn(read_keys_again(deciding.coupons.clone()));
    }
    if let Some(deciding) = parts.coupon_service() {
        look_after(config, &deciding.coupons);
    }
    // A line before every gated campaign, and whoever lets people go.
    let scheduler = parts.queue_service().map(|deciding| {
        tokio::spawn(deciding.gate.clone().follow_in_background());
        tokio::spawn(show_figures(deciding.gate.lines.port.clone()));
        Scheduler::start(deciding.gate.lines.port.clone(), dispatch(config, deciding, courier.publisher.clone()))
    });
    let lines = Lines::open(config, &parts).await?;
    let server = open_server(config, &parts, lines, exporter)?;
    greet(config, roles, &server, demo.as_ref());
    signals.wait().await;
    stop(server, scheduler, courier).await
}

/// What the coupon service does now and then.
fn look_after(config: &Config, coupons: &CouponService) {
    tokio::spawn(coupons.clone().show_figures());
    tokio::spawn(coupons.clone().follow_ledger_in_background());
    if config.reconcile.interval_seconds > 0 {
        let every = Duration::from_secs(config.reconcile.interval_seconds);
        tokio::spawn(coupons.clone().reconcile_in_background(every));
    }
}

async fn read_keys_again(coupons: CouponService) {
    loop {
        tokio::time::sleep(KEYS_READ_EVERY).await;
        if let Err(error) = coupons.callers.keys.refresh().await {
            tracing::warn!(%error, "API keys could not be read");
        }
    }
}

/// Takes nothing new, answers what is under way, hands over what was decided.
async fn stop(server: Server, scheduler: Option<Scheduler>, courier: Courier) -> anyhow::Result<Ending> {
    eprintln!("stopping: answering what is under way");
    // Another process lets people go at once, while this one still answers.
    let rest = async {
        if let Some(scheduler) = scheduler {
            scheduler.stop().await;
        }
    };
    let (all_answered, ()) = tokio::join!(server.close(), rest);
    let all_answered = all_answered?;
    courier.stop().await;
    eprintln!("stopped{}", if all_answered { "" } else { "; some connections were still busy" });
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
fn greet(config: &Config, roles: &[Role], server: &Server, demo: Option<&Demo>) {
    let address = server.address();
    println!("onsale {} is listening on http://{address}", env!("CARGO_PKG_VERSION"));
    if roles.len() != Role::ALL.len() {
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        println!("  roles    {}", names.join(", "));
    }
    println!("  hot      {}", without_password(&config.hot.url));
    println!("  bus      {}", without_password(&config.bus.url));
    println!("  ledger   {}", without_password(&config.ledger.url));
    println!("  data     {}", config.data.dir.display());
    let management = config.http.management_listen.unwrap_or(address);
    println!("  API      http://{management}/docs");
    println!("  health   http://{management}/health");
    let Some(demo) = demo else { return };
    println!();
    println!("DEMONSTRATION (demo.enabled): there is example data. Not for a real evening: `onsale config --default`.");
    if config.coupon.open_issue {
        println!("Anyone who can reach this port may issue coupons without a key (coupon.open_issue).");
    }
    println!();
    match &demo.new_admin_key {
        Some(key) => println!("  an administrator's key, shown this once:\n\n    export ONSALE_KEY={key}\n"),
        None => println!(
            "  the administrator's key was shown at the first start; make another with\n\n    onsale admin keys create --admin\n"
        ),
    }
    println!("  try:");
    println!("    curl -s http://{address}/api/v1/coupons/issue -H 'Content-Type: application/json' \\");
    println!("      -d '{{\"user_id\":\"alice\",\"event_id\":\"sample_event\"}}'");
    println!("    curl -s http://{address}/api/v1/coupons/status/sample_event");
    println!("    curl -s http://{address}/api/v1/admin/campaigns -H \"X-Api-Key: $ONSALE_KEY\"");
}
