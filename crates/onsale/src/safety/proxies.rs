//! Trusted proxies that include strangers. A trusted proxy says which address a call came from: who is in the list can take
//! any address, and any bucket.
//!
//! What counts is how many addresses the whole list has, however it is written: eight networks can together be what one
//! `0.0.0.0/0` is, and IPv4 has several forms in IPv6.

use super::Fault;
use crate::config::Config;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Most public IPv4 addresses that proxies of one owner have: a /8.
const PUBLIC_V4_MAX: u64 = 1 << 24;
/// Most public IPv6 addresses: a /16.
const PUBLIC_V6_MAX: u128 = 1 << 112;

/// Networks of IPv4 that are inside, or this machine.
const PRIVATE_V4: [(Ipv4Addr, u8); 6] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// Networks of IPv6 that are inside.
const PRIVATE_V6: [(u128, u8); 2] = [(0xfc00 << 112, 7), (0xfe80 << 112, 10)];

/// Where all of IPv4 lies in IPv6: mapped addresses, NAT64 (RFC 6052) and 6to4 (RFC 3056). Bits and prefix.
const EMBEDDED: [(u128, u8); 3] = [(0xffff << 32, 96), (0x0064_ff9b << 96, 96), (0x2002 << 112, 16)];

pub(super) fn faults(config: &Config) -> Vec<Fault> {
    let networks = &config.http.trusted_proxies;
    let alone: Vec<&IpNet> = networks.iter().filter(|network| is_wide(std::slice::from_ref(network))).collect();
    let shown = |wide: &[&IpNet]| wide.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let what = match alone.is_empty() {
        false => shown(&alone),
        true if is_wide(networks) => format!("{} networks, together as much as everybody", networks.len()),
        true => return Vec::new(),
    };
    let what =
        format!("http.trusted_proxies trusts {what}: a stranger there could claim any address, and escape every limit");
    let change = "list only the addresses of your own proxies, such as http.trusted_proxies = [\"10.0.0.7\"]";
    vec![Fault::new("proxies", what, change)]
}

/// Whether these networks together are so large that strangers are in them.
fn is_wide(networks: &[IpNet]) -> bool {
    let (mut of_v4, mut of_v6) = (Vec::new(), Vec::new());
    for network in networks {
        match network {
            IpNet::V4(network) => of_v4.push(*network),
            IpNet::V6(network) => match embedded(network) {
                Some(inner) => of_v4.push(inner),
                None => of_v6.push(*network),
            },
        }
    }
    let v4: u64 = Ipv4Net::aggregate(&of_v4).iter().map(public_v4).sum();
    let v6 = Ipv6Net::aggregate(&of_v6).iter().map(public_v6).fold(0, u128::saturating_add);
    v4 > PUBLIC_V4_MAX || v6 > PUBLIC_V6_MAX
}

/// The IPv4 network that an IPv6 one means; all of IPv4 for one that contains such a form.
fn embedded(network: &Ipv6Net) -> Option<Ipv4Net> {
    for (bits, prefix) in EMBEDDED {
        let form = Ipv6Net::new_assert(Ipv6Addr::from_bits(bits), prefix);
        if form.contains(network) {
            let inner = (network.network().to_bits() << prefix >> 96) as u32;
            let length = (network.prefix_len() - prefix).min(32);
            return Ipv4Net::new(Ipv4Addr::from_bits(inner), length).ok();
        }
        if network.contains(&form) {
            return Ipv4Net::new(Ipv4Addr::UNSPECIFIED, 0).ok();
        }
    }
    None
}

fn public_v4(network: &Ipv4Net) -> u64 {
    let size = |prefix: u8| 1_u64 << (32 - prefix);
    let private = PRIVATE_V4.iter().map(|(address, prefix)| Ipv4Net::new_assert(*address, *prefix));
    let inside: u64 = private
        .map(|private| match () {
            () if private.contains(network) => size(network.prefix_len()),
            () if network.contains(&private) => size(private.prefix_len()),
            () => 0,
        })
        .sum();
    size(network.prefix_len()) - inside
}

fn public_v6(network: &Ipv6Net) -> u128 {
    let is_private =
        |(bits, prefix): &(u128, u8)| Ipv6Net::new_assert(Ipv6Addr::from_bits(*bits), *prefix).contains(network);
    if PRIVATE_V6.iter().any(is_private) {
        return 0;
    }
    1_u128.checked_shl(128 - u32::from(network.prefix_len())).unwrap_or(u128::MAX)
}
