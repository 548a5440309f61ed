//! What is open to everybody who reaches an address.

use super::Fault;
use crate::config::Config;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A network of IPv4 proxies has at least this prefix: the largest that one owner has.
const PREFIX_MIN_V4: u8 = 8;
/// The same for IPv6.
const PREFIX_MIN_V6: u8 = 16;
/// IPv4 addresses as IPv6 ones, `::ffff:0:0/96`.
const MAPPED_PREFIX: u8 = 96;

pub(super) fn faults(config: &Config) -> Vec<Fault> {
    [demo(config), open_issue(config), documents(config), proxies(config)].into_iter().flatten().collect()
}

/// Whether an address can be reached from this machine alone.
fn is_local(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// Whether an address belongs to one network of its owner: neither every address of the machine nor a public one.
fn is_inside(address: SocketAddr) -> bool {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

fn demo(config: &Config) -> Option<Fault> {
    let listen = config.http.listen;
    (config.demo.enabled && !is_local(listen)).then(|| {
        Fault::new(
            "demo",
            format!("the demonstration, with its example campaign, would be open to everybody who reaches {listen}"),
            "demo.enabled = false (a configuration file turns it off: onsale config --default > onsale.toml), or \
             http.listen = \"127.0.0.1:8080\"",
        )
    })
}

fn open_issue(config: &Config) -> Option<Fault> {
    let listen = config.http.listen;
    (config.coupon.open_issue && !is_local(listen)).then(|| {
        Fault::new(
            "openness",
            format!("everybody who reaches {listen} could issue coupons for any user without a key"),
            "coupon.open_issue = false",
        )
    })
}

/// Metrics tell how much is sold and how fast; documents tell every route.
fn documents(config: &Config) -> Option<Fault> {
    let (listen, management) = (config.http.listen, config.http.management_listen);
    let port = listen.port().checked_add(1_000).filter(|_| listen.port() != 0).unwrap_or(9_080);
    let change = format!("http.management_listen = \"127.0.0.1:{port}\", or an address inside your network");
    match management {
        None if !is_local(listen) => Some(Fault::new(
            "documents",
            format!("/metrics, /docs and /openapi.json would be open to everybody who reaches {listen}"),
            change,
        )),
        Some(address) if !is_inside(address) => Some(Fault::new(
            "documents",
            format!("/metrics, /docs and /openapi.json would be open to everybody who reaches {address}"),
            change,
        )),
        _ => None,
    }
}

/// A trusted proxy says which address a call came from. Who is in the list can take any address, and any bucket.
fn proxies(config: &Config) -> Option<Fault> {
    let wide: Vec<String> =
        config.http.trusted_proxies.iter().filter(|net| is_wide(net)).map(IpNet::to_string).collect();
    (!wide.is_empty()).then(|| {
        Fault::new(
            "proxies",
            format!(
                "http.trusted_proxies trusts {}: a stranger there could claim any address, and escape every limit",
                wide.join(", ")
            ),
            "list only the addresses of your own proxies, such as http.trusted_proxies = [\"10.0.0.7\"]",
        )
    })
}

/// Whether a network is so large that strangers are in it.
fn is_wide(network: &IpNet) -> bool {
    match network {
        IpNet::V4(net) => net.prefix_len() < PREFIX_MIN_V4,
        IpNet::V6(net) => {
            let mapped = Ipv6Addr::from_bits(0xffff << 32);
            if net.prefix_len() >= MAPPED_PREFIX && net.contains(&mapped) || net.network().to_ipv4_mapped().is_some() {
                return net.prefix_len() < MAPPED_PREFIX + PREFIX_MIN_V4;
            }
            // fc00::/7, the private networks, belongs to nobody else.
            net.prefix_len() < PREFIX_MIN_V6 && !(net.network().is_unique_local() && net.prefix_len() >= 7)
        }
    }
}

/// Whether a stranger may send as much as the machine takes: for the doctor, since a proxy in front may limit instead.
pub fn limits_are_off(config: &Config) -> bool {
    !config.limits.enabled && !is_local(config.http.listen)
}
