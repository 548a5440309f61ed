//! The kind: output that nobody takes. `println!` panics then (exit status 101); a command ends quietly, or says why.

use std::fs::File;
use std::path::Path;
use std::process::{Output, Stdio};
use testkit::onsale::{World, onsale};

/// Every command that prints something and ends, with what comes before it where it is a part of its test.
const COMMANDS: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["serve", "--help"],
    &["completions", "bash"],
    &["config"],
    &["config", "--default"],
    &["migrate"],
    &["doctor"],
    &["doctor", "--json"],
    &["reconcile"],
    &["reconcile", "--json"],
    &["coupons", "export", "sample_event"],
    &["dead-letters", "list"],
    &["dead-letters", "list", "--json"],
    &["admin", "keys", "create", "--tenant", "acme"],
    &["admin", "keys", "list"],
    &["admin", "tenants", "set", "--tenant", "acme", "--max-campaigns", "7"],
    &["admin", "tenants", "list"],
    &["audit", "list"],
    &["audit", "list", "--json"],
];

/// A file that takes nothing: the disk is full.
fn full() -> File {
    File::options().write(true).open("/dev/full").expect("Linux has it")
}

/// The writing end of a pipe whose reader has left.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn end(data: &Path, command: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    onsale(data, command).stdout(stdout).stderr(stderr).output().expect("starts")
}

#[test]
fn a_command_whose_output_nobody_takes_ends_without_a_panic() {
    let world = World::new();
    world.anyone().issue("ann", "sample_event").ok();
    let data = world.folder.path();
    for command in COMMANDS {
        let left = end(data, command, unread(), Stdio::piped());
        let said = String::from_utf8_lossy(&left.stderr).into_owned();
        assert_eq!(left.status.code(), Some(141), "{command:?}: as of a program that SIGPIPE ends: {said}");
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{command:?}: {said}");

        let lost = end(data, command, full().into(), Stdio::piped());
        let said = String::from_utf8_lossy(&lost.stderr).into_owned();
        assert_eq!(lost.status.code(), Some(1), "{command:?}: {said}");
        assert!(
            said.contains("standard output cannot be written") && !said.contains("panicked"),
            "{command:?}: {said}"
        );

        let well = end(data, command, Stdio::piped(), Stdio::piped());
        assert!(!well.stdout.is_empty(), "{command:?} prints something");
        for stderr in [full().into(), unread()] {
            let silent = end(data, command, Stdio::piped(), stderr);
            assert_eq!(silent.status.code(), well.status.code(), "{command:?}: what is said to people may be lost");
        }
    }
}

/// A server serves whether or not anybody reads its greeting and its log.
#[test]
fn a_server_whose_output_nobody_takes_serves() {
    for kind in ["full", "unread"] {
        let stdio = || if kind == "full" { full().into() } else { unread() };
        let folder = tempfile::tempdir().expect("a folder");
        let port = testkit::Port::free().expect("a port");
        let listen = format!("127.0.0.1:{}", port.number());
        let mut command = onsale(folder.path(), &["serve", "--listen", &listen]);
        let mut child = command.stdout(stdio()).stderr(stdio()).spawn().expect("starts");
        let client = testkit::http::Client::local(port.number());
        testkit::onsale::wait_until("it serves", || {
            let asked = client.try_call("GET", "/health/live", None, std::time::Duration::from_secs(5));
            asked.is_ok_and(|reply| reply.status == 200)
        });
        child.kill().expect("ended");
        let _ = child.wait();
    }
}
