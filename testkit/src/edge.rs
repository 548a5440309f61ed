//! nginx with the configuration of `deploy/nginx`, on a port of the loopback address.

use crate::http::Client;
use crate::onsale::wait_until;
use crate::{Kit, Nginx, Port, available};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// A variable of the templates: its name and value.
pub type Value = (&'static str, String);

/// Limits that no test reaches by accident.
fn generous() -> Vec<Value> {
    let rates = ["address_rate", "user_rate", "shop_rate", "address_burst", "user_burst", "shop_burst"];
    let mut values: Vec<Value> = rates.map(|name| (name, "100000".to_owned())).into();
    for (name, value) in [
        ("user", ""),
        // nginx is started with its own folder as the prefix.
        ("run_folder", "."),
        ("real_ip_networks", "set_real_ip_from 127.0.0.1;"),
        ("unlimited_networks", ""),
        ("address_connections", "1000"),
        ("address_streams", "1000"),
        ("operator_networks", ""),
        ("answer_seconds", "30"),
        ("tls", ""),
    ] {
        values.push((name, value.to_owned()));
    }
    values.push(("files", source().join("onsale").display().to_string()));
    values
}

/// The folder of the templates.
///
/// # Panics
/// Without it.
#[must_use]
pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx").canonicalize().expect("the folder is there")
}

/// A template with its variables replaced; the later of two values wins.
///
/// # Panics
/// When the template is missing, or a variable has no value.
#[must_use]
pub fn fill(template: &str, values: &[Value]) -> String {
    let mut text = std::fs::read_to_string(source().join(template)).expect("the template is there");
    for (name, value) in values.iter().rev() {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    assert!(!text.contains("{{"), "left over in {text}");
    text
}

/// A reserved port of the loopback address, and its address. Dropping the first value releases it.
///
/// # Panics
/// When no port is free.
#[must_use]
pub fn reserved() -> (Port, SocketAddr) {
    let port = Port::free().expect("a free port");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number()));
    (port, address)
}

/// A running edge.
#[derive(Debug)]
pub struct Edge {
    /// Where it listens.
    pub address: SocketAddr,
    nginx: Nginx,
}

impl Edge {
    /// Starts in front of these servers, each left out for `fail_timeout` after three failures. `None` without nginx.
    ///
    /// # Panics
    /// When nginx refuses the configuration.
    #[must_use]
    pub fn before(servers: &[SocketAddr], fail_timeout: &str, values: &[Value]) -> Option<Self> {
        let kit = available(Kit::temporary())?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, kit.free_port().expect("a free port")));
        let line = |server: &SocketAddr| format!("server {server} max_fails=3 fail_timeout={fail_timeout};\n");
        let mut all = generous();
        all.extend_from_slice(values);
        all.push(("application_servers", servers.iter().map(line).collect()));
        all.push(("gate_servers", servers.iter().map(line).collect()));
        all.push(("queue_servers", servers.iter().map(line).collect()));
        all.push(("page_servers", servers.iter().map(line).collect()));
        all.push(("listen", address.to_string()));
        let nginx = available(Nginx::start(&kit, &fill("onsale.conf.template", &all)))?;
        Some(Self { address, nginx })
    }

    /// Starts in front of one server.
    #[must_use]
    pub fn before_one(server: SocketAddr, values: &[Value]) -> Option<Self> {
        Self::before(&[server], "60s", values)
    }

    /// A client at the address of the test.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client with another address, for edges that trust the loopback address.
    #[must_use]
    pub fn client_at(&self, address: &str) -> Client {
        self.client().with("X-Forwarded-For", address)
    }

    /// Lines of the access log when there are `enough`, without the testkit's own readiness requests.
    ///
    /// # Panics
    /// When there are not enough in time.
    pub fn log(&self, enough: impl Fn(&[serde_json::Value]) -> bool) -> Vec<serde_json::Value> {
        let read = || -> Vec<serde_json::Value> {
            let text = std::fs::read_to_string(self.nginx.folder().join("access.log")).unwrap_or_default();
            // The last line may be on its way to the file.
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            let lines = whole.lines().map(|line| serde_json::from_str(line).expect("each line is JSON"));
            lines.filter(|line: &serde_json::Value| line["path"] != "/").collect()
        };
        wait_until("the access log has it", || enough(&read()));
        read()
    }
}
