//! The whole system: started once, and restored after every fault.

use crate::edge;
use crate::settings::PATIENCE;
use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};
use testkit::{
    Flavor, Kafka, Kit, MariaDb, Nginx, Program, ProgramSpec, Proxy, RedisCluster, Result, Toxiproxy, until,
};

const SERVERS: usize = 3;
const ISSUERS: usize = 2;
const LINE_SERVERS: usize = 2;
const BROKERS: usize = 3;

/// The level of acknowledgement (`hot.ack`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    Replica,
    Bus,
}

impl Ack {
    const fn name(self) -> &'static str {
        match self {
            Self::Replica => "replica",
            Self::Bus => "bus",
        }
    }
}

/// The connections that faults can hit.
pub struct Network {
    /// Between every program and the database.
    pub database: Proxy<'static>,
    /// Between NGINX and each coupon server.
    pub servers: Vec<Proxy<'static>>,
}

/// The servers. Fields are dropped in this order: dependents before their dependencies.
pub struct System {
    pub nginx: Nginx,
    pub coupon_servers: Vec<Program>,
    pub issuers: Vec<Program>,
    pub redis: RedisCluster,
    pub kafka: Kafka,
    pub database: MariaDb,
    /// `None` where toxiproxy is unavailable.
    pub network: Option<Network>,
    pub edge: u16,
    pub key: String,
    pub schema: String,
    ack: Ack,
    environment: Vec<(String, OsString)>,
    server_ports: Vec<[u16; 2]>,
    line_ports: Vec<[u16; 2]>,
    kit: Kit,
}

static SYSTEM: Mutex<Option<System>> = Mutex::new(None);

/// Returns the system, healthy and with this level of acknowledgement, for exclusive use. After a failed test it is a new
/// one. `None` when a server is not installed, which has been printed.
pub fn with(ack: Ack, run: impl FnOnce(&mut System)) {
    let mut slot = SYSTEM.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut system) = slot.take().or_else(|| testkit::available(System::start(ack))) else { return };
    system.acknowledge(ack);
    run(&mut system);
    *slot = Some(system);
}

fn base(hot_url: &str, bus_url: &str, ledger_url: &str) -> Vec<(String, OsString)> {
    let values = [
        ("HOT__URL", hot_url),
        ("BUS__URL", bus_url),
        ("LEDGER__URL", ledger_url),
        ("DATA__DIR", "data"),
        ("DEMO__ENABLED", "false"),
        ("COUPON__OPEN_ISSUE", "true"),
        ("LIMITS__ENABLED", "false"),
        ("HTTP__TRUSTED_PROXIES", "[\"127.0.0.1/32\"]"),
        // Tests start the reconciliation themselves.
        ("RECONCILE__INTERVAL_SECONDS", "0"),
        ("LOG__LEVEL", "info"),
        ("LOG__ACCESS", "false"),
    ];
    values.into_iter().map(|(name, value)| (format!("ONSALE__{name}"), value.into())).collect()
}

/// Environment of a gate with issuers.
fn gate(line_ports: &[[u16; 2]]) -> Vec<(String, OsString)> {
    let urls: Vec<String> = line_ports.iter().map(|[port, _]| format!("http://127.0.0.1:{port}")).collect();
    let values = [
        ("GATE__DISPATCH_MODE", "kafka".to_owned()),
        ("GATE__DISPATCH_PER_SECOND", "100".to_owned()),
        ("GATE__DISPATCH_INTERVAL_MS", "100".to_owned()),
        ("GATE__STALE_TIMEOUT_MS", "3000".to_owned()),
        ("INTERNAL__KEY__ISSUER", "1c1c2f54-0f0e-4d1b-9a1c-6f8a0c7b7a55".to_owned()),
        ("INTERNAL__KEY__QUEUE", "7d0f3a1e-52f7-4f0e-8f0a-3c2b9f6e4d21".to_owned()),
        ("INTERNAL__URL__GATE", urls.join(",")),
    ];
    values.into_iter().map(|(name, value)| (format!("ONSALE__{name}"), value.into())).collect()
}

