//! The common part of PostgreSQL and MariaDB.

use crate::error::{KitError, Result};
use crate::process::bare;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The longest name that both allow, less the suffix that is appended.
const PREFIX_BYTES_MAX: usize = 40;
const PASSWORD_BYTES: usize = 12;

/// A server's own client program, as its superuser.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    /// Up to the statement, which comes last.
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Client {
    /// Runs a statement. Returns its rows, one a line.
    pub(crate) fn run(&self, statement: &str) -> std::result::Result<String, String> {
        let mut client = bare(&self.program, &self.folder);
        client.args(&self.arguments).arg(statement);
        run(client.envs(self.environment.iter().map(|(name, value)| (*name, value))))
    }
}

/// A new database of its own user.
pub(crate) struct Fresh {
    /// Of the database and of the user.
    pub(crate) name: String,
    pub(crate) password: String,
}

impl Fresh {
    /// A unique name, and a password.
    pub(crate) fn named(prefix: &str) -> Result<Self> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if prefix.is_empty() || prefix.len() > PREFIX_BYTES_MAX || !prefix.bytes().all(is_plain) {
            let rule = format!("1 to {PREFIX_BYTES_MAX} of a-z, 0-9 and _");
            return Err(KitError::failed(format!("a database cannot be called {prefix:?}: {rule}")));
        }
        Ok(Self { name: format!("{prefix}_{}", random(4)?), password: random(PASSWORD_BYTES)? })
    }
}

/// A password.
pub(crate) fn password() -> Result<String> {
    random(PASSWORD_BYTES)
}

fn random(bytes: usize) -> Result<String> {
    let path = Path::new("/dev/urandom");
    let mut drawn = vec![0; bytes];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut drawn));
    read.map_err(|error| KitError::file(path, &error))?;
    Ok(drawn.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Runs a client or another helper to its end. Returns its output.
pub(crate) fn run(command: &mut Command) -> std::result::Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    let Output { status, stdout, stderr } = output;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&stderr);
    Err(format!("{name} ended with {status}: {}", said.trim()))
}
