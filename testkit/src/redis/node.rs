//! One Redis or Valkey server.

use super::Flavor;
use super::resp::{ask, ask_text};
use crate::account;
use crate::error::{KitError, Result};
use crate::facts::Facts;
use crate::kit::{self, Kit};
use crate::port::{BUS_DISTANCE, Port};
use crate::process::{Process, Spec};
use crate::question::Question;
use crate::tls::{Certificate, Files};
use std::ops::Deref;
use std::path::Path;

const FACTS: &str = "redis.facts";
const CONFIG: &str = "redis.conf";
/// The append-only files, and what a replica got from its master.
const DATA: [&str; 2] = ["appendonlydir", "dump.rdb"];

/// A server, alone or as a node of a cluster. A node that was restarted answers, and may still be about to find its place
/// ([`RedisCluster::wait_until_ready`](super::RedisCluster)).
#[derive(Debug)]
pub struct RedisNode {
    process: Process,
    port: Port,
    /// Where it speaks TLS.
    encrypted: Option<Port>,
    flavor: Flavor,
}

impl RedisNode {
    /// Starts a server alone.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn start(kit: &Kit, flavor: Flavor) -> Result<Self> {
        Self::create(kit, &kit.claim(flavor.name())?, flavor, false, None)
    }

    /// Starts a server alone that speaks TLS, too.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_encrypted(kit: &Kit, flavor: Flavor, certificate: &Certificate) -> Result<Self> {
        Self::create(kit, &kit.claim(flavor.name())?, flavor, false, Some(certificate))
    }

    /// `rediss://127.0.0.1:PORT`.
    ///
    /// # Panics
    /// When it does not speak TLS.
    #[must_use]
    pub fn encrypted_url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.encrypted_port())
    }

    /// The port on which it speaks TLS.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn encrypted_port(&self) -> u16 {
        self.encrypted.as_ref().expect("it speaks TLS").number()
    }

    /// How other nodes of a cluster are told of it.
    pub(super) fn introduction(&self) -> Vec<String> {
        let bus = self.port() + BUS_DISTANCE;
        match &self.encrypted {
            Some(encrypted) => vec!["127.0.0.1".to_owned(), encrypted.number().to_string(), bus.to_string()],
            None => vec!["127.0.0.1".to_owned(), self.port().to_string()],
        }
    }

    /// The server of the kit's folder of that name: the one that runs, else started again, else made.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn open(kit: &Kit, name: &str, flavor: Flavor) -> Result<Self> {
        let (folder, _order) = kit.place(name)?;
        if let Some(node) = Self::load(kit, &folder, flavor)? {
            node.bring_up().map(|()| node)
        } else {
            kit::empty(&folder)?;
            Self::create(kit, &folder, flavor, false, None)
        }
    }

    /// Makes a server in an empty folder and starts it.
    pub(super) fn create(
        kit: &Kit,
        folder: &Path,
        flavor: Flavor,
        is_clustered: bool,
        certificate: Option<&Certificate>,
    ) -> Result<Self> {
        let port = if is_clustered { Port::with_bus()? } else { Port::free()? };
        let mut text = config(port.number(), is_clustered);
        let encrypted = certificate.map(|_| Port::free()).transpose()?;
        if let (Some(certificate), Some(encrypted)) = (certificate, &encrypted) {
            text.push_str(&encryption(encrypted.number(), is_clustered, &certificate.write(folder)?));
        }
        let path = folder.join(CONFIG);
        std::fs::write(&path, text).map_err(|error| KitError::file(&path, &error))?;
        account::hand_over(folder)?;
        let node = Self { process: process(kit, folder, flavor, port.number())?, port, encrypted, flavor };
        node.bring_up()?;
        // Last, so that only a whole server is taken up again.
        Facts::write(&folder.join(FACTS), &[("port", node.port().to_string())])?;
        Ok(node)
    }

    /// The server of a folder; none if the folder holds no whole one.
    pub(super) fn load(kit: &Kit, folder: &Path, flavor: Flavor) -> Result<Option<Self>> {
        let Some(facts) = Facts::read(&folder.join(FACTS)) else { return Ok(None) };
        let port = Port::taken(facts.value("port")?);
        Ok(Some(Self { process: process(kit, folder, flavor, port.number())?, port, encrypted: None, flavor }))
    }

    /// `redis://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// The port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.number()
    }

    /// Which of the two it is.
    #[must_use]
    pub const fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Asks it something, such as `["INFO", "replication"]`; its answer if that is a text.
    ///
    /// # Errors
    /// When it does not answer, or not with a text.
    pub fn ask(&self, words: &[&str]) -> Result<String> {
        ask_text(self.port(), words).map_err(KitError::failed)
    }

    /// Tells it to do something, whatever it answers.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn tell(&self, words: &[&str]) -> Result<()> {
        ask(self.port(), words).map(drop).map_err(KitError::failed)
    }

    /// Restarts it with all that it had written removed; a node of a cluster still knows the cluster.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart_empty(&self) -> Result<()> {
        self.kill()?;
        for name in DATA {
            let path = self.folder().join(name);
            let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(KitError::file(&path, &error));
                }
                _ => {}
            }
        }
        self.bring_up()
    }
}

impl Deref for RedisNode {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn process(kit: &Kit, folder: &Path, flavor: Flavor, port: u16) -> Result<Process> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let config = folder.join(CONFIG);
    let mut spec = Spec::new(&name, flavor.program()?, [config]);
    spec.asks = vec![Question::Redis(port)];
    Ok(Process::new(kit, folder, spec))
}

/// Also by IPv6. Nodes of a cluster that speak TLS to each other are the only ones that tell clients the right port.
fn encryption(port: u16, is_clustered: bool, files: &Files) -> String {
    let (chain, key, authority) = (files.chain.display(), files.key.display(), files.authority.display());
    let among_nodes = if is_clustered { "tls-cluster yes\ntls-replication yes\n" } else { "" };
    format!(
        "{among_nodes}bind 127.0.0.1 -::1\ntls-port {port}\ntls-cert-file {chain}\ntls-key-file {key}\n\
         tls-ca-cert-file {authority}\ntls-auth-clients no\n"
    )
}

/// Every line is there for a reason: nothing lost but by the flush interval, nothing evicted, no snapshots in the
/// background, no waiting for replicas that the tests do not ask for, failover as fast as the fault tests count on.
fn config(port: u16, is_clustered: bool) -> String {
    let mut text = format!(
        "port {port}\nbind 127.0.0.1\nprotected-mode yes\ndaemonize no\nloglevel notice\n\
         appendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n\
         min-replicas-to-write 0\nrepl-diskless-sync-delay 0\nenable-debug-command local\n"
    );
    if is_clustered {
        let bus = port + BUS_DISTANCE;
        // A lost shard must not stop the others.
        text.push_str(&format!(
            "cluster-enabled yes\ncluster-port {bus}\ncluster-config-file nodes.conf\ncluster-node-timeout 2000\n\
             cluster-require-full-coverage no\ncluster-allow-replica-migration no\n"
        ));
    }
    text
}
