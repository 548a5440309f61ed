//! One broker.

use super::{Program, Security};
use crate::error::{KitError, Result};
use crate::facts::Facts;
use crate::kit::Kit;
use crate::port::Port;
use crate::process::{Process, Ready, Spec, bare};
use crate::question::Question;
use crate::{account, kit, sql};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

const FACTS: &str = "broker.facts";
const CONFIG: &str = "server.properties";
const DATA: &str = "data";
/// One for all: these brokers know each other by their ports.
const CLUSTER_ID: &str = "b25zYWxlLXRlc3RraXQtMA";
/// The versions of the metadata in a formatted folder.
const CHECKPOINT: &str = "bootstrap.checkpoint";
const HEAP: &str = "-Xmx256m";
const LAUNCH_LIMIT: Duration = Duration::from_secs(30);

/// A broker that is a controller too.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) process: Process,
    port: Port,
    /// Of the controller; none of the stand-in.
    _controller: Option<Port>,
    /// With TLS, and with TLS and a log-in.
    encrypted: Option<(Port, Port)>,
}

/// Makes brokers in empty folders; starts none.
pub(super) fn create(
    kit: &Kit,
    folders: &[PathBuf],
    program: &Program,
    security: Option<&Security<'_>>,
) -> Result<Vec<Broker>> {
    let encrypted = security.map(|_| Ok::<_, KitError>((Port::free()?, Port::free()?))).transpose()?;
    let ports = folders.iter().map(|_| Ok((Port::free()?, Port::free()?))).collect::<Result<Vec<_>>>()?;
    let voters = (1..).zip(&ports).map(|(id, (_, controller))| format!("{id}@127.0.0.1:{}", controller.number()));
    let voters = voters.collect::<Vec<_>>().join(",");
    for (id, (folder, (port, controller))) in (1..).zip(folders.iter().zip(&ports)) {
        if let Program::Kafka { java, jars } = program {
            let mut properties = properties(id, folder, (port, controller), &voters, folders.len());
            if let (Some(security), Some(encrypted)) = (security, &encrypted) {
                properties.push_str(&encryption(folder, (port, controller), encrypted, security)?);
            }
            write(&folder.join(CONFIG), &properties)?;
            format(folder, id, java, jars)?;
            account::hand_over(folder)?;
        }
        let facts = [("port", port.number().to_string()), ("controller", controller.number().to_string())];
        Facts::write(&folder.join(FACTS), &facts)?;
    }
    let made = folders.iter().zip(ports);
    let made = made.map(|(folder, (port, controller))| Broker::of(kit, folder, program, port, Some(controller)));
    let mut brokers = made.collect::<Result<Vec<_>>>()?;
    if let Some(first) = brokers.first_mut() {
        first.encrypted = encrypted;
    }
    Ok(brokers)
}

/// The last of two lines of a name counts.
fn encryption(
    folder: &Path,
    (port, controller): (&Port, &Port),
    (encrypted, with_login): &(Port, Port),
    security: &Security<'_>,
) -> Result<String> {
    let (port, controller) = (port.number(), controller.number());
    let (encrypted, with_login) = (encrypted.number(), with_login.number());
    let listeners =
        format!("PLAINTEXT://127.0.0.1:{port},ENCRYPTED://127.0.0.1:{encrypted},LOGIN://127.0.0.1:{with_login}");
    let (store, user, password) = (security.certificate.write_store(folder)?, security.user, security.password);
    let (store, module) = (store.display(), "org.apache.kafka.common.security");
    Ok(format!(
        "listeners={listeners},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners={listeners}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,ENCRYPTED:SSL,LOGIN:SASL_SSL\n\
         inter.broker.listener.name=PLAINTEXT\nssl.keystore.type=PEM\nssl.keystore.location={store}\n\
         ssl.client.auth=none\nsasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN\n\
         listener.name.login.scram-sha-512.sasl.jaas.config={module}.scram.ScramLoginModule required;\n\
         listener.name.login.plain.sasl.jaas.config={module}.plain.PlainLoginModule required \
         user_{user}=\"{password}\";\n"
    ))
}