fn program(name: String, arguments: &[&str], environment: Vec<(String, OsString)>, ports: &[u16]) -> ProgramSpec {
    let arguments = arguments.iter().map(OsString::from).collect();
    ProgramSpec { name, program: testkit::onsale::program(), arguments, environment, http_ports: ports.to_vec() }
}

/// The port in `mysql://user:password@127.0.0.1:PORT/schema` replaced, and the schema.
fn through(url: &str, proxy: Option<u16>) -> (String, String) {
    let (head, schema) = url.rsplit_once('/').expect("a schema");
    let (host, port) = head.rsplit_once(':').expect("a port");
    let port = proxy.map_or_else(|| port.to_owned(), |proxy| proxy.to_string());
    (format!("{host}:{port}/{schema}"), schema.to_owned())
}

fn network(kit: &Kit, database: &MariaDb, server_ports: &[[u16; 2]]) -> Result<Option<Network>> {
    let toxiproxy = match Toxiproxy::start(kit) {
        Ok(toxiproxy) => toxiproxy,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(error),
    };
    // It ends with this process, like the system.
    let toxiproxy: &'static Toxiproxy = Box::leak(Box::new(toxiproxy));
    let to = |name: &str, port: u16| toxiproxy.proxy(name, &format!("127.0.0.1:{port}"));
    let servers = server_ports.iter().map(|[port, _]| to(&format!("server-{port}"), *port));
    let servers = servers.collect::<Result<_>>()?;
    Ok(Some(Network { database: to("database", database.port())?, servers }))
}

impl System {
    fn start(ack: Ack) -> Result<Self> {
        let kit = Kit::temporary()?;
        let redis = RedisCluster::start(&kit, Flavor::Redis)?;
        let kafka = Kafka::start(&kit, BROKERS)?;
        let database = MariaDb::start(&kit)?;
        let pair = || Ok([kit.free_port()?, kit.free_port()?]);
        let server_ports = (0..SERVERS).map(|_| pair()).collect::<Result<Vec<_>>>()?;
        let network = network(&kit, &database, &server_ports)?;
        let proxy = network.as_ref().map(|network| network.database.port());
        let (ledger_url, schema) = through(&database.fresh_database("onsale")?, proxy);
        let line_ports = (0..LINE_SERVERS).map(|_| pair()).collect::<Result<Vec<_>>>()?;
        let mut environment = base(&redis.url(), &kafka.url(), &ledger_url);
        environment.extend(gate(&line_ports));
        let run =
            |arguments: &[&str]| Program::run(&kit, program("admin".to_owned(), arguments, environment.clone(), &[]));
        run(&["migrate"])?;
        let key = run(&["admin", "keys", "create", "--admin"])?.trim().to_owned();
        let coupon_servers = coupon_servers(&kit, &environment, &server_ports, ack)?;
        let issuers = (1..=ISSUERS).map(|number| issuer(&kit, &environment, number)).collect::<Result<_>>()?;
        let upstreams: Vec<u16> = match &network {
            Some(network) => network.servers.iter().map(Proxy::port).collect(),
            None => server_ports.iter().map(|[port, _]| *port).collect(),
        };
        let (nginx, edge) = edge::before(&kit, &upstreams)?;
        Ok(Self {
            nginx,
            coupon_servers,
            issuers,
            redis,
            kafka,
            database,
            network,
            edge,
            key,
            schema,
            ack,
            environment,
            server_ports,
            line_ports,
            kit,
        })
    }

    /// Restarts the coupon servers if their level of acknowledgement differs.
    fn acknowledge(&mut self, ack: Ack) {
        if self.ack != ack {
            self.coupon_servers.clear();
            let servers = coupon_servers(&self.kit, &self.environment, &self.server_ports, ack);
            self.coupon_servers = servers.expect("the coupon servers start");
            self.ack = ack;
        }
    }

