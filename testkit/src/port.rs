//! Free ports on the loopback address.

use crate::error::{KitError, Result};
use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher;
use std::net::TcpListener;

/// Below the ports that the kernel gives to outgoing connections (from 32,768), so that none of them takes a server's
/// port while the server is down; and so low that the port of the Redis cluster bus fits below them, too.
const FIRST: u16 = 12_000;
const COUNT: u16 = 10_000;
/// The Redis cluster bus listens this much higher than its node.
pub(crate) const BUS_DISTANCE: u16 = 10_000;
const TRIES: usize = 1_000;

/// A port that no other kit takes as long as this lives, whether or not a server listens there at the moment.
#[derive(Debug)]
pub struct Port {
    number: u16,
    /// None when the server, and so the choice, is another process's.
    _reservation: Option<File>,
}

impl Port {
    /// A free port.
    ///
    /// # Errors
    /// When none was found.
    pub fn free() -> Result<Self> {
        Self::find(|number| TcpListener::bind(("127.0.0.1", number)).is_ok())
    }

    /// A free port for a Redis node, whose bus port is free too.
    pub(crate) fn with_bus() -> Result<Self> {
        let is_free = |number| TcpListener::bind(("127.0.0.1", number)).is_ok();
        Self::find(|number| is_free(number) && is_free(number + BUS_DISTANCE))
    }

    /// The port that a server already has. It is reserved now, unless another process has reserved it.
    pub(crate) fn taken(number: u16) -> Self {
        Self { number, _reservation: reserve(number).ok().flatten() }
    }

    fn find(is_free: impl Fn(u16) -> bool) -> Result<Self> {
        for _ in 0..TRIES {
            let random = RandomState::new().hash_one(std::process::id());
            let number = FIRST + u16::try_from(random % u64::from(COUNT)).unwrap_or(0);
            if let Some(reservation) = reserve(number)?
                && is_free(number)
            {
                return Ok(Self { number, _reservation: Some(reservation) });
            }
        }
        Err(KitError::failed(format!("no free port between {FIRST} and {}", FIRST + COUNT)))
    }

    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }
}

/// Locks the port's file; `None` when another process holds the lock. The kernel releases it when the holder ends.
fn reserve(number: u16) -> Result<Option<File>> {
    let user = rustix::process::geteuid().as_raw();
    let folder = std::env::temp_dir().join(format!("onsale-testkit-ports-{user}"));
    std::fs::create_dir_all(&folder).map_err(|error| KitError::file(&folder, &error))?;
    let path = folder.join(number.to_string());
    let file = File::create(&path).map_err(|error| KitError::file(&path, &error))?;
    Ok(file.try_lock().is_ok().then_some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once_and_free_again_afterwards() {
        let port = Port::with_bus().expect("a port");
        assert!(reserve(port.number()).expect("the folder is there").is_none());
        let number = port.number();
        drop(port);
        // A process that another test is starting has the file open, too, until it runs its own program.
        crate::wait::until("the port is free again", std::time::Duration::from_secs(20), || match reserve(number) {
            Ok(Some(_)) => Ok(()),
            taken => Err(format!("{taken:?}")),
        })
        .expect("it is let go");
    }
}
