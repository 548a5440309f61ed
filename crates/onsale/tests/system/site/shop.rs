//! A shop without support for lines, behind a line: the shop, onsale, and NGINX in front of both.

use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use testkit::http::Client;
use testkit::onsale::{Server, World, make_key, wait_until};
use testkit::{Kit, Nginx, available};

/// The site itself: it returns the requested path. A path that ends in a number gets that status,
/// and one under `/cached` may be cached. A WebSocket gets back what it sends.
pub struct Site {
    pub address: SocketAddr,
    pub asked: Arc<Mutex<Vec<String>>>,
    posted: Arc<Mutex<Vec<Posted>>>,
    pub calls: Arc<AtomicUsize>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("listens");
        let address = listener.local_addr().expect("listens");
        let site = Self { address, asked: Arc::default(), posted: Arc::default(), calls: Arc::default() };
        let (asked, posted, calls) = (site.asked.clone(), site.posted.clone(), site.calls.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (asked, posted, calls) = (asked.clone(), posted.clone(), calls.clone());
                std::thread::spawn(move || serve(stream, &asked, &posted, &calls));
            }
        });
        site
    }

    /// Every request with a body so far.
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every requested address so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A request with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Method and address.
    pub line: String,
    /// Its whole head.
    pub head: String,
    /// Its body.
    pub body: String,
}

/// The body of a request, by its length.
fn body_of(head: &str, reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

/// Sends back what comes.
fn echo(reader: &mut BufReader<TcpStream>) {
    let switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let mut sent = reader.get_mut().write_all(switch);
    let mut bytes = [0; 1_024];
    while sent.is_ok() {
        match reader.read(&mut bytes) {
            Ok(length @ 1..) => sent = reader.get_mut().write_all(&bytes[..length]),
            _ => return,
        }
    }
}

/// Responds to one request after another.
fn serve(stream: TcpStream, asked: &Mutex<Vec<String>>, posted: &Mutex<Vec<Posted>>, calls: &AtomicUsize) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let target = head.split(' ').nth(1).unwrap_or("/").to_owned();
        if let Some(body) = body_of(&head, &mut reader) {
            let (line, body) = (head.lines().next().unwrap_or_default(), String::from_utf8_lossy(&body).into_owned());
            let line = line.trim_end_matches(" HTTP/1.1").to_owned();
            posted.lock().unwrap_or_else(PoisonError::into_inner).push(Posted { line, head: head.clone(), body });
        }
        if head.to_lowercase().contains("\r\nupgrade: websocket\r\n") {
            asked.lock().unwrap_or_else(PoisonError::into_inner).push(target);
            return echo(&mut reader);
        }
        let status = target.rsplit('/').next().and_then(|end| end.parse::<u16>().ok()).unwrap_or(200);
        let body =
            format!("<!doctype html><title>Shop</title><h1 id=\"shop\">the shop: {}</h1>", target.replace('<', ""));
        let length = body.len();
        let caching = if target.starts_with("/cached") { "Cache-Control: public, max-age=600\r\n" } else { "" };
        let answer = format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: text/html\r\n{caching}X-Shop: yes\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        if target != "/favicon.ico" {
            asked.lock().unwrap_or_else(PoisonError::into_inner).push(target);
            calls.fetch_add(1, Ordering::Relaxed);
        }
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// A rate at which tests count on a newcomer who is let straight through; those with a lower one wait for it.
const FAST: u32 = 100;

/// The whole setup.
pub struct Shop {
    pub address: SocketAddr,
    pub site: Site,
    pub world: World,
    _nginx: Nginx,
}

/// The template, filled in.
pub fn config(listen: SocketAddr, onsale: SocketAddr, site: SocketAddr) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx");
    let mut text = std::fs::read_to_string(folder.join("site.conf.template")).expect("the template is there");
    for (name, value) in [
        ("listen", listen.to_string()),
        ("server_name", "_".to_owned()),
        ("onsale_servers", format!("server {onsale} max_fails=0;")),
        ("site_servers", format!("server {site};")),
        ("line", "shop".to_owned()),
        ("waiting_rate", "1000".to_owned()),
        ("waiting_burst", "1000".to_owned()),
        ("address_streams", "1000".to_owned()),
        ("real_ip_networks", String::new()),
        ("tls", String::new()),
    ] {
        text = text.replace(&format!("{{{{{name}}}}}"), &value);
    }
    assert!(!text.contains("{{"), "left over in {text}");
    format!("events {{}}\nhttp {{\n{text}\n}}\n")
}

impl Shop {
    /// Starts with a line that admits no user until the rate is set. `None` without NGINX.
    pub fn open(more: &[(&str, &str)]) -> Option<Self> {
        Self::open_with(more, |config| config)
    }

    /// As [`Self::open`], with a change of NGINX's configuration.
    pub fn open_with(more: &[(&str, &str)], change: impl Fn(String) -> String) -> Option<Self> {
        let kit = available(Kit::temporary())?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, kit.free_port().expect("a free port")));
        let folder = tempfile::tempdir().expect("a folder");
        let admin_key = make_key(folder.path(), &["--admin"]);
        let mut environment = vec![
            ("ONSALE__QUEUE__LINES", "shop"),
            ("ONSALE__QUEUE__RATE_PER_SECOND", "0"),
            ("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1"),
        ];
        environment.extend_from_slice(more);
        let server = Server::start(folder.path(), &environment);
        let (world, site) = (World { server, admin_key, folder }, Site::start());
        let nginx = available(Nginx::start(&kit, &change(config(address, world.server.address, site.address))))?;
        Some(Self { address, site, world, _nginx: nginx })
    }

    /// An address of the shop.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A client that keeps no cookies.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Sets the admission rate.
    pub fn let_in(&self, rate: u32) {
        let body = json!({ "ratePerSecond": rate }).to_string();
        let answer = self.world.admin().call("PUT", "/queue/admin/queue:shop/rate", Some(body.as_bytes()));
        assert_eq!(answer.status, 204, "{}", answer.text());
        // The bucket of a new rate is empty. Its first unit comes after one part of the rate, and a newcomer who was refused
        // before holds the others off for as long again at most.
        if rate >= FAST {
            let first_unit = Instant::now() + 2 * Duration::from_secs(1) / FAST;
            wait_until("the bucket has its first unit", || Instant::now() >= first_unit);
        }
    }

    /// Waits until this many users are in the line.
    pub fn until_waiting(&self, count: u64) {
        wait_until("so many people wait", || {
            self.world.admin().get("/queue/admin/stats").ok()["totalWaiting"] == count
        });
    }
}
