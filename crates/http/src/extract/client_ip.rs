//! The client's address: the socket's, or the one that a trusted proxy forwards.

use ipnet::IpNet;
use std::net::IpAddr;

/// The client's address, for limits and logs. Stored in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

/// The header in which proxies forward the client's address.
pub const FORWARDED_HEADER: &str = "x-forwarded-for";

/// Hops beyond this are ignored.
const HOPS_MAX: usize = 16;

/// Proxies whose `X-Forwarded-For` is trusted. None by default, since any client can write the header.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts these networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether this address is a trusted proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The nearest address that is not a trusted proxy. `forwarded`: the header's values in the order received.
    ///
    /// Reads the entries from the right, since only those that trusted proxies appended can be trusted. An entry that
    /// is not an address ends the search at the proxy that appended it.
    pub fn client_ip<'a>(&self, socket: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a [u8]>) -> ClientIp {
        let mut nearest = socket.to_canonical();
        if self.0.is_empty() {
            return ClientIp(nearest);
        }
        let hops = forwarded.rev().flat_map(|value| value.rsplit(|byte| *byte == b','));
        for hop in hops.take(HOPS_MAX) {
            if !self.trusts(nearest) {
                break;
            }
            match address_of(hop) {
                Some(address) => nearest = address,
                None => break,
            }
        }
        ClientIp(nearest)
    }
}

/// Reads `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:4711`.
fn address_of(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let in_brackets = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let bare = match in_brackets {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse::<IpAddr>().ok(),
    };
    let address = bare.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|with_port| with_port.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], socket: &str, forwarded: &[&str]) -> String {
        let networks = trusted.iter().map(|network| network.parse().expect("a network")).collect();
        let values = forwarded.iter().map(|value| value.as_bytes());
        TrustedProxies::new(networks).client_ip(socket.parse().expect("an address"), values).0.to_string()
    }

    #[test]
    fn forwarded_addresses_are_ignored_without_a_trusted_proxy() {
        assert_eq!(client(&[], "127.0.0.1", &["203.0.113.7"]), "127.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "203.0.113.9", &["203.0.113.7"]), "203.0.113.9");
    }

    #[test]
    fn the_nearest_untrusted_address_is_the_client() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(client(&trusted, "10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(&trusted, "10.0.0.1", &["6.6.6.6, 203.0.113.7, 10.0.0.2"]), "203.0.113.7");
        assert_eq!(client(&trusted, "10.0.0.1", &["6.6.6.6", "203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(client(&trusted, "::ffff:10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
    }

    #[test]
    fn every_form_of_an_address_is_understood() {
        for (form, address) in [
            ("203.0.113.7", "203.0.113.7"),
            (" 203.0.113.7 ", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[::ffff:203.0.113.7]", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
        ] {
            assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[form]), address, "{form}");
        }
        for form in ["[203.0.113.7]", "[2001:db8::1", "2001:db8::1]", "[]", "[2001:db8::1]:", "unknown", "_hidden"] {
            assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[form]), "10.0.0.1", "{form}");
        }
    }

    #[test]
    fn a_malformed_entry_ends_the_search() {
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &["203.0.113.7, unknown"]), "10.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[""]), "10.0.0.1");
        let flood = vec!["10.0.0.2"; 10_000].join(",");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &["6.6.6.6", &flood]), "10.0.0.2");
    }
}
