//! The programs of `cargo xtask up`: coupon servers, the issuer, servers that keep lines, NGINX before the first.

use crate::commands::{cargo, run};
use crate::steps::Steps;
use crate::up::kept;
use crate::workspace::{root, target};
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use testkit::{Kit, Nginx, Program, ProgramSpec};

/// Servers of a role that keeps waiting lines: two, so that nothing depends on one.
const LINE_SERVERS: u16 = 2;

/// The servers that the programs need.
pub struct Engines {
    /// `hot.url`.
    pub hot_url: String,
    /// `bus.url`.
    pub bus_url: String,
    /// `ledger.url`.
    pub ledger_url: String,
    /// Further variables of the programs' environment.
    pub more: Vec<(String, String)>,
}

/// Builds and starts them, and prints what to try.
///
/// # Errors
/// The first step that failed.
pub fn start_programs(steps: &mut Steps, kit: &Kit, engines: Engines, servers: u16) -> anyhow::Result<()> {
    let engines = &with_calls_between_services(kit, engines)?;
    steps
        .take("build", || run(cargo(&["build", "--release", "--locked", "--package", "onsale"]).current_dir(root())))?;
    let onsale = target()?.join("release/onsale");
    let key = steps.take("tables and key", || {
        admin(kit, &onsale, engines, &["migrate"])?;
        let create = || admin(kit, &onsale, engines, &["admin", "keys", "create", "--admin"]);
        kept(&kit.folder().join("admin.key"), || Ok(create()?.trim().to_owned()))
    })?;
    let ports = steps.take("coupon servers", || {
        (1..=servers).map(|number| serve(kit, &onsale, engines, "coupon", number)).collect::<anyhow::Result<Vec<_>>>()
    })?;
    steps.take("issuer", || serve(kit, &onsale, engines, "issuer", 1))?;
    let serve_lines = |role| (1..=LINE_SERVERS).map(|number| serve(kit, &onsale, engines, role, number)).collect();
    let gates: Vec<u16> = steps.take("gate servers", || serve_lines("gate"))?;
    let lines: Vec<u16> = steps.take("queue servers", || serve_lines("queue"))?;
    let edge = steps.take("NGINX", || edge(kit, &ports, &gates, &lines))?;
    tell(&onsale, edge, &key, &[("coupon servers", &ports), ("gate servers", &gates), ("queue servers", &lines)]);
    Ok(())
}

/// The issuer reports to the gate servers; the queue servers have keys checked by the coupon servers.
fn with_calls_between_services(kit: &Kit, mut engines: Engines) -> anyhow::Result<Engines> {
    let key = kept(&kit.folder().join("internal.key"), || Ok(uuid::Uuid::new_v4().to_string()))?;
    let url = |name: String| Ok(format!("http://127.0.0.1:{}", port(kit, &name)?));
    let gates = (1..=LINE_SERVERS).map(|number| url(format!("gate-{number}"))).collect::<anyhow::Result<Vec<_>>>()?;
    engines.more.push(("ONSALE__INTERNAL__KEY__ISSUER".to_owned(), key.clone()));
    engines.more.push(("ONSALE__INTERNAL__KEY__QUEUE".to_owned(), key));
    engines.more.push(("ONSALE__INTERNAL__URL__GATE".to_owned(), gates.join(",")));
    engines.more.push(("ONSALE__INTERNAL__URL__COUPON".to_owned(), url("coupon-1".to_owned())?));
    Ok(engines)
}

/// Configuration that all of them share.
fn environment(engines: &Engines) -> Vec<(String, OsString)> {
    let values = [
        ("HOT__URL", engines.hot_url.as_str()),
        ("BUS__URL", engines.bus_url.as_str()),
        ("LEDGER__URL", engines.ledger_url.as_str()),
        ("DATA__DIR", "data"),
        ("DEMO__ENABLED", "false"),
        ("COUPON__OPEN_ISSUE", "true"),
        // The whole crowd comes from one address here.
        ("LIMITS__ENABLED", "false"),
        ("HTTP__TRUSTED_PROXIES", "[\"127.0.0.1/32\"]"),
        ("LOG__LEVEL", "info"),
    ];
    let more = engines.more.iter().map(|(name, value)| (name.clone(), value.into()));
    values.into_iter().map(|(name, value)| (format!("ONSALE__{name}"), value.into())).chain(more).collect()
}

fn admin(kit: &Kit, onsale: &Path, engines: &Engines, arguments: &[&str]) -> anyhow::Result<String> {
    let spec = ProgramSpec {
        name: "admin".to_owned(),
        program: onsale.to_owned(),
        arguments: arguments.iter().map(OsString::from).collect(),
        environment: environment(engines),
        http_ports: Vec::new(),
    };
    Ok(Program::run(kit, spec)?)
}

