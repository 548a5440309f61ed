//! Apache Kafka, or a single broker that speaks its protocol where Kafka is not available.

mod broker;
mod wire;

use crate::error::{KitError, Result};
use crate::facts::Facts;
use crate::install::{self, say};
use crate::kit::{self, Kit};
use crate::tls::Certificate;
use crate::wait::until;
use broker::Broker;
use std::path::PathBuf;
use std::time::Duration;

/// Three brokers are up in ten seconds on two idle cores.
const READY_LIMIT: Duration = Duration::from_secs(120);
const FACTS: &str = "kafka.facts";
/// Set to `1` to have the stand-in although Kafka could be had: to see what a machine without it sees.
const STAND_IN: &str = "ONSALE_TESTKIT_KAFKA_STAND_IN";

/// Whether a broker answers, whatever it knows of others.
pub(crate) fn answers(port: u16) -> std::result::Result<(), String> {
    wire::ask(port).map(drop)
}

/// Kafka brokers on this machine. Topics are not made by themselves.
#[derive(Debug)]
pub struct Kafka {
    brokers: Vec<Broker>,
}

/// How clients that must not trust the network are served.
pub(crate) struct Security<'a> {
    pub certificate: &'a Certificate,
    pub user: &'a str,
    pub password: &'a str,
}

/// The kinds of brokers to run.
#[derive(Clone, Debug)]
enum Program {
    /// Java, Kafka's jars, and a formatted folder to copy from.
    Kafka { java: PathBuf, jars: PathBuf },
    /// In memory, alone, without transactions.
    Tansu(PathBuf),
}

impl Program {
    fn find() -> Result<Self> {
        let kafka = if std::env::var_os(STAND_IN).is_some() {
            Err(KitError::missing(format!("{STAND_IN} is set")))
        } else {
            install::kafka_jars().and_then(|jars| Ok(Self::Kafka { java: install::java()?, jars }))
        };
        let why = match kafka {
            Err(error) if error.is_missing() => error,
            found => return found,
        };
        let tansu = install::tansu().map_err(|error| KitError::missing(format!("{why}\n{error}")))?;
        say(&format!("NOTICE: Apache Kafka is not to be had, one tansu broker in memory stands in for it. {why}\n"));
        Ok(Self::Tansu(tansu))
    }
}

impl Kafka {
    /// Starts 1 or 3 brokers, each of them a controller too. Where Kafka is not available, one broker of another make
    /// that keeps everything in memory ([`is_real`](Self::is_real)), whatever the number asked for.
    ///
    /// # Errors
    /// When neither can be had, or they do not start.
    pub fn start(kit: &Kit, brokers: usize) -> Result<Self> {
        let program = Program::find()?;
        let brokers = if matches!(program, Program::Tansu(_)) { 1 } else { brokers };
        let folders = (0..brokers).map(|_| kit.claim("kafka")).collect::<Result<_>>()?;
        Self::create(kit, folders, &program, None)
    }

    /// Starts one broker of Apache Kafka that speaks TLS, too: with and without a log-in by SCRAM-SHA-512 or PLAIN, of this
    /// user.
    ///
    /// # Errors
    /// When it cannot be had or does not start.
    pub fn start_encrypted(kit: &Kit, certificate: &Certificate, (user, password): (&str, &str)) -> Result<Self> {
        let program = Program::find()?;
        let folder = kit.claim("kafka")?;
        let security = Security { certificate, user, password };
        let kafka = Self::create(kit, vec![folder.clone()], &program, Some(&security))?;
        kafka.real()?;
        broker::make_user(&folder, kafka.broker(0)?.port(), &program, user, password)?;
        Ok(kafka)
    }

    /// `127.0.0.1:PORT`, with TLS and without a log-in.
    ///
    /// # Panics
    /// When it does not speak TLS.
    #[must_use]
    pub fn encrypted(&self) -> String {
        format!("127.0.0.1:{}", self.brokers[0].encrypted_ports().0)
    }

    /// `127.0.0.1:PORT`, with TLS and a log-in.
    ///
    /// # Panics
    /// When it does not speak TLS.
    #[must_use]
    pub fn with_login(&self) -> String {
        format!("127.0.0.1:{}", self.brokers[0].encrypted_ports().1)
    }

