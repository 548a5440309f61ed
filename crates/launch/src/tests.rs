//! Standard Linux programs act as the server.

use crate::{Launch, LaunchError, create_key};
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

fn shell(script: &str, folder: &Path) -> Launch {
    Launch::other(Path::new("sh"), &folder.join("log")).arguments(["-c", script]).within(LIMIT)
}

#[test]
fn a_server_is_found_terminated_and_started_again_on_the_same_log() {
    let folder = tempfile::tempdir().expect("a folder");
    for port in [4821, 4822] {
        let script = format!("echo warned >&2; echo listening on http://127.0.0.1:{port}; exec sleep 60");
        let mut running = shell(&script, folder.path()).start().expect("it listens");
        assert_eq!((running.address().port(), running.is_running()), (port, true));
        let status = running.terminate(LIMIT).expect("it ends");
        assert!(!status.success() && !running.is_running());
        assert!(running.log().contains("warned"));
        assert!(matches!(running.terminate(LIMIT), Err(LaunchError::AlreadyEnded(_))));
    }
}

#[test]
fn a_server_that_ends_early_is_reported_with_its_last_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = shell("echo no such data folder >&2; exit 3", folder.path()).start().expect_err("it ended");
    assert!(error.to_string().contains("no such data folder"), "{error}");
    let error = shell("exec sleep 60", folder.path()).within(Duration::from_millis(50)).start().expect_err("silent");
    assert!(matches!(error, LaunchError::NotListening { .. }), "{error}");
    let error = Launch::serve(Path::new("/no/such/program"), folder.path()).start().expect_err("no program");
    assert!(error.to_string().contains("cannot run /no/such/program"), "{error}");
}

#[test]
fn a_server_ends_when_its_handle_is_dropped() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = shell("echo listening on http://127.0.0.1:1; exec sleep 60", folder.path()).start().expect("up");
    let process = Path::new("/proc").join(running.pid().to_string());
    assert!(process.exists());
    drop(running);
    assert!(!process.exists());
}

#[test]
fn a_program_that_creates_no_key_is_refused_with_its_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |program: &str| {
        let made = create_key(Path::new(program), folder.path(), folder.path(), &["--admin"]);
        made.expect_err("refused").to_string()
    };
    assert!(refused("/no/such/program").contains("cannot run /no/such/program"));
    assert!(refused("false").contains("cannot create a key"));
    assert!(refused("true").contains("exactly one key"));
    assert!(refused("echo").contains("exactly one key"));
}
