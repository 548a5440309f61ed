//! Application servers behind the edge.

use crate::edge::nginx::reserved;
use std::net::SocketAddr;
use tempfile::TempDir;
use testkit::Port;
use testkit::onsale::Server;

/// The built program with a folder and a port of its own, which it keeps when it is started again.
pub struct Backend {
    pub server: Server,
    pub address: SocketAddr,
    folder: TempDir,
    _port: Port,
}

impl Backend {
    /// With the example campaign and this configuration.
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let ((port, address), folder) = (reserved(), tempfile::tempdir().expect("a folder"));
        let server = Server::start_at(&address.to_string(), folder.path(), environment);
        Self { server, address, folder, _port: port }
    }

    /// Starts it again where it was.
    pub fn start_again(&mut self) {
        self.server = Server::start_at(&self.address.to_string(), self.folder.path(), &[]);
    }
}
