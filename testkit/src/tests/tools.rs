//! Programs that are run, not served.

use crate::{available, tools};
use std::process::Command;

#[test]
fn tools_run() {
    for (tool, argument) in
        [(tools::promtool(), "--version"), (tools::prometheus(), "--version"), (tools::k6(), "version")]
    {
        let Some(path) = available(tool) else { continue };
        let output = Command::new(&path).arg(argument).output().expect("starts");
        assert!(output.status.success(), "{}", path.display());
    }
}
