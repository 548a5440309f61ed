//! The network of a caller: the one key of all buckets, shares and logged refusals.
//!
//! A customer of IPv6 has a whole /64, 2^64 addresses, and may use another one for each request. So a share for each
//! address would be no share. An IPv4 address is a share of its own: many customers may stand behind it, and which of
//! them cannot be told (the settings beside the prefixes say how much such a crowd gets).

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt;
use std::net::IpAddr;

/// A network as the holder of a share. It is made by [`NetworkPrefixes`] alone, so that two parts of the program never
/// disagree about who is one holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

/// A single address without its length, a larger network as `2001:db8:7:7::/64`.
impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(out) } else { self.0.fmt(out) }
    }
}

/// Why a text that was kept is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a network")]
pub struct NetworkError;

impl Network {
    /// Reads back what this program has kept: the text of [`Network`]'s `Display`.
    ///
    /// # Errors
    /// [`NetworkError`] when it is no network.
    pub fn stored(text: &str) -> Result<Self, NetworkError> {
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse().or_else(|_| address()).map(Self).map_err(|_| NetworkError)
    }
}

/// How many leading bits of an address name its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkPrefixes {
    /// Of IPv4, 0 to 32.
    pub ipv4: u8,
    /// Of IPv6, 0 to 128.
    pub ipv6: u8,
}

/// An address of IPv4, and the /64 that a customer of IPv6 has at least.
impl Default for NetworkPrefixes {
    fn default() -> Self {
        Self { ipv4: 32, ipv6: 64 }
    }
}

impl NetworkPrefixes {
    /// The network of an address. An IPv4 address in the form of IPv6 (`::ffff:203.0.113.7`) is the IPv4 address.
    pub fn network(self, address: IpAddr) -> Network {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => IpNet::V4(Ipv4Net::new_assert(address, self.ipv4.min(32))),
            IpAddr::V6(address) => IpNet::V6(Ipv6Net::new_assert(address, self.ipv6.min(128))),
        };
        Network(network.trunc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        NetworkPrefixes::default().network(address.parse().expect("an address"))
    }

    #[test]
    fn a_customer_of_ipv6_is_one_holder_and_an_ipv4_address_is_one() {
        assert_eq!(network("2001:db8:7:7::1"), network("2001:db8:7:7:ffff:ffff:ffff:ffff"));
        assert_ne!(network("2001:db8:7:7::1"), network("2001:db8:7:8::1"));
        assert_ne!(network("203.0.113.7"), network("203.0.113.8"));
        assert_eq!(network("203.0.113.7"), network("::ffff:203.0.113.7"));
    }

    #[test]
    fn the_prefixes_are_settings() {
        let wide = NetworkPrefixes { ipv4: 24, ipv6: 48 };
        let network = |address: &str| wide.network(address.parse().expect("an address"));
        assert_eq!(network("203.0.113.7"), network("203.0.113.8"));
        assert_eq!(network("2001:db8:7:7::1"), network("2001:db8:7:8::1"));
        assert_ne!(network("2001:db8:7::1"), network("2001:db8:8::1"));
    }

    #[test]
    fn a_network_is_shown_as_people_write_it() {
        assert_eq!(network("::ffff:203.0.113.7").to_string(), "203.0.113.7");
        assert_eq!(network("2001:db8:7:7::1").to_string(), "2001:db8:7:7::/64");
    }

    #[test]
    fn a_network_that_was_kept_is_the_same_again() {
        for address in ["203.0.113.7", "2001:db8:7:7::1", "::1"] {
            assert_eq!(Network::stored(&network(address).to_string()), Ok(network(address)));
        }
        assert_eq!(Network::stored("elsewhere"), Err(NetworkError));
    }
}
