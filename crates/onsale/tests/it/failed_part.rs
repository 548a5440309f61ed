//! A part of the program fails that cannot be started again in place.

use std::process::Command;
use testkit::onsale::onsale;

/// The workers need more descriptors than the process may have, so some of their threads end at once.
#[test]
fn the_program_stops_with_the_exit_status_1_and_says_which_part_failed() {
    let folder = tempfile::tempdir().expect("a folder");
    let serve = onsale(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 128; exec \"$0\" \"$@\""]).arg(serve.get_program()).args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("ONSALE__HTTP__WORKERS", "200").current_dir(folder.path());
    let output = command.output().expect("starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("onsale: a thread of the server failed"), "{said}");
}
