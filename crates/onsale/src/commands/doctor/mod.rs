//! `onsale doctor`: checks the machine, the servers and their settings, before `onsale serve` depends on them.
//!
//! ```text
//! machine, embedded    this machine; journal and SQLite
//! safe                 what a stranger could do (`serve` refuses to start with it)
//! redis, promises      Redis   (`serve` refuses to start when a check of `promises` fails)
//! kafka, database      brokers and topics; the database server
//! clocks, together     the servers' clocks; combinations of engines and settings
//! ```

mod clocks;
mod database;
mod embedded;
mod finding;
mod kafka;
mod machine;
mod redis;
mod redis_promises;
mod safe;
mod together;

pub use redis_promises::demand;

use super::{Ending, WrongUse, block_on};
use crate::cli::{DoctorArguments, Role};
use crate::config::{BusEngine, Config, HotEngine};
use crate::out::OutputError;
use crate::safety;
use crate::wiring::schemas_of;
use finding::{Finding, NAMES, Severity};

/// Runs the command.
///
/// # Errors
/// [`WrongUse`] when `--allow` names an unknown check. Failed checks are printed and lead to exit status 1.
pub fn run(config: &Config, arguments: &DoctorArguments) -> anyhow::Result<Ending> {
    if let Some(unknown) = arguments.allow.iter().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(WrongUse(format!("--allow {unknown}: unknown check; the checks are {}", NAMES.join(", "))).into());
    }
    let mut findings = examine(config, &roles(arguments))?;
    for finding in &mut findings {
        if arguments.allow.iter().any(|name| name == finding.name) {
            *finding = finding.clone().allowed();
        }
    }
    let well = findings.iter().all(|finding| finding.severity != Severity::Wrong);
    if arguments.json {
        say!("{}", json(well, &findings))?;
    } else {
        print(&findings)?;
    }
    Ok(if well { Ending::Done } else { Ending::CheckFailed })
}

fn roles(arguments: &DoctorArguments) -> Vec<Role> {
    let wanted = |role: &Role| arguments.roles.is_empty() || arguments.roles.contains(role);
    Role::ALL.into_iter().filter(wanted).collect()
}

fn examine(config: &Config, roles: &[Role]) -> anyhow::Result<Vec<Finding>> {
    let embedded = config.hot_engine() == HotEngine::Embedded;
    let (mut findings, mut is_running) = (Vec::new(), None);
    if safety::in_folder(config) {
        is_running = data_folder(config, roles, &mut findings)?;
    }
    findings.extend([machine::address(config, is_running), machine::descriptors(config)]);
    findings.extend(safe::examine(config));
    if embedded {
        findings.push(embedded::flush(config));
    }
    findings.extend(block_on(async { Ok(servers(config, roles).await) })?);
    findings.push(together::apart(config, roles));
    findings.extend(together::databases(config, roles));
    findings.extend(together::connections(config, roles));
    findings.extend(together::acknowledgement(config));
    findings.extend(together::line_keys(config, roles));
    Ok(findings)
}

/// Checks the data folder and the files in it. Returns whether a running server uses it; none when that is unknown.
///
/// Nothing is opened in a folder without data, which would make it look used, nor in another user's, whose server could
/// not write a file that we had made.
fn data_folder(config: &Config, roles: &[Role], findings: &mut Vec<Finding>) -> anyhow::Result<Option<bool>> {
    let faults = [machine::data(config).into_iter().collect(), safe::folder(config)].concat();
    if !faults.is_empty() {
        findings.extend(faults);
        return Ok(None);
    }
    findings.extend([
        machine::data_folder(config),
        Finding::ok("data-owner", "nobody else may write the data folder and its files"),
        machine::free_space(config),
    ]);
    let mut is_running = None;
    if config.hot_engine() == HotEngine::Embedded {
        let (journal, running) = embedded::journal(config);
        is_running = Some(running);
        findings.push(journal);
        findings.push(block_on(async { Ok(embedded::lines(config).await) })?);
    }
    for schema in schemas_of(roles).into_iter().filter(|schema| schema.is_embedded(config)) {
        findings.push(block_on(async { Ok(embedded::sqlite(config, schema).await) })?);
    }
    if config.bus_engine() == BusEngine::Local {
        findings.push(embedded::dead_letters(config));
    }
    Ok(is_running)
}

async fn servers(config: &Config, roles: &[Role]) -> Vec<Finding> {
    let (mut findings, mut clocks) = (Vec::new(), Vec::new());
    if let HotEngine::Redis(address) = config.hot_engine() {
        let (found, server_clocks) = redis::examine(config, &address).await;
        findings.extend(found);
        clocks.extend(server_clocks);
    }
    if let BusEngine::Kafka(brokers) = config.bus_engine() {
        findings.extend(kafka::examine(config, &brokers, roles).await);
    }
    for schema in schemas_of(roles).into_iter().filter(|schema| !schema.is_embedded(config)) {
        let (found, server_clocks) = database::examine(config, schema).await;
        findings.extend(found);
        clocks.extend(server_clocks);
    }
    findings.extend(clocks::clocks(&clocks));
    findings
}

fn print(findings: &[Finding]) -> Result<(), OutputError> {
    for Finding { name, severity, detail, change } in findings {
        say!("{:<6} {name:<19} {detail}", severity.as_str())?;
        if let Some(change) = change {
            say!("{:<6} {:<19} change: {change}", "", "")?;
        }
    }
    Ok(())
}

fn json(well: bool, findings: &[Finding]) -> serde_json::Value {
    let check = |finding: &Finding| {
        serde_json::json!({
            "name": finding.name,
            "verdict": finding.severity.as_str().to_lowercase(),
            "said": finding.detail,
            "change": finding.change,
        })
    };
    serde_json::json!({ "well": well, "checks": findings.iter().map(check).collect::<Vec<_>>() })
}