/// Starts one server of a role; its port.
fn serve(kit: &Kit, onsale: &Path, engines: &Engines, role: &str, number: u16) -> anyhow::Result<u16> {
    let name = format!("{role}-{number}");
    let (port, management_port) = (port(kit, &name)?, port(kit, &format!("{name}-management"))?);
    let mut environment = environment(engines);
    environment.push(("ONSALE__HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}").into()));
    environment.push(("ONSALE__HTTP__MANAGEMENT_LISTEN".to_owned(), format!("127.0.0.1:{management_port}").into()));
    let spec = ProgramSpec {
        name,
        program: onsale.to_owned(),
        arguments: ["serve", role].map(OsString::from).to_vec(),
        environment,
        http_ports: vec![port, management_port],
    };
    Program::open(kit, spec)?;
    Ok(port)
}

/// A port that stays the same from one `up` to the next.
fn port(kit: &Kit, name: &str) -> anyhow::Result<u16> {
    let file = kit.folder().join(format!("{name}.port"));
    Ok(kept(&file, || Ok(kit.free_port()?.to_string()))?.trim().parse()?)
}

/// NGINX; its port.
fn edge(kit: &Kit, upstreams: &[u16], gates: &[u16], lines: &[u16]) -> anyhow::Result<u16> {
    let port = port(kit, "edge")?;
    Nginx::open(kit, "nginx", &edge_config(port, upstreams, gates, lines)?)?;
    Ok(port)
}

/// The configuration of `deploy/nginx` with what it is here.
fn edge_config(port: u16, upstreams: &[u16], gates: &[u16], lines: &[u16]) -> anyhow::Result<String> {
    let source = root().join("deploy/nginx");
    // Its own folder is where it runs.
    let run_folder = PathBuf::from(".");
    let servers = |ports: &[u16]| {
        let servers = ports.iter().map(|port| format!("server 127.0.0.1:{port} max_fails=3 fail_timeout=10s;"));
        servers.collect::<Vec<_>>().join("\n        ")
    };
    let path = source.join("onsale.conf.template");
    let template = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let values = [
        ("user", String::new()),
        ("files", source.join("onsale").display().to_string()),
        ("run_folder", run_folder.display().to_string()),
        ("listen", format!("127.0.0.1:{port}")),
        ("application_servers", servers(upstreams)),
        ("gate_servers", servers(gates)),
        ("queue_servers", servers(lines)),
        ("operator_networks", "127.0.0.0/8 1;".to_owned()),
        ("real_ip_networks", String::new()),
        // The whole crowd comes from one address here.
        ("unlimited_networks", "127.0.0.0/8 1;".to_owned()),
        ("address_rate", "50".to_owned()),
        ("address_burst", "100".to_owned()),
        ("address_connections", "25000".to_owned()),
        ("address_streams", "25000".to_owned()),
        ("user_rate", "10".to_owned()),
        ("user_burst", "20".to_owned()),
        ("shop_rate", "1000000".to_owned()),
        ("shop_burst", "1000000".to_owned()),
        ("answer_seconds", "12".to_owned()),
        ("tls", String::new()),
    ];
    let filled = values.iter().fold(template, |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    if let Some(left) = filled.find("{{") {
        bail!("{}: there is no value for {:?}", path.display(), filled[left..].lines().next());
    }
    Ok(filled)
}

fn tell(onsale: &Path, edge: u16, key: &str, roles: &[(&str, &[u16])]) {
    let url = format!("http://127.0.0.1:{edge}");
    let onsale = onsale.display();
    println!(
        "
NGINX           {url}"
    );
    for (name, ports) in roles {
        let urls: Vec<String> = ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect();
        println!("{name:<15} {}", urls.join(" "));
    }
    println!(
        "
To try:"
    );
    println!("  export ONSALE_RUSH_KEY={key}");
    println!("  curl -s {url}/api/v1/admin/campaigns -H \"X-Api-Key: $ONSALE_RUSH_KEY\"; echo");
    println!("  {onsale} rush --url {url} --users 1000000 --stock 1000");
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::available;

    #[test]
    fn the_edge_starts_with_the_configuration_of_deploy() {
        let Some(kit) = available(Kit::temporary()) else { return };
        let (port, closed_port) = (kit.free_port().expect("a port"), kit.free_port().expect("a port"));
        let config = edge_config(port, &[closed_port], &[closed_port], &[closed_port]).expect("filled");
        let Some(nginx) = available(Nginx::start(&kit, &config)) else { return };
        assert_eq!(nginx.ports(), [port]);
    }
}
