//! Every file that the program makes is for its owner alone, and the first key never goes into a log.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use testkit::onsale::{Server, World, onsale, run, wait_until};

/// What the program makes in its data folder. Other files there are a surprise.
const KNOWN: [&str; 22] = [
    "hot.sqlite",
    "hot.lock",
    "lines.db",
    "lines.lock",
    "seats.db",
    "seats.lock",
    "coupon_service.sqlite",
    "bus.sqlite",
    "cookie.key",
    "receipt.key",
    "internal.key",
    "admin.key",
    "user_service.sqlite",
    "event_service.sqlite",
    "reservation_service.sqlite",
    "payment_service.sqlite",
    "sandbox.sqlite",
    "jwt.secret",
    "personal.key",
    "lookup.key",
    "ticket.key",
    "demo.passwords",
];

/// Everything in a folder, with its mode.
fn walk(folder: &Path) -> Vec<(String, u32)> {
    let entries = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let metadata = entry.path().symlink_metadata().expect("there");
            assert!(metadata.is_file(), "{}", entry.path().display());
            (entry.file_name().to_string_lossy().into_owned(), metadata.mode() & 0o777)
        })
        .collect()
}

#[track_caller]
fn all_closed(folder: &Path) {
    let found = walk(folder);
    for (name, mode) in &found {
        assert_eq!(*mode, 0o600, "{name}");
        let stem = ["-wal", "-shm", "-journal"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(KNOWN.contains(&stem) || name == "server.log", "{name} is not in the list");
    }
    assert_eq!(folder.metadata().expect("there").mode() & 0o777, 0o700);
}

/// A full run in a folder that the program makes: demo, line, gate, draw key, every command; while serving and after.
#[test]
fn every_file_of_a_full_run_is_closed_to_others() {
    let outer = tempfile::tempdir().expect("a folder");
    let data = outer.path().join("data");
    let settings = [("ONSALE__QUEUE__LINES", "shop")];
    let mut server = Server::start(&data, &settings);
    assert_eq!(server.client().issue("ann", "sample_event").code(), "ISSUED");
    for command in [&["reconcile"][..], &["dead-letters", "list"], &["admin", "keys", "list"], &["doctor"]] {
        let _ = run(&data, command);
    }
    let made: Vec<String> = walk(&data).into_iter().map(|(name, _)| name).collect();
    for name in KNOWN {
        assert!(made.iter().any(|made| made == name), "{name} is not made: {made:?}");
    }
    all_closed(&data);
    assert_eq!(server.terminate(), Some(0));
    for command in [&["doctor"][..], &["migrate"], &["reconcile", "--repair"]] {
        assert!(run(&data, command).status.success(), "{command:?}");
    }
    all_closed(&data);
    let made = outer.path().join("made");
    assert!(run(&made, &["migrate"]).status.success());
    all_closed(&made);
}

#[test]
fn files_of_an_earlier_version_are_closed() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::with(&[("ONSALE__QUEUE__LINES", "shop")]);
    assert_eq!(world.server.terminate(), Some(0));
    let folder = world.folder.path().to_owned();
    for (name, _) in walk(&folder) {
        std::fs::set_permissions(folder.join(&name), std::fs::Permissions::from_mode(0o644)).expect("set");
    }
    let server = Server::start(&folder, &[("ONSALE__QUEUE__LINES", "shop")]);
    let open: Vec<(String, u32)> = walk(&folder).into_iter().filter(|(_, mode)| *mode != 0o600).collect();
    // The log belongs to the starter of the tests, key and passwords to the one who reads them.
    let others = ["server.log", "admin.key", "demo.passwords"];
    assert!(open.iter().all(|(name, _)| others.contains(&name.as_str())), "{open:?}");
    drop(server);
}

/// A link in the place of any file is refused, and what it names is untouched.
#[test]
fn a_planted_link_is_refused_in_the_place_of_every_file() {
    for name in KNOWN.into_iter().filter(|name| !["admin.key", "demo.passwords"].contains(name)) {
        let outer = tempfile::tempdir().expect("a folder");
        let (data, victim) = (outer.path().join("data"), outer.path().join("victim"));
        assert!(run(&data, &["migrate"]).status.success());
        std::fs::write(&victim, "precious").expect("written");
        let _ = std::fs::remove_file(data.join(name));
        symlink(&victim, data.join(name)).expect("linked");
        let mut command = onsale(&data, &["serve", "--listen", "127.0.0.1:0"]);
        let output = command.env("ONSALE__QUEUE__LINES", "shop").output().expect("starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains("symbolic link") && said.contains(name), "{said}");
        assert_eq!(std::fs::read_to_string(&victim).expect("read"), "precious", "{name}");
    }
}

/// Standard output is a file here, as for a service: the key must not be in it.
#[test]
fn the_first_key_goes_into_a_file_and_not_into_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path(), &[]);
    let file = folder.path().join("admin.key");
    let key = std::fs::read_to_string(&file).expect("the key");
    assert!(key.starts_with("onsale_"), "{key}");
    assert_eq!(file.metadata().expect("there").mode() & 0o777, 0o600);
    // The address is announced before the rest is printed.
    let said = format!("$(cat '{}')", file.display());
    wait_until("the file is named", || server.log().contains(&said));
    let log = server.log();
    assert!(!log.contains(&key) && !log.contains("KEY=onsale_"), "{log}");
    assert_eq!(server.client().with("X-Api-Key", &key).get("/api/v1/admin/campaigns").status, 200);
    assert_eq!(server.terminate(), Some(0));
    let server = Server::start(folder.path(), &[]);
    wait_until("it says that there is a key", || server.log().contains("made at an earlier start"));
}

/// On a terminal it is shown, once, and there is no file.
#[test]
fn the_first_key_is_shown_on_a_terminal() {
    let Some(script) = ["/usr/bin/script", "/bin/script"].into_iter().map(Path::new).find(|path| path.exists()) else {
        return testkit::skip("the program `script` is missing");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let program = testkit::onsale::program();
    let line = format!("timeout 60 {} serve --listen 127.0.0.1:0 --data {}", program.display(), data.display());
    let log = folder.path().join("typescript");
    let mut command = launch::onsale(script);
    command.args(["--quiet", "--flush", "--command", &line]).arg(&log).current_dir(folder.path());
    let mut child = command.stdout(std::process::Stdio::null()).spawn().expect("starts");
    let shown = || std::fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    wait_until("the key is shown", || shown().contains("export ONSALE_KEY=onsale_"));
    let _ = child.kill();
    let _ = child.wait();
    assert!(!data.join("admin.key").exists());
}
