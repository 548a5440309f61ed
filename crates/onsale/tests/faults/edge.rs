//! NGINX with the configuration of `deploy/nginx`.

use std::path::Path;
use testkit::{Kit, Nginx, Result};

/// The template with limits for clients from one address.
fn config(port: u16, upstreams: &[u16]) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx").canonicalize().expect("it is there");
    let server = |port: &u16| format!("server 127.0.0.1:{port} max_fails=3 fail_timeout=1s;");
    let values = [
        ("user", String::new()),
        ("files", source.join("onsale").display().to_string()),
        // NGINX is started with its own folder as the prefix.
        ("run_folder", ".".to_owned()),
        ("listen", format!("127.0.0.1:{port}")),
        ("application_servers", upstreams.iter().map(server).collect::<Vec<_>>().join("\n")),
        ("gate_servers", upstreams.iter().map(server).collect::<Vec<_>>().join("\n")),
        ("queue_servers", upstreams.iter().map(server).collect::<Vec<_>>().join("\n")),
        ("page_servers", upstreams.iter().map(server).collect::<Vec<_>>().join("\n")),
        ("operator_networks", String::new()),
        ("real_ip_networks", String::new()),
        ("unlimited_networks", "127.0.0.0/8 1;".to_owned()),
        ("address_rate", "100000".to_owned()),
        ("address_burst", "100000".to_owned()),
        ("address_connections", "1000".to_owned()),
        ("address_streams", "1000".to_owned()),
        ("user_rate", "100000".to_owned()),
        ("user_burst", "100000".to_owned()),
        ("shop_rate", "100000".to_owned()),
        ("shop_burst", "100000".to_owned()),
        ("answer_seconds", "12".to_owned()),
        ("tls", String::new()),
    ];
    let template = std::fs::read_to_string(source.join("onsale.conf.template")).expect("the template is there");
    let text = values.iter().fold(template, |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    assert!(!text.contains("{{"), "left over in {text}");
    text
}

/// Starts NGINX in front of these ports.
pub fn before(kit: &Kit, upstreams: &[u16]) -> Result<(Nginx, u16)> {
    let port = kit.free_port()?;
    Ok((Nginx::start(kit, &config(port, upstreams))?, port))
}
