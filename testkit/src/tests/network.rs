//! NGINX and toxiproxy.

use crate::{Flavor, Kit, Nginx, RedisNode, Toxiproxy, available, until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

fn config(port: u16, word: &str) -> String {
    format!(
        "worker_processes 2;\nevents {{}}\nhttp {{\n    server {{\n        listen 127.0.0.1:{port};\n        \
         location / {{ return 200 {word}; }}\n    }}\n}}\n"
    )
}

fn said(port: u16) -> Result<String, String> {
    let mut answer = String::new();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    let request = b"GET / HTTP/1.0\r\n\r\n";
    stream.write_all(request).and_then(|()| stream.read_to_string(&mut answer)).map_err(|error| error.to_string())?;
    Ok(answer.rsplit("\r\n").next().unwrap_or_default().to_owned())
}

#[test]
fn nginx_takes_over_a_configuration_and_dies_whole() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let port = kit.free_port().expect("a port");
    let Some(nginx) = available(Nginx::start(&kit, &config(port, "one"))) else { return };
    assert_eq!((said(port), nginx.ports()), (Ok("one".into()), [port].as_slice()));
    nginx.configure("events {}\nhttp { nonsense; }\n").expect_err("it is none");
    assert_eq!(said(port), Ok("one".into()));
    nginx.configure(&config(port, "two")).expect("it is one");
    until("the new one", LIMIT, || said(port).and_then(|word| if word == "two" { Ok(()) } else { Err(word) }))
        .expect("it holds");
    nginx.kill().expect("killed");
    said(port).expect_err("no worker is left");
    nginx.restart().expect("starts");
    assert_eq!(said(port), Ok("two".into()));
}

#[test]
fn a_network_is_cut_hangs_and_heals() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(redis) = available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let Some(toxiproxy) = available(Toxiproxy::start(&kit)) else { return };
    let proxy = toxiproxy.proxy("redis", &redis.address()).expect("made");
    let ping_within = |limit: Duration| -> std::io::Result<String> {
        let mut stream = TcpStream::connect(proxy.listen())?;
        stream.set_read_timeout(Some(limit))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let ping = || ping_within(LIMIT);
    assert_eq!(ping().expect("it answers"), "+PONG\r\n");
    proxy.cut().expect("cut");
    assert_eq!(ping().expect_err("refused").kind(), std::io::ErrorKind::ConnectionRefused);
    proxy.hang().expect("hangs");
    let hung = ping_within(Duration::from_millis(500));
    assert_eq!(hung.expect_err("no answer").kind(), std::io::ErrorKind::WouldBlock);
    proxy.slow(1).expect("slow");
    assert_eq!(ping().expect("it answers"), "+PONG\r\n");
    proxy.heal().expect("healed");
    assert_eq!(ping().expect("it answers"), "+PONG\r\n");
}
