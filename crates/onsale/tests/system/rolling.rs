//! A rolling update while people ask: every server is replaced in turn behind the shipped NGINX, in the order in which an
//! orchestrator does it (the new one is ready and in the balancer, the old one is out of it, then the old one is told to
//! end), and no request fails. `deploy/kubernetes` relies on exactly this.

use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tempfile::TempDir;
use testkit::edge::{fill, source};
use testkit::http::Client;
use testkit::onsale::{ISSUE, PATIENCE, Server, onsale, wait_until};
use testkit::{Flavor, Kafka, Kit, Nginx, Postgres, PostgresVersion, RedisCluster, available};

const CAMPAIGN: &str = "rolling";
/// People who ask at the same time, each over and over.
const CROWD: usize = 6;
/// Answers between two steps of the update, so that each step meets requests.
const BETWEEN: usize = 150;
const STATUS: &str = "/api/v1/coupons/status/rolling";

/// A variable of the environment, and its value.
type Setting = (&'static str, String);

/// People who ask until they are told to stop, and what they met.
#[derive(Default)]
struct Crowd {
    is_over: AtomicBool,
    answers: AtomicUsize,
    issued: AtomicUsize,
    faults: Mutex<Vec<String>>,
}

impl Crowd {
    /// One person: a coupon for a name of its own, by a call that nobody may repeat unseen, and a look at what is left.
    fn ask(&self, edge: &Client, number: usize) {
        for turn in 0.. {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let body = json!({"user_id": format!("{number}-{turn}"), "event_id": CAMPAIGN}).to_string();
            if self.heard("POST", edge.try_call("POST", ISSUE, Some(body.as_bytes()), PATIENCE), "ISSUED") {
                self.issued.fetch_add(1, Ordering::Relaxed);
            }
            self.heard("GET", edge.try_call("GET", STATUS, None, PATIENCE), "");
            self.answers.fetch_add(2, Ordering::Relaxed);
        }
    }

    fn heard(&self, what: &str, reply: std::io::Result<testkit::http::Reply>, code: &str) -> bool {
        let fault = match reply {
            Err(error) => format!("{what}: {error}"),
            Ok(reply) if reply.status != 200 => format!("{what}: {} {}", reply.status, reply.text()),
            Ok(reply) if !code.is_empty() && reply.json_or_null()["code"] != code => {
                format!("{what}: {}", reply.text())
            }
            Ok(_) => return true,
        };
        self.faults.lock().expect("nobody panicked").push(fault);
        false
    }

    /// Waits until so many answers more have come.
    fn goes_on(&self) {
        let wanted = self.answers.load(Ordering::Relaxed) + BETWEEN;
        wait_until("the crowd goes on", || self.answers.load(Ordering::Relaxed) >= wanted);
    }

    /// Runs `work` while the crowd asks at this address.
    fn during(&self, edge: SocketAddr, work: impl FnOnce()) {
        std::thread::scope(|scope| {
            for number in 0..CROWD {
                scope.spawn(move || self.ask(&Client::new(edge), number));
            }
            // Also when `work` panics, else the scope waits for a crowd that never ends.
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            self.is_over.store(true, Ordering::Relaxed);
            if let Err(panic) = worked {
                std::panic::resume_unwind(panic);
            }
        });
    }
}

/// The shipped NGINX, in front of servers that change.
struct Balancer {
    nginx: Nginx,
    listen: SocketAddr,
}

impl Balancer {
    fn config(listen: SocketAddr, servers: &[SocketAddr]) -> String {
        let lines: String =
            servers.iter().map(|server| format!("server {server} max_fails=3 fail_timeout=10s;\n")).collect();
        let mut values = vec![
            ("files", source().join("onsale").display().to_string()),
            ("listen", listen.to_string()),
            ("application_servers", lines.clone()),
            ("gate_servers", lines.clone()),
            ("queue_servers", lines.clone()),
            ("page_servers", lines),
            ("run_folder", ".".to_owned()),
            // The whole crowd comes from one address.
            ("unlimited_networks", "127.0.0.0/8 1;".to_owned()),
            ("answer_seconds", "30".to_owned()),
        ];
        values.extend(["user", "real_ip_networks", "operator_networks", "tls"].map(|name| (name, String::new())));
        let limits = ["address_rate", "user_rate", "shop_rate", "address_burst", "user_burst", "shop_burst"];
        values.extend(limits.map(|name| (name, "100000".to_owned())));
        values.extend(["address_connections", "address_streams"].map(|name| (name, "1000".to_owned())));
        fill("onsale.conf.template", &values)
    }

    fn before(kit: &Kit, servers: &[SocketAddr]) -> Option<Self> {
        let listen = SocketAddr::from(([127, 0, 0, 1], kit.free_port().expect("a free port")));
        Some(Self { nginx: available(Nginx::start(kit, &Self::config(listen, servers)))?, listen })
    }

    /// From now on these servers; returns when the last request under the old list has been answered. In a cluster this is
    /// the time that `preStop` waits.
    fn lead_to(&self, servers: &[SocketAddr]) {
        let old = self.workers();
        assert!(!old.is_empty(), "NGINX has workers");
        self.nginx.configure(&Self::config(self.listen, servers)).expect("NGINX takes it over");
        wait_until("the old workers have ended", || self.workers().iter().all(|worker| !old.contains(worker)));
    }

    fn workers(&self) -> Vec<u32> {
        let master = self.nginx.pid().expect("NGINX runs").to_string();
        let numbers = std::fs::read_dir("/proc").expect("/proc").flatten();
        let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let parent = |pid: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some(stat.rsplit_once(") ")?.1.split(' ').nth(1)?.to_owned())
        };
        numbers.filter(|pid| parent(pid).as_deref() == Some(master.as_str())).collect()
    }

    /// Requests that each of these servers has answered, by NGINX's log.
    fn answered_by(&self, servers: &[SocketAddr]) -> Vec<usize> {
        let log = std::fs::read_to_string(self.nginx.folder().join("access.log")).unwrap_or_default();
        let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let of = |server: &SocketAddr| lines.iter().filter(|line| line["upstream"] == server.to_string()).count();
        servers.iter().map(of).collect()
    }
}

