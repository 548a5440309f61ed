//! What is open to everybody who reaches an address.

use super::Fault;
use crate::config::Config;
use std::net::{IpAddr, SocketAddr};

pub(super) fn faults(config: &Config) -> Vec<Fault> {
    [demo(config), open_issue(config), documents(config)].into_iter().flatten().collect()
}

/// An address other than loopback where people's routes are open.
fn reached(config: &Config) -> Option<SocketAddr> {
    [Some(config.http.listen), config.internal.listen].into_iter().flatten().find(|address| !is_local(*address))
}

/// What is open through a proxy in front: `trusted_proxies` says that there is one. It is no fault, since the proxy may let
/// nobody through to those routes; nobody here can know.
pub(super) fn warnings(config: &Config) -> Vec<Fault> {
    let is_behind = reached(config).is_none() && !config.http.trusted_proxies.is_empty();
    if is_behind { open_through(config, "http.trusted_proxies names a proxy in front") } else { Vec::new() }
}

/// The same for a proxy that no setting names, once it has forwarded something.
pub(super) fn warnings_behind_proxy(config: &Config) -> Vec<Fault> {
    let is_named = !config.http.trusted_proxies.is_empty();
    let is_behind = reached(config).is_none() && !is_named;
    if is_behind { open_through(config, "a proxy in front forwards requests") } else { Vec::new() }
}

fn open_through(config: &Config, how: &str) -> Vec<Fault> {
    let open_issue = config.coupon.open_issue.then(|| {
        let what = format!("{how}, and everybody whom it lets through can issue coupons for any user without a key");
        Fault::new("openness", what, "coupon.open_issue = false")
    });
    let demo = config.demo.enabled.then(|| {
        let what = format!("{how}, and the demonstration, with its example campaign, is open to everybody behind it");
        Fault::new("demo", what, "demo.enabled = false")
    });
    open_issue.into_iter().chain(demo).collect()
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
    let listen = reached(config).filter(|_| config.demo.enabled)?;
    Some(Fault::new(
        "demo",
        format!("the demonstration, with its example campaign, would be open to everybody who reaches {listen}"),
        "demo.enabled = false (a configuration file turns it off: onsale config --default > onsale.toml), or \
             http.listen = \"127.0.0.1:8080\"",
    ))
}

fn open_issue(config: &Config) -> Option<Fault> {
    let listen = reached(config).filter(|_| config.coupon.open_issue)?;
    Some(Fault::new(
        "openness",
        format!("everybody who reaches {listen} could issue coupons for any user without a key"),
        "coupon.open_issue = false",
    ))
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

/// Whether a stranger may send as much as the machine takes: for the doctor, since a proxy in front may limit instead.
pub fn limits_are_off(config: &Config) -> bool {
    !config.limits.enabled && !is_local(config.http.listen)
}
