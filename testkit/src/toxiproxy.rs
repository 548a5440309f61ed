//! A network that can be cut and slowed, by toxiproxy.

use crate::error::{KitError, Result};
use crate::http::{Client, Reply};
use crate::install;
use crate::kit::Kit;
use crate::port::Port;
use crate::process::{Process, Spec};
use crate::question::Question;
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(30);
const CALL_LIMIT: Duration = Duration::from_secs(20);

/// A server of proxies.
#[derive(Debug)]
pub struct Toxiproxy {
    process: Process,
    port: Port,
}

/// Connections to `listen` are passed on to the server behind it, as well or as badly as the last of [`cut`](Self::cut),
/// [`hang`](Self::hang), [`slow`](Self::slow) and [`heal`](Self::heal) says.
#[derive(Debug)]
pub struct Proxy<'a> {
    server: &'a Toxiproxy,
    name: String,
    listen: Port,
}

impl Toxiproxy {
    /// Starts a server without proxies.
    ///
    /// # Errors
    /// When it is not available or does not start.
    pub fn start(kit: &Kit) -> Result<Self> {
        let folder = kit.claim("toxiproxy")?;
        let port = Port::free()?;
        let arguments = ["-host".to_owned(), "127.0.0.1".to_owned(), "-port".to_owned(), port.number().to_string()];
        let mut spec = Spec::new("toxiproxy", install::toxiproxy()?, arguments);
        spec.asks = vec![Question::Http(port.number())];
        spec.start_limit = START_LIMIT;
        let server = Self { process: Process::new(kit, &folder, spec), port };
        server.process.bring_up().map(|()| server)
    }

    /// A proxy in front of `upstream`, which is `127.0.0.1:PORT`.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn proxy(&self, name: &str, upstream: &str) -> Result<Proxy<'_>> {
        let listen = Port::free()?;
        let number = listen.number();
        let body = format!(
            "{{\"name\": {name:?}, \"listen\": \"127.0.0.1:{number}\", \"upstream\": {upstream:?}, \"enabled\": true}}"
        );
        self.tell("POST", "/proxies", &body)?;
        Ok(Proxy { server: self, name: name.to_owned(), listen })
    }

    fn tell(&self, method: &str, path: &str, body: &str) -> Result<()> {
        let reply = self.call(method, path, body)?;
        if reply.status < 300 {
            return Ok(());
        }
        Err(KitError::failed(format!("toxiproxy, {method} {path}: {} {}", reply.status, reply.text().trim())))
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Result<Reply> {
        // It refuses what browsers send.
        let client = Client::local(self.port.number()).with("User-Agent", "testkit");
        let reply = client.try_call(method, path, Some(body.as_bytes()), CALL_LIMIT);
        reply.map_err(|error| KitError::failed(format!("toxiproxy, {method} {path}: {error}")))
    }
}

impl Proxy<'_> {
    /// `127.0.0.1:PORT`, where to connect instead.
    #[must_use]
    pub fn listen(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// The port of that.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.listen.number()
    }

    /// Ends every connection and refuses new ones.
    ///
    /// # Errors
    /// When toxiproxy does not do it.
    pub fn cut(&self) -> Result<()> {
        self.set_enabled(false)
    }

    /// Connections stay and nothing gets through, in either direction: a cable that was pulled.
    ///
    /// # Errors
    /// When toxiproxy does not do it.
    pub fn hang(&self) -> Result<()> {
        self.heal()?;
        self.poison("timeout", "{\"timeout\": 0}")
    }

    /// Adds this latency in each direction.
    ///
    /// # Errors
    /// When toxiproxy does not do it.
    pub fn slow(&self, latency_ms: u32) -> Result<()> {
        self.heal()?;
        self.poison("latency", &format!("{{\"latency\": {latency_ms}}}"))
    }

    /// Back to normal. Connections that hung are ended.
    ///
    /// # Errors
    /// When toxiproxy does not do it.
    pub fn heal(&self) -> Result<()> {
        for stream in ["upstream", "downstream"] {
            let path = format!("/proxies/{}/toxics/{stream}", self.name);
            let status = self.server.call("DELETE", &path, "")?.status;
            // 404: there was no fault.
            if status >= 300 && status != 404 {
                return Err(KitError::failed(format!("toxiproxy, {path}: {status}")));
            }
        }
        self.set_enabled(true)
    }

    fn set_enabled(&self, is_enabled: bool) -> Result<()> {
        self.server.tell("POST", &format!("/proxies/{}", self.name), &format!("{{\"enabled\": {is_enabled}}}"))
    }

    fn poison(&self, kind: &str, attributes: &str) -> Result<()> {
        for stream in ["upstream", "downstream"] {
            let body = format!(
                "{{\"name\": \"{stream}\", \"type\": \"{kind}\", \"stream\": \"{stream}\", \"attributes\": {attributes}}}"
            );
            self.server.tell("POST", &format!("/proxies/{}/toxics", self.name), &body)?;
        }
        Ok(())
    }
}

impl Drop for Proxy<'_> {
    fn drop(&mut self) {
        let _ = self.server.tell("DELETE", &format!("/proxies/{}", self.name), "");
    }
}
