//! The built program `onsale`: its commands, a server of it, and a world of server, folder and key.

mod api;
mod command;
mod server;
pub mod visitor;
mod world;

pub use api::{CAMPAIGNS, ISSUE};
pub use command::{find_program, make_key, onsale, program, run};
pub use server::Server;
pub use world::World;

use std::time::{Duration, Instant};

/// Longer than anything in a test may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// Waits for a condition.
///
/// # Panics
/// When it does not hold within [`PATIENCE`].
#[track_caller]
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(PAUSE);
    }
}
