//! Servers end with the process that needs them, however it ends.

use crate::{Flavor, Kit, RUN, RedisNode, available, servers, shared, until};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
/// Set when this program is started again as the process that is killed; names the file that it writes.
const VICTIM: &str = "TESTKIT_VICTIM";

/// This program again, running one of its tests that is ignored otherwise.
fn again(test: &str, report: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a name"));
    command.args([test, "--exact", "--ignored", "--nocapture"]).env(VICTIM, report);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn report(text: &str) {
    let file = PathBuf::from(std::env::var_os(VICTIM).expect("started by another test"));
    let beside = file.with_extension("new");
    std::fs::write(&beside, text).expect("written");
    std::fs::rename(beside, file).expect("renamed");
}

fn reported(file: &Path) -> String {
    until("the other process's report", LIMIT, || std::fs::read_to_string(file).map_err(|error| error.to_string()))
        .expect("it reports")
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "started by another test, which kills it"]
fn victim_with_a_server() {
    let kit = Kit::temporary().expect("a kit");
    let node = RedisNode::start(&kit, Flavor::Redis).expect("starts");
    report(&format!("{}\n{}", node.pid().expect("it runs"), kit.folder().display()));
    loop {
        std::thread::park();
    }
}

#[test]
fn a_killed_process_leaves_nothing() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(_installed) = available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let file = kit.folder().join("report");
    let mut victim = Ended(again("tests::life::victim_with_a_server", &file).spawn().expect("starts"));
    let text = reported(&file);
    let (pid, folder) = text.split_once('\n').expect("two lines");
    assert!(Path::new("/proc").join(pid).exists() && Path::new(folder).is_dir());
    victim.0.kill().expect("killed");
    until("its server's end", LIMIT, || {
        let left = [Path::new("/proc").join(pid), folder.into()].into_iter().find(|path| path.exists());
        left.map_or(Ok(()), |path| Err(path.display().to_string()))
    })
    .expect("nothing is left");
}

#[test]
#[ignore = "started by another test"]
fn sharer() {
    let node = shared().redis().expect("a server");
    node.tell(&["INCR", "sharers"]).expect("it counts");
    report(&node.pid().expect("it runs").to_string());
}

#[test]
fn processes_of_a_run_share_a_server_that_ends_with_the_run() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(_installed) = available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let run = Kit::temporary().expect("a run");
    let files = ["one", "two"].map(|name| kit.folder().join(name));
    let sharers =
        files.iter().map(|file| again("tests::life::sharer", file).env(RUN, run.folder()).spawn().expect("starts"));
    for sharer in sharers.collect::<Vec<_>>() {
        assert!(Ended(sharer).0.wait().expect("ends").success());
    }
    let pid = reported(&files[0]);
    assert_eq!(pid, reported(&files[1]), "one server for both");
    let found = servers(run.folder());
    assert_eq!(found.iter().map(|server| server.pid().to_string()).collect::<Vec<_>>(), [pid]);
    found[0].check().expect("it answers after both have ended");
    drop(run);
    assert!(!found[0].is_running() && !found[0].folder.exists());
}
