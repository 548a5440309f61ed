//! Application servers behind the edge.

use std::net::SocketAddr;
use tempfile::TempDir;
use testkit::Port;
use testkit::edge::reserved;
use testkit::onsale::Server;

/// The built program with its own folder and port, which it keeps after a restart.
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

    /// Restarts it on the same port.
    pub fn start_again(&mut self) {
        self.server = Server::start_at(&self.address.to_string(), self.folder.path(), &[]);
    }
}
