//! A server with its folder and its administrator.

use super::command::{make_key, run};
use super::server::Server;
use super::wait_until;
use crate::http::Client;
use std::process::Output;
use tempfile::TempDir;

/// A server with a temporary folder and an administrator's key.
#[derive(Debug)]
pub struct World {
    /// The server. Tests that restart it put another here.
    pub server: Server,
    /// The key of an administrator.
    pub admin_key: String,
    /// The data folder, removed at the end.
    pub folder: TempDir,
}

impl World {
    /// Without rate limits, and otherwise as the demo.
    ///
    /// # Panics
    /// When the server does not start.
    #[must_use]
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "it starts a server")]
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With further configuration.
    ///
    /// # Panics
    /// When the server does not start.
    #[must_use]
    #[track_caller]
    pub fn with(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let admin_key = make_key(folder.path(), &["--admin"]);
        let server = Server::start(folder.path(), environment);
        Self { server, admin_key, folder }
    }

    /// A client without a key.
    #[must_use]
    pub const fn anyone(&self) -> Client {
        self.server.client()
    }

    /// A client with the administrator's key.
    #[must_use]
    pub fn admin(&self) -> Client {
        self.anyone().with("X-Api-Key", &self.admin_key)
    }

    /// A client with a new key; `owner` as for [`make_key`].
    ///
    /// # Panics
    /// When the key is not accepted.
    #[must_use]
    #[track_caller]
    pub fn keyed(&self, owner: &[&str]) -> Client {
        let key = make_key(self.folder.path(), owner);
        let client = self.anyone().with("X-Api-Key", &key);
        // Unknown keys are looked up at most twice a second, so a new one may be refused at first.
        wait_until("the key works", || client.get("/api/v1/admin/campaigns").status != 401);
        client
    }

    /// Runs a command on the same folder.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        run(self.folder.path(), arguments)
    }
}
