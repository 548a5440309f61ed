//! The address of Redis as the configuration writes it, and clients for its nodes.

use redis::{Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError, TlsCertificates};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The forms of a URL: scheme, scheme of each node, whether it is a cluster.
const FORMS: [(&str, &str, bool); 4] = [
    ("redis+cluster://", "redis://", true),
    ("rediss+cluster://", "rediss://", true),
    ("redis://", "redis://", false),
    ("rediss://", "rediss://", false),
];

/// Where Redis is: a single node, or some nodes of a cluster, whose others are found.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisAddress {
    nodes: Vec<String>,
    is_cluster: bool,
    /// The file with the certificates of the authorities that are trusted instead of the system's.
    authorities: Option<Arc<Path>>,
}

/// Shows no password.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<&str> = self.nodes.iter().map(|node| host_of(node)).collect();
        out.debug_struct("RedisAddress").field("nodes", &hosts).field("is_cluster", &self.is_cluster).finish()
    }
}

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::redis) struct NodeAddress {
    pub host: Arc<str>,
    pub port: u16,
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            return write!(out, "[{}]:{}", self.host, self.port);
        }
        write!(out, "{}:{}", self.host, self.port)
    }
}

impl NodeAddress {
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// Reads `host:port` as a redirection writes it; without a host it is the one that answered.
    pub fn redirected(text: &str, answered: &Self) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let host = if host.is_empty() || host == "?" { answered.host.clone() } else { host.into() };
        Some(Self { host, port: port.parse().ok()? })
    }
}

impl RedisAddress {
    /// Reads a URL as in `hot.url`; `None` if it is not one:
    /// `redis://[user:password@]host:port`, `redis+cluster://[user:password@]a:port,b:port`, or either with `rediss` for
    /// TLS, where certificate and host name are always checked.
    pub fn parse(url: &str) -> Option<Self> {
        let (rest, scheme, is_cluster) = FORMS
            .iter()
            .find_map(|(form, scheme, is_cluster)| url.strip_prefix(form).map(|rest| (rest, *scheme, *is_cluster)))?;
        let nodes: Vec<String> = if is_cluster {
            let (credentials, nodes) = rest.rsplit_once('@').map_or(("", rest), |(user, nodes)| (user, nodes));
            let at = if credentials.is_empty() { "" } else { "@" };
            nodes.split(',').map(|node| format!("{scheme}{credentials}{at}{node}")).collect()
        } else {
            vec![url.to_owned()]
        };
        nodes.iter().all(|node| is_node(node)).then_some(Self { nodes, is_cluster, authorities: None })
    }

    /// Trusts the authorities of this file, in PEM, instead of the system's. Without TLS it has no effect. The file is read
    /// when a connection to another node begins.
    #[must_use]
    pub fn with_authorities(self, file: Option<&Path>) -> Self {
        Self { authorities: file.map(Into::into), ..self }
    }

    /// Whether it is a cluster.
    pub fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// Whether the connections are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.nodes.iter().any(|node| node.starts_with("rediss://"))
    }

    /// The nodes of the URL.
    pub(in crate::redis) fn nodes(&self) -> Vec<NodeAddress> {
        let address = |url: &String| match url.as_str().into_connection_info().ok()?.addr() {
            ConnectionAddr::Tcp(host, port) => Some(NodeAddress::new(host, *port)),
            ConnectionAddr::TcpTls { host, port, .. } => Some(NodeAddress::new(host, *port)),
            _ => None,
        };
        self.nodes.iter().filter_map(address).collect()
    }

    /// A client for a node, with the credentials of the URL.
    pub(in crate::redis) fn client(&self, node: &NodeAddress) -> Result<Client, RedisError> {
        let template = self.nodes.first().map(String::as_str).unwrap_or_default();
        let (host, port) = (node.host.to_string(), node.port);
        let is_encrypted = self.is_encrypted();
        let address = if is_encrypted {
            // One for the process, whoever is first.
            let _ = rustls::crypto::ring::default_provider().install_default();
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        };
        let info: ConnectionInfo = template.into_connection_info()?.set_addr(address);
        match &self.authorities {
            Some(file) if is_encrypted => {
                let unreadable = |error| {
                    let path = file.display().to_string();
                    RedisError::from((ErrorKind::InvalidClientConfig, "cannot be read", format!("{path}: {error}")))
                };
                let pem = std::fs::read(file).map_err(unreadable)?;
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem) };
                Client::build_with_tls(info, certificates)
            }
            _ => Client::open(info),
        }
    }
}

/// `host:port` of a URL, without its credentials.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.rsplit('@').next().unwrap_or_default()
}

fn is_node(url: &str) -> bool {
    let host = host_of(url);
    // A fragment would be `#insecure`, which turns the checks off.
    let is_host = !host.is_empty() && !host.starts_with(['/', ':']) && !url.contains('#');
    is_host && url.into_connection_info().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(url: &str) -> Option<(Vec<String>, bool, bool)> {
        let address = RedisAddress::parse(url)?;
        let nodes = address.nodes().iter().map(ToString::to_string).collect();
        Some((nodes, address.is_cluster(), address.is_encrypted()))
    }

    #[test]
    fn addresses_are_read() {
        let of = |nodes: &[&str], is_cluster, is_encrypted| {
            Some((nodes.iter().map(|node| (*node).to_owned()).collect::<Vec<_>>(), is_cluster, is_encrypted))
        };
        assert_eq!(nodes("redis+cluster://me:secret@a:1,b:2"), of(&["a:1", "b:2"], true, false));
        assert_eq!(nodes("rediss+cluster://me:secret@a:1,[::1]:2"), of(&["a:1", "[::1]:2"], true, true));
        assert_eq!(nodes("redis://127.0.0.1:6379"), of(&["127.0.0.1:6379"], false, false));
        assert_eq!(nodes("rediss://me:secret@[2001:db8::1]:6380"), of(&["[2001:db8::1]:6380"], false, true));
        for wrong in [
            "",
            "redis:",
            "redis://",
            "rediss://",
            "embedded:",
            "redis+cluster://",
            "redis+cluster://a:1,",
            "kafka://a",
            "rediss://a:1/#insecure",
            "rediss+cluster://a:1/#insecure",
        ] {
            assert_eq!(RedisAddress::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for url in ["redis://me:secret@a:1", "rediss+cluster://me:secret@a:1,b:2"] {
            let shown = format!("{:?}", RedisAddress::parse(url).expect("an address"));
            assert!(shown.contains("a:1") && !shown.contains("secret"), "{shown}");
        }
    }

    #[test]
    fn redirections_name_their_node() {
        let answered = NodeAddress::new("10.0.0.1", 7000);
        for (text, expected) in [
            ("10.0.0.2:7001", Some(("10.0.0.2", 7001))),
            (":7001", Some(("10.0.0.1", 7001))),
            ("?:7001", Some(("10.0.0.1", 7001))),
            ("::1:7001", Some(("::1", 7001))),
            ("[::1]:7001", Some(("::1", 7001))),
            ("host", None),
            ("host:x", None),
        ] {
            let expected = expected.map(|(host, port)| NodeAddress::new(host, port));
            assert_eq!(NodeAddress::redirected(text, &answered), expected, "{text}");
        }
    }
}
