//! The scripts of pages on a stand-in of a browser: `scripts.mjs`.

use crate::files::folder;
use std::process::Command;

#[test]
fn scripts_bear_sleep_lost_networks_and_busy_servers() {
    let script = folder("crates/web/tests/it/scripts.mjs");
    let run = match Command::new("node").arg("--test-reporter=tap").arg(script).output() {
        Ok(run) => run,
        Err(error) if std::env::var_os("CI").is_none() => {
            println!("not run, without Node: {error}");
            return;
        }
        Err(error) => panic!("node: {error}"),
    };
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains("# pass 17"), "{said}");
}
