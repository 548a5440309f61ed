//! `onsale serve`: starts serving, says where, and ends politely.

use super::Ending;
use crate::cli::ServeArguments;
use crate::config::Config;
use crate::telemetry;
use crate::wiring::{Courier, Demo, Parts, Server, open_server, prepare_demo};
use anyhow::Context;
use services::http::metrics::run_upkeep;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How often keys are read again: a revoked key works at most so long.
const KEYS_READ_EVERY: Duration = Duration::from_secs(2);

/// Runs the command.
///
/// # Errors
/// Whatever keeps it from doing its work.
pub fn run(config: &Config, arguments: &ServeArguments) -> anyhow::Result<Ending> {
    let roles = arguments.roles();
    if roles.len() != crate::cli::Role::ALL.len() {
        let why = "the embedded engine needs all roles in one process; leave the roles out";
        return Err(super::WrongUse(why.to_owned()).into());
    }
    // What is not the door's: relays, consumers, comparisons. One thread, so that it never crowds the door out.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(config))
}

async fn serve(config: &Config) -> anyhow::Result<Ending> {
    let exporter = telemetry::install_metrics()?;
    let parts = Parts::open(config).await?;
    let demo = if config.demo.enabled { Some(prepare_demo(&parts).await?) } else { None };
    let courier = Courier::start(config, &parts)?;
    let mut signals = Signals::new()?;
    tokio::spawn(run_upkeep(exporter.clone()));
    tokio::spawn(read_keys_again(parts.clone()));
    tokio::spawn(parts.coupons.clone().show_figures());
    tokio::spawn(parts.coupons.clone().follow_ledger_in_background());
    if config.reconcile.interval_seconds > 0 {
        let every = Duration::from_secs(config.reconcile.interval_seconds);
        tokio::spawn(parts.coupons.clone().reconcile_in_background(every));
    }
    let server = open_server(config, &parts, exporter)?;
    greet(config, &server, demo.as_ref());
    signals.wait().await;
    stop(server, courier).await
}

async fn read_keys_again(parts: Parts) {
    loop {
        tokio::time::sleep(KEYS_READ_EVERY).await;
        if let Err(error) = parts.coupons.keys.refresh().await {
            tracing::warn!(%error, "API keys could not be read");
        }
    }
}

/// Takes nothing new, answers what is under way, hands over what was decided.
async fn stop(server: Server, courier: Courier) -> anyhow::Result<Ending> {
    eprintln!("stopping: answering what is under way");
    server.health.drain();
    let Server { door, .. } = server;
    let all_answered = tokio::task::spawn_blocking(move || door.close()).await.context("closing the door")?;
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
fn greet(config: &Config, server: &Server, demo: Option<&Demo>) {
    let address = server.door.address();
    println!("onsale {} is listening on http://{address}", env!("CARGO_PKG_VERSION"));
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