/// The servers' shared stores, and their settings.
struct System {
    kit: Kit,
    _redis: RedisCluster,
    _kafka: Kafka,
    _postgres: Postgres,
    settings: Vec<Setting>,
    folders: Vec<TempDir>,
}

impl System {
    fn new() -> Option<Self> {
        let kit = available(Kit::temporary())?;
        let redis = available(RedisCluster::start(&kit, Flavor::Redis))?;
        let kafka = available(Kafka::start(&kit, 1))?;
        let postgres = available(Postgres::start(&kit, PostgresVersion::V15))?;
        let settings = vec![
            ("ONSALE__HOT__URL", redis.url()),
            ("ONSALE__BUS__URL", kafka.url()),
            ("ONSALE__LEDGER__URL", postgres.fresh_database("ticketing").expect("a database")),
            ("ONSALE__DEMO__ENABLED", "false".to_owned()),
            ("ONSALE__COUPON__OPEN_ISSUE", "true".to_owned()),
            ("ONSALE__HTTP__TRUSTED_PROXIES", "127.0.0.1/32".to_owned()),
            ("ONSALE__INTERNAL__KEY__ISSUER", "3d1f9b52-07ce-4a68-9b1d-6ae04c7f25d8".to_owned()),
        ];
        let folders = (0..2).map(|_| tempfile::tempdir().expect("a folder")).collect();
        let system = Self { kit, _redis: redis, _kafka: kafka, _postgres: postgres, settings, folders };
        system.run(&["migrate"]);
        Some(system)
    }

    fn environment(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    fn folder(&self) -> &Path {
        self.folders[0].path()
    }

    /// A command of the program; what it printed.
    fn run(&self, arguments: &[&str]) -> String {
        let output = onsale(self.folder(), arguments).envs(self.environment()).output().expect("it starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn server(&self) -> Server {
        let server = Server::start_role("coupon", self.folder(), &self.environment());
        wait_until("it is ready", || server.client().get("/health/ready").status == 200);
        server
    }

    /// A campaign with more coupons than anybody asks for.
    fn open_campaign(&self, server: &Server) {
        let admin = server.client().with("X-Api-Key", &self.run(&["admin", "keys", "create", "--admin"]));
        wait_until("the key works", || admin.get("/api/v1/admin/campaigns").status != 401);
        admin.make_campaign(&json!({"event_id": CAMPAIGN, "name": "Rolling", "stock": 1_000_000}));
        admin.open_campaign(CAMPAIGN);
    }

    /// The campaign's books; null while a store does not answer in time.
    fn campaign(&self) -> Value {
        let command = onsale(self.folder(), &["reconcile", "--json"]).envs(self.environment()).output();
        let report: Value = serde_json::from_slice(&command.expect("it starts").stdout).unwrap_or_default();
        report["campaigns"][0].clone()
    }
}

fn addresses(servers: &[Server]) -> Vec<SocketAddr> {
    servers.iter().map(|server| server.address).collect()
}

#[test]
fn every_server_is_replaced_in_turn_and_no_request_fails() {
    let Some(system) = System::new() else { return };
    // The issuer writes the rows, and is no part of what is replaced.
    let _issuer = Server::start_role("issuer", system.folders[1].path(), &system.environment());
    let mut servers = vec![system.server(), system.server()];
    system.open_campaign(&servers[0]);
    wait_until("the other knows the campaign", || servers[1].client().get(STATUS).status == 200);
    let Some(balancer) = Balancer::before(&system.kit, &addresses(&servers)) else { return };
    let (crowd, mut all) = (Crowd::default(), addresses(&servers));
    crowd.during(balancer.listen, || {
        for place in 0..servers.len() {
            crowd.goes_on();
            // maxSurge 1, maxUnavailable 0: first one more, which is ready.
            let new = system.server();
            all.push(new.address);
            balancer.lead_to(&[addresses(&servers), vec![new.address]].concat());
            crowd.goes_on();
            let mut old = std::mem::replace(&mut servers[place], new);
            balancer.lead_to(&addresses(&servers));
            assert_eq!(old.terminate(), Some(0), "it ends in good order");
            crowd.goes_on();
        }
    });
    let faults = crowd.faults.lock().expect("nobody panicked");
    let (answers, issued) = (crowd.answers.load(Ordering::Relaxed), crowd.issued.load(Ordering::Relaxed));
    assert!(faults.is_empty(), "{} of {answers} requests failed: {:?}", faults.len(), &faults[..faults.len().min(5)]);
    wait_until("NGINX has written its log", || balancer.answered_by(&all).iter().sum::<usize>() >= answers);
    let by = balancer.answered_by(&all);
    println!("{answers} answers, {issued} coupons, none failed; by the old servers and the new: {by:?}");
    assert!(by.iter().all(|count| *count > 0), "each has answered: {by:?}");
    let books = || ["ledger_count", "in_flight"].map(|name| system.campaign()[name].as_u64());
    wait_until("every coupon has its row", || books() == [Some(issued as u64), Some(0)]);
}
