//! The servers of `docker-compose.yml`: each has the secrets of its role, and its Prometheus watches each and none that is not there. As in
//! `compose`, no YAML is read.

use crate::workspace::root;
use anyhow::Context;
use std::fs;

/// The file that starts the servers.
const COMPOSE: &str = "docker-compose.yml";
/// The configuration of its Prometheus, and the folder with the addresses: a file for each role.
const PROMETHEUS: &str = "deploy/docker/prometheus/prometheus.yml";
const TARGETS: &str = "deploy/docker/prometheus/targets";
/// How the configuration names that folder.
const READS: &str = "- files: [/etc/onsale/docker/targets/*.yml]";
/// Metrics are on the port of the role and so many.
const ABOVE: u32 = 1_000;

/// A service that serves a role.
#[derive(Debug, PartialEq, Eq)]
struct Server {
    name: String,
    role: String,
    /// What it listens on, where the file says so.
    port: Option<u32>,
    /// Of which role it has the secrets.
    secrets: Option<String>,
}

/// A role and the address of metrics in its file.
type Target = (String, String);

/// One sentence for each fault.
///
/// # Errors
/// When a file is missing.
pub fn faults() -> anyhow::Result<Vec<String>> {
    let read = |path: &str| fs::read_to_string(root().join(path)).with_context(|| path.to_owned());
    let mut watched = Vec::new();
    for entry in fs::read_dir(root().join(TARGETS)).context(TARGETS)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let text = read(&format!("{TARGETS}/{name}"))?;
        watched.extend(targets(name.trim_end_matches(".yml"), &text));
    }
    let mut faults = judge(&servers(&read(COMPOSE)?), &watched);
    if !read(PROMETHEUS)?.lines().any(|line| line.trim() == READS) {
        faults.push(format!("{PROMETHEUS}: it does not read {TARGETS} (`{READS}`)"));
    }
    Ok(faults)
}

fn servers(text: &str) -> Vec<Server> {
    let (mut name, mut found) = ("", Vec::<Server>::new());
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let service = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':'));
        if let Some(service) = service.filter(|service| !service.starts_with(' ')) {
            name = service;
        }
        if let Some((_, rest)) = line.split_once("[serve, ") {
            let role = rest.split([',', ']']).next().unwrap_or(rest);
            found.push(Server { name: name.to_owned(), role: role.to_owned(), port: None, secrets: None });
        }
        let Some(server) = found.last_mut().filter(|server| server.name == name) else { continue };
        if let Some((_, rest)) = line.split_once("ONSALE__HTTP__LISTEN: \"0.0.0.0:") {
            server.port = rest.split('"').next().and_then(|port| port.parse().ok());
        }
        if let Some((_, rest)) = line.split_once("\"secrets-") {
            server.secrets = rest.split(':').next().map(str::to_owned);
        }
    }
    found
}

/// The addresses in the file of a role.
fn targets(role: &str, text: &str) -> Vec<Target> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    quoted.map(|address| (role.to_owned(), address.to_owned())).collect()
}

fn judge(servers: &[Server], watched: &[Target]) -> Vec<String> {
    let (mut faults, mut there) = (Vec::new(), Vec::new());
    for Server { name, role, port, secrets } in servers {
        if secrets.as_ref() != Some(role) {
            faults.push(format!("{COMPOSE}: {name} does not have the volume secrets-{role}"));
        }
        match port {
            Some(port) => there.push((role.clone(), format!("{name}:{}", port + ABOVE))),
            None => faults.push(format!("{COMPOSE}: {name} does not say on which port it listens")),
        }
    }
    let unseen = there.iter().filter(|target| !watched.contains(target));
    faults.extend(unseen.map(|(role, address)| format!("{TARGETS}/{role}.yml: {address} is not watched")));
    let absent = watched.iter().filter(|target| !there.contains(target));
    faults.extend(absent.map(|(role, address)| format!("{TARGETS}/{role}.yml: there is no {address} with this role")));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "services:\n  nginx:\n    image: nginx\n  gate-1:\n    command: [serve, gate, --config, x]\n\
                        \x20   environment: { <<: *environment, ONSALE__HTTP__LISTEN: \"0.0.0.0:8088\" }\n\
                        \x20   volumes: [\"secrets-gate:/run/onsale:ro\"]\n\
                        \x20 # user-1: command: [serve, user]\n\
                        \x20 user-1:\n    command: [serve, user]\n    environment: { ONSALE__HTTP__LISTEN: \"0.0.0.0:8081\" }\n\
                        \x20   volumes: [\"secrets-user:/run/onsale:ro\"]\n\
                        \x20 sandbox:\n    environment: { ONSALE__HTTP__LISTEN: \"0.0.0.0:1\" }\n";

    fn watched(files: &[(&str, &str)]) -> Vec<String> {
        let targets: Vec<Target> = files.iter().flat_map(|(role, text)| targets(role, text)).collect();
        judge(&servers(FILE), &targets)
    }

    #[test]
    fn each_server_is_watched_and_none_that_is_not_there() {
        let (user, gate) = (("user", "- targets: [\"user-1:9081\"]\n"), ("gate", "- targets: [\"gate-1:9088\"]\n"));
        assert_eq!(watched(&[user, gate]), Vec::<String>::new());
        let unseen = watched(&[user, ("gate", "# \"gate-1:9088\"\n[]\n")]);
        assert!(unseen.len() == 1 && unseen[0].contains("gate-1:9088 is not watched"), "{unseen:?}");
        let absent = watched(&[gate, ("user", "- targets: [\"user-1:9081\", \"user-2:9081\"]\n")]);
        assert!(absent.len() == 1 && absent[0].contains("there is no user-2:9081"), "{absent:?}");
        for wrong in [("user", "- targets: [\"user-1:8081\"]\n"), ("catalog", "- targets: [\"user-1:9081\"]\n")] {
            assert_eq!(watched(&[gate, wrong]).len(), 2, "{wrong:?}");
        }
    }

    #[test]
    fn a_server_without_a_port_or_the_secrets_of_its_role_is_named() {
        let server = "  gate-1:\n    command: [serve, gate]\n";
        let (port, own) =
            ("    x: { ONSALE__HTTP__LISTEN: \"0.0.0.0:8088\" }\n", "    y: [\"secrets-gate:/run:ro\"]\n");
        let target: [Target; 1] = [("gate".to_owned(), "gate-1:9088".to_owned())];
        let told = |text: &str, watched: &[Target]| judge(&servers(text), watched);
        assert_eq!(told(&format!("{server}{port}{own}"), &target), Vec::<String>::new());
        // What another service says counts for nothing.
        let unheard = told(&format!("{server}{own}  other:\n{port}"), &[]);
        assert!(unheard.len() == 1 && unheard[0].contains("gate-1 does not say"), "{unheard:?}");
        for wrong in ["", "    y: [\"secrets-coupon:/run:ro\"]\n"] {
            let told = told(&format!("{server}{port}{wrong}"), &target);
            assert!(told.len() == 1 && told[0].contains("gate-1 does not have"), "{told:?}");
        }
    }

    #[test]
    fn the_servers_of_this_workspace_are_watched() {
        assert_eq!(faults().expect("they are read"), Vec::<String>::new());
        assert!(servers(&fs::read_to_string(root().join(COMPOSE)).expect("read")).len() >= 9, "they are found");
    }
}