    /// The brokers of the kit's folders `NAME-1` and so on: those that run, else started again, else made.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn open(kit: &Kit, name: &str, brokers: usize) -> Result<Self> {
        let (first, _order) = kit.place(&format!("{name}-1"))?;
        let program = Program::find()?;
        // The order that is held for the first folder is that of all.
        let folder =
            |number: usize| if number == 1 { Ok(first.clone()) } else { Ok(kit.place(&format!("{name}-{number}"))?.0) };
        let folders = |count: usize| (1..=count).map(folder).collect::<Result<Vec<PathBuf>>>();
        if let Some(facts) = Facts::read(&first.join(FACTS)) {
            let folders = folders(facts.value("brokers")?)?;
            let brokers = folders.iter().map(|folder| Broker::load(kit, folder, &program));
            let kafka = Self { brokers: brokers.collect::<Result<_>>()? };
            kafka.brokers.iter().try_for_each(Broker::launch)?;
            return kafka.wait_until_ready().map(|()| kafka);
        }
        let brokers = if matches!(program, Program::Tansu(_)) { 1 } else { brokers };
        let folders = folders(brokers)?;
        folders.iter().try_for_each(|folder| kit::empty(folder))?;
        Self::create(kit, folders, &program, None)
    }

    fn create(kit: &Kit, folders: Vec<PathBuf>, program: &Program, security: Option<&Security<'_>>) -> Result<Self> {
        let kafka = Self { brokers: broker::create(kit, &folders, program, security)? };
        kafka.brokers.iter().try_for_each(Broker::launch)?;
        kafka.wait_until_ready()?;
        // In the first, for those that take the whole up again.
        if let Some(first) = folders.first() {
            Facts::write(&first.join(FACTS), &[("brokers", folders.len().to_string())])?;
        }
        Ok(kafka)
    }

    /// `127.0.0.1:PORT,127.0.0.1:PORT,...`
    #[must_use]
    pub fn bootstrap(&self) -> String {
        let addresses: Vec<String> = self.brokers.iter().map(|broker| format!("127.0.0.1:{}", broker.port())).collect();
        addresses.join(",")
    }

    /// `kafka://127.0.0.1:PORT,127.0.0.1:PORT,...`
    #[must_use]
    pub fn url(&self) -> String {
        format!("kafka://{}", self.bootstrap())
    }

    /// How many brokers there are, running or not.
    #[must_use]
    pub fn brokers(&self) -> usize {
        self.brokers.len()
    }

    /// Whether this is Apache Kafka. The stand-in is one broker that forgets everything when it ends, so what is about
    /// brokers that die cannot be tested on it: `testkit::available(kafka.real())`.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.brokers.iter().all(Broker::is_real)
    }

    /// Itself, if this is Apache Kafka.
    ///
    /// # Errors
    /// A "missing" one, if it is the stand-in.
    pub fn real(&self) -> Result<&Self> {
        let stand_in = || KitError::missing("this needs Apache Kafka, and a stand-in runs");
        self.is_real().then_some(self).ok_or_else(stand_in)
    }

    /// A broker's process number, while it runs.
    #[must_use]
    pub fn pid(&self, broker: usize) -> Option<u32> {
        self.brokers.get(broker)?.process.pid()
    }

    /// `SIGKILL`; returns when it is gone. The others need about three seconds to notice.
    ///
    /// # Errors
    /// When there is no such broker, or it outlives that.
    pub fn kill(&self, broker: usize) -> Result<()> {
        self.broker(broker)?.process.kill()
    }

    /// `SIGSTOP`: it keeps its connections and does nothing.
    ///
    /// # Errors
    /// When there is no such broker, or it does not run.
    pub fn stall(&self, broker: usize) -> Result<()> {
        self.broker(broker)?.process.stall()
    }

    /// Goes on after [`stall`](Self::stall).
    ///
    /// # Errors
    /// When there is no such broker, or it does not run.
    pub fn resume(&self, broker: usize) -> Result<()> {
        self.broker(broker)?.process.resume()
    }

    /// Kills it if it runs, and starts it on the same data. Returns when its process runs; then
    /// [`wait_until_ready`](Self::wait_until_ready).
    ///
    /// # Errors
    /// When there is no such broker, or it does not start.
    pub fn restart(&self, broker: usize) -> Result<()> {
        self.broker(broker)?.process.restart()
    }

    /// Waits until every broker answers and knows all of them, every partition has a leader, and every replica is in
    /// sync.
    ///
    /// # Errors
    /// When it is not so within two minutes, with what is missing.
    pub fn wait_until_ready(&self) -> Result<()> {
        let asked = until("Kafka is whole", READY_LIMIT, || {
            for broker in &self.brokers {
                // Waiting for one that has ended would be in vain.
                if broker.process.pid().is_none() {
                    return Ok(Some(broker));
                }
                wire::check_whole(broker.port(), self.brokers.len())?;
            }
            Ok(None)
        });
        match (asked, self.brokers.first()) {
            (Ok(None), _) => Ok(()),
            (Ok(Some(ended)), _) => Err(ended.process.with_log("a broker has ended".to_owned())),
            (Err(error), Some(first)) => Err(first.process.with_log(error.to_string())),
            (Err(error), None) => Err(error),
        }
    }

    /// All that a broker printed.
    #[must_use]
    pub fn log(&self, broker: usize) -> String {
        self.brokers.get(broker).map(|broker| broker.process.log()).unwrap_or_default()
    }

    fn broker(&self, index: usize) -> Result<&Broker> {
        self.brokers.get(index).ok_or_else(|| KitError::failed(format!("there is no broker {index}")))
    }
}