/// Tells the broker of a user that logs in by SCRAM.
pub(super) fn make_user(folder: &Path, port: u16, program: &Program, user: &str, password: &str) -> Result<()> {
    let Program::Kafka { java, jars } = program else { return Ok(()) };
    let mut command = bare(java, folder);
    command.args(java_arguments(jars)).arg("kafka.admin.ConfigCommand");
    command.args(["--bootstrap-server", &format!("127.0.0.1:{port}"), "--alter", "--entity-type", "users"]);
    command.args(["--entity-name", user, "--add-config", &format!("SCRAM-SHA-512=[password={password}]")]);
    sql::run(&mut command).map(drop).map_err(KitError::failed)
}

impl Broker {
    /// The broker of a folder.
    pub(super) fn load(kit: &Kit, folder: &Path, program: &Program) -> Result<Self> {
        let none = || KitError::failed(format!("{} holds no broker; remove it", folder.display()));
        let facts = Facts::read(&folder.join(FACTS)).ok_or_else(none)?;
        let (port, controller) = (Port::taken(facts.value("port")?), Port::taken(facts.value("controller")?));
        Self::of(kit, folder, program, port, Some(controller))
    }

    fn of(kit: &Kit, folder: &Path, program: &Program, port: Port, controller: Option<Port>) -> Result<Self> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut spec = match program {
            Program::Kafka { java, jars } => {
                let main = [OsString::from("kafka.Kafka"), folder.join(CONFIG).into()];
                let mut arguments = java_arguments(jars);
                if kit.alive().is_some() {
                    // A short-lived JVM starts faster without the optimizing compiler.
                    arguments.insert(0, "-XX:TieredStopAtLevel=1".into());
                }
                Spec::new(&name, java.clone(), arguments.into_iter().chain(main))
            }
            Program::Tansu(tansu) => tansu_spec(tansu, port.number()),
        };
        spec.asks = vec![Question::Kafka(port.number())];
        // It cannot answer before a second one is up.
        spec.ready = Ready::Runs;
        spec.start_limit = LAUNCH_LIMIT;
        Ok(Self { process: Process::new(kit, folder, spec), port, _controller: controller, encrypted: None })
    }

    pub(super) const fn port(&self) -> u16 {
        self.port.number()
    }

    /// With TLS, and with TLS and a log-in.
    pub(super) fn encrypted_ports(&self) -> (u16, u16) {
        let (encrypted, with_login) = self.encrypted.as_ref().expect("it speaks TLS");
        (encrypted.number(), with_login.number())
    }

    /// Whether it is Apache Kafka.
    pub(super) fn is_real(&self) -> bool {
        self.process.folder().join(CONFIG).exists()
    }

    /// Starts its process, if it does not run.
    pub(super) fn launch(&self) -> Result<()> {
        self.process.bring_up()
    }
}

fn tansu_spec(tansu: &Path, port: u16) -> Spec {
    let url = format!("tcp://127.0.0.1:{port}");
    let arguments = ["--listener-url", &url, "--advertised-listener-url", &url, "--storage-engine", "memory://tansu/"];
    Spec::new("tansu", tansu.to_owned(), arguments)
}

fn java_arguments(jars: &Path) -> Vec<OsString> {
    let mut path = jars.as_os_str().to_owned();
    path.push("/*");
    let flags = [
        HEAP,
        // Several small servers on few cores: threads and compilers by the dozen would only be in each other's way.
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "-Djava.net.preferIPv4Stack=true",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-cp",
    ];
    flags.into_iter().map(OsString::from).chain([path]).collect()
}