    /// Waits until all servers run and are healthy.
    pub fn wait_until_whole(&self) {
        self.redis.wait_until_ready().expect("Redis is whole");
        self.kafka.wait_until_ready().expect("Kafka is whole");
        until("the database answers", PATIENCE, || {
            self.database.execute("select 1").map_err(|error| error.to_string())
        })
        .expect("the database is whole");
        let programs = self.coupon_servers.iter().chain(&self.issuers);
        for program in programs {
            assert!(program.pid().is_some(), "a program has ended:\n{}", program.log());
        }
    }

    /// Queue servers, and their ports. They run until they are dropped.
    pub fn line_servers(&self) -> Vec<(Program, u16)> {
        let open = |(number, ports): (usize, &[u16; 2])| {
            let mut environment = self.environment.clone();
            listen(&mut environment, ports);
            let spec = program(format!("gate-{number}"), &["serve", "gate"], environment, ports);
            (Program::open(&self.kit, spec).expect("the server starts"), ports[0])
        };
        self.line_ports.iter().enumerate().map(open).collect()
    }

    /// A server with the role `queue` and a site's line, and its port. It has no database and no bus.
    pub fn queue_server(&self, line: &str) -> (Program, u16) {
        let ports = [self.kit.free_port().expect("a port"), self.kit.free_port().expect("a port")];
        let mut environment = self.environment.clone();
        let urls: Vec<String> = self.server_ports.iter().map(|[port, _]| format!("http://127.0.0.1:{port}")).collect();
        let own = [
            ("LEDGER__URL", "mysql://nobody@127.0.0.1:1/nothing".to_owned()),
            ("BUS__URL", "local:".to_owned()),
            ("QUEUE__LINES", format!("[\"{line}\"]")),
            ("QUEUE__COOKIE_KEY", "c7e5a0f2b91d4863a6f8e2d17b305c94".to_owned()),
            ("INTERNAL__URL__COUPON", urls.join(",")),
        ];
        environment.extend(own.into_iter().map(|(name, value)| (format!("ONSALE__{name}"), value.into())));
        listen(&mut environment, &ports);
        let spec = program("queue".to_owned(), &["serve", "queue"], environment, &ports);
        (Program::open(&self.kit, spec).expect("the server starts"), ports[0])
    }

    /// Runs a command beside the servers: whether it ended with 0, and what it printed.
    pub fn onsale(&self, arguments: &[&str]) -> (bool, String) {
        let data = self.kit.folder().join("command");
        let mut command = launch::onsale(&testkit::onsale::program());
        command.args(arguments).arg("--data").arg(data).envs(self.environment.iter().cloned());
        let output = command.current_dir(std::env::temp_dir()).output().expect("the program starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        (output.status.success(), if text.is_empty() { errors.into_owned() } else { text })
    }
}

fn coupon_servers(kit: &Kit, environment: &[(String, OsString)], ports: &[[u16; 2]], ack: Ack) -> Result<Vec<Program>> {
    let open = |(number, ports): (usize, &[u16; 2])| {
        let mut environment = environment.to_vec();
        environment.push(("ONSALE__HOT__ACK".to_owned(), ack.name().into()));
        listen(&mut environment, ports);
        Program::open(kit, program(format!("coupon-{number}"), &["serve", "coupon"], environment, ports))
    };
    ports.iter().enumerate().map(open).collect()
}

fn issuer(kit: &Kit, environment: &[(String, OsString)], number: usize) -> Result<Program> {
    let ports = [kit.free_port()?, kit.free_port()?];
    let mut environment = environment.to_vec();
    listen(&mut environment, &ports);
    Program::open(kit, program(format!("issuer-{number}"), &["serve", "issuer"], environment, &ports))
}

fn listen(environment: &mut Vec<(String, OsString)>, [port, management_port]: &[u16; 2]) {
    environment.push(("ONSALE__HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}").into()));
    environment.push(("ONSALE__HTTP__MANAGEMENT_LISTEN".to_owned(), format!("127.0.0.1:{management_port}").into()));
}
