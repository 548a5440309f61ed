//! The address of the server.

use anyhow::{Context, bail};
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};

/// A server's address, and its name in the `Host` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) host: String,
}

impl Target {
    /// Parses `http://HOST:PORT`. The port defaults to 80, and `http://` is optional.
    pub(super) fn parse(url: &str) -> anyhow::Result<Self> {
        if url.starts_with("https://") {
            bail!("{url}: https is not supported; use the address behind the TLS proxy");
        }
        let host = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            bail!("{url}: the address must be http://HOST:PORT, without a path");
        }
        let has_port = host.rsplit_once(':').is_some_and(|(before, _)| !before.contains(':') || before.ends_with(']'));
        let with_port = if has_port { host.to_owned() } else { format!("{host}:80") };
        let address = with_port
            .to_socket_addrs()
            .with_context(|| format!("{url}: unknown host or port"))?
            .next()
            .with_context(|| format!("{url}: the name has no address"))?;
        Ok(Self { address, host: host.to_owned() })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "http://{}", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_forms_of_addresses_are_accepted() {
        for (url, address) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("127.0.0.1:8080/", "127.0.0.1:8080"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("http://[::1]", "[::1]:80"),
        ] {
            assert_eq!(Target::parse(url).expect(url).address.to_string(), address);
        }
        for url in ["", "https://127.0.0.1", "http://127.0.0.1:8080/api", "http://a b", "127.0.0.1:99999"] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