/// Acknowledged messages are on two of three brokers; a dead broker is detected within three seconds.
fn properties(id: usize, folder: &Path, (port, controller): (&Port, &Port), voters: &str, brokers: usize) -> String {
    let (copies, in_sync) = if brokers >= 3 { (3, 2) } else { (1, 1) };
    let (port, controller) = (port.number(), controller.number());
    let data = folder.join(DATA);
    format!(
        "process.roles=broker,controller\nnode.id={id}\ncontroller.quorum.voters={voters}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n\
         log.dirs={data}\nauto.create.topics.enable=false\ncontrolled.shutdown.enable=true\n\
         default.replication.factor={copies}\nmin.insync.replicas={in_sync}\n\
         offsets.topic.replication.factor={copies}\noffsets.topic.num.partitions=6\n\
         transaction.state.log.replication.factor={copies}\ntransaction.state.log.min.isr={in_sync}\n\
         transaction.state.log.num.partitions=6\nshare.coordinator.state.topic.replication.factor={copies}\n\
         share.coordinator.state.topic.min.isr={in_sync}\n\
         group.initial.rebalance.delay.ms=0\nbroker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\n\
         controller.quorum.election.timeout.ms=500\ncontroller.quorum.fetch.timeout.ms=1000\n\
         controller.quorum.election.backoff.max.ms=500\nreplica.lag.time.max.ms=10000\n\
         num.network.threads=2\nnum.io.threads=4\nbackground.threads=2\nlog.cleaner.dedupe.buffer.size=4194304\n\
         log.segment.bytes=67108864\nunclean.leader.election.enable=false\n",
        data = data.display()
    )
}

/// Formats the broker's data folder: names of its own, and the checkpoint that Kafka's own tool makes once and for all,
/// for the tool takes longer than the broker.
fn format(folder: &Path, id: usize, java: &Path, jars: &Path) -> Result<()> {
    let checkpoint = checkpoint(folder, java, jars)?;
    let data = folder.join(DATA);
    std::fs::create_dir_all(&data).map_err(|error| KitError::file(&data, &error))?;
    let copied = data.join(CHECKPOINT);
    std::fs::copy(&checkpoint, &copied).map_err(|error| KitError::file(&checkpoint, &error))?;
    let names = format!("version=1\ncluster.id={CLUSTER_ID}\nnode.id={id}\ndirectory.id={}\n", directory_id(id));
    write(&data.join("meta.properties"), &names)
}

/// Sixteen bytes in the alphabet that Kafka writes its names in; the last letter has four bits to spare, all zero.
fn directory_id(id: usize) -> String {
    format!("b25zYWxlLWZvbGRlci{id:03}A")
}

/// The checkpoint, made with the first broker's configuration beside the jars, or read from there.
fn checkpoint(folder: &Path, java: &Path, jars: &Path) -> Result<PathBuf> {
    let names: Vec<_> =
        std::fs::read_dir(jars).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect();
    let version = names.iter().filter_map(|name| name.to_str()?.strip_prefix("kafka_")?.strip_suffix(".jar"));
    let version = version.max().unwrap_or("unknown");
    let cache = crate::install::cache()?.join(format!("kafka-format-{version}"));
    std::fs::create_dir_all(&cache).map_err(|error| KitError::file(&cache, &error))?;
    let _order = kit::lock(&cache.join("lock"))?;
    let kept = cache.join(CHECKPOINT);
    if kept.exists() {
        return Ok(kept);
    }
    let mut command = bare(java, folder);
    command.args(java_arguments(jars)).args(["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID]);
    sql::run(command.arg("--config").arg(folder.join(CONFIG))).map_err(KitError::failed)?;
    let made = folder.join(DATA).join(CHECKPOINT);
    let beside = cache.join("partial");
    std::fs::copy(&made, &beside).map_err(|error| KitError::file(&made, &error))?;
    std::fs::rename(&beside, &kept).map_err(|error| KitError::file(&kept, &error))?;
    Ok(kept)
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| KitError::file(path, &error))
}
