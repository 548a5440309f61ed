//! The programs of `cargo xtask up`: a server of each role, several of those that a crowd meets, NGINX before the gateway.

use crate::commands::{cargo, run};
use crate::steps::Steps;
use crate::up::kept;
use crate::up_shop::{self, SINGLE, TWICE};
use crate::workspace::{root, target};
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use testkit::{Kit, Nginx, Program, ProgramSpec};

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
    let engines = &with_shared(kit, engines, servers)?;
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
    steps.take("sandbox", || sandbox(kit, &onsale))?;
    for role in SINGLE {
        steps.take(role, || serve(kit, &onsale, engines, role, 1))?;
    }
    let serve_two = |role| (1..=TWICE).map(|number| serve(kit, &onsale, engines, role, number)).collect();
    let gates: Vec<u16> = steps.take("gate servers", || serve_two("gate"))?;
    let lines: Vec<u16> = steps.take("queue servers", || serve_two("queue"))?;
    let gateways: Vec<u16> = steps.take("gateways", || serve_two("gateway"))?;
    let upstreams = Upstreams { gateways: &gateways, gates: &gates, lines: &lines };
    let edge = steps.take("NGINX", || edge(kit, &upstreams))?;
    let variables = write_environment(kit, engines)?;
    let roles: [(&str, &[u16]); 4] =
        [("gateways", &gateways), ("coupon servers", &ports), ("gate servers", &gates), ("queue servers", &lines)];
    tell(&onsale, edge, &key, &roles, &variables);
    Ok(())
}

/// Where each role is, and by which keys they know each other. What the call names itself comes last, and wins.
fn with_shared(kit: &Kit, mut engines: Engines, servers: u16) -> anyhow::Result<Engines> {
    let mut all = up_shop::shared(kit, servers)?;
    all.append(&mut engines.more);
    Ok(Engines { more: all, ..engines })
}

/// The environment of the programs as a file for a shell: commands such as `onsale rush --tickets` need it.
fn write_environment(kit: &Kit, engines: &Engines) -> anyhow::Result<PathBuf> {
    let file = kit.folder().join("onsale.env");
    let line = |(name, value): (String, OsString)| format!("export {name}='{}'\n", value.to_string_lossy());
    let text: String = environment(engines).into_iter().map(line).collect();
    let _ = std::fs::remove_file(&file);
    kept(&file, || Ok(text))?;
    Ok(file)
}

/// What stands in for PortOne, reCAPTCHA, log-ins of other services and the mail server.
fn sandbox(kit: &Kit, onsale: &Path) -> anyhow::Result<()> {
    let (port, mail) = (port(kit, "sandbox")?, port(kit, "sandbox-mail")?);
    let (listen, mail) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{mail}"));
    let spec = ProgramSpec {
        name: "sandbox".to_owned(),
        program: onsale.to_owned(),
        arguments: ["sandbox", "--listen", &listen, "--mail", &mail, "--data", "."].map(OsString::from).to_vec(),
        environment: Vec::new(),
        http_ports: vec![port],
    };
    Program::open(kit, spec)?;
    Ok(())
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
///
/// # Errors
/// When no port is free, or it cannot be kept.
pub fn port(kit: &Kit, name: &str) -> anyhow::Result<u16> {
    let file = kit.folder().join(format!("{name}.port"));
    Ok(kept(&file, || Ok(kit.free_port()?.to_string()))?.trim().parse()?)
}

/// The servers behind NGINX.
struct Upstreams<'a> {
    gateways: &'a [u16],
    gates: &'a [u16],
    lines: &'a [u16],
}

/// NGINX; its port.
fn edge(kit: &Kit, upstreams: &Upstreams<'_>) -> anyhow::Result<u16> {
    let port = port(kit, "edge")?;
    Nginx::open(kit, "nginx", &edge_config(port, upstreams)?)?;
    Ok(port)
}

/// The configuration of `deploy/nginx` with what it is here.
fn edge_config(port: u16, upstreams: &Upstreams<'_>) -> anyhow::Result<String> {
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
        ("application_servers", servers(upstreams.gateways)),
        ("gate_servers", servers(upstreams.gates)),
        ("queue_servers", servers(upstreams.lines)),
        ("page_servers", servers(upstreams.gateways)),
        // No gateway runs here: the queue servers have the pages of their lines.
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
        ("answer_seconds", "62".to_owned()),
        ("tls", String::new()),
    ];
    let filled = values.iter().fold(template, |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    if let Some(left) = filled.find("{{") {
        bail!("{}: there is no value for {:?}", path.display(), filled[left..].lines().next());
    }
    Ok(filled)
}

fn tell(onsale: &Path, edge: u16, key: &str, roles: &[(&str, &[u16])], variables: &Path) {
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
    println!("  (. {}; {onsale} rush --tickets --url {url} --sandbox $ONSALE__SANDBOX__URL)", variables.display());
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::available;

    #[test]
    fn the_edge_starts_with_the_configuration_of_deploy() {
        let Some(kit) = available(Kit::temporary()) else { return };
        let (port, closed_port) = (kit.free_port().expect("a port"), kit.free_port().expect("a port"));
        let closed = [closed_port];
        let upstreams = Upstreams { gateways: &closed, gates: &closed, lines: &closed };
        let config = edge_config(port, &upstreams).expect("filled");
        let Some(nginx) = available(Nginx::start(&kit, &config)) else { return };
        assert_eq!(nginx.ports(), [port]);
    }
}
