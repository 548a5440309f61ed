//! The test programs of the workspace: cargo builds them and says which is whose.

use crate::check::lints::lint_while_building;
use crate::commands::{cargo, run_and_keep};
use crate::workspace::root;
use anyhow::bail;
use serde_json::Value;
use std::path::PathBuf;

/// One test program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its package and target: `hot, tests/it`.
    pub name: String,
    /// The executable.
    pub executable: PathBuf,
    /// The folder of its package, in which it runs.
    pub folder: PathBuf,
}

/// Programs that take long, the longest first: they are started first, so that the others fill the time beside them. A
/// program that is not named here only starts later.
const LONGEST: [&str; 9] = [
    "onsale, tests/faults",
    "onsale, tests/sales",
    "hot, tests/redis",
    "onsale, tests/it",
    "onsale, tests/system",
    "ledger, tests/it",
    "bus, tests/kafka",
    "hot, tests/it",
    "coupon, tests/it",
];

/// The list of all test programs: the name, a tab, the executable.
const LIST: &str = "target/test-programs";

/// Builds every test program, and lints on the way. Those that take long come first.
///
/// # Errors
/// When something does not compile, or the linter warns.
pub fn build() -> anyhow::Result<Vec<Program>> {
    let arguments =
        ["test", "--workspace", "--locked", "--no-run", "--quiet", "--message-format=json-render-diagnostics"];
    let mut build = cargo(&arguments);
    lint_while_building(&mut build)?;
    let (is_built, output) = run_and_keep(build.current_dir(root()))?;
    if !is_built {
        bail!("the workspace does not compile without warnings; the messages are above");
    }
    let mut programs: Vec<Program> = output.lines().filter_map(program_of).collect();
    programs.sort_by_key(|program| {
        let place = LONGEST.iter().position(|name| *name == program.name);
        (place.unwrap_or(LONGEST.len()), program.name.clone())
    });
    let line = |program: &Program| format!("{}\t{}\n", program.name, program.executable.display());
    let list = root().join(LIST);
    std::fs::create_dir_all(list.parent().unwrap_or(&list))?;
    std::fs::write(&list, programs.iter().map(line).collect::<String>())?;
    println!("{} test programs, listed in {LIST}", programs.len());
    Ok(programs)
}

/// The program in one of cargo's messages, if it is about a test program.
fn program_of(message: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_test = target["kind"].as_array()?.iter().any(|kind| kind == "test");
    // A test program with a main function of its own is not built in the test profile.
    let is_wanted = is_test || message["profile"]["test"] == true;
    let executable = PathBuf::from(message["executable"].as_str().filter(|_| is_wanted)?);
    // `path+file:///somewhere/crates/hot#0.1.0`, or `path+file:///somewhere/hall#hot@0.1.0`.
    let (path, version) = message["package_id"].as_str()?.rsplit_once('#')?;
    let folder = path.rsplit('/').next()?;
    let package = version.split_once('@').map_or(folder, |(name, _)| name);
    let name = target["name"].as_str().filter(|_| is_test).map(|name| format!("tests/{name}"));
    let name = format!("{package}, {}", name.unwrap_or_else(|| "unit tests".to_owned()));
    Some(Program { name, executable, folder: path.strip_prefix("path+file://")?.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(package: &str, kind: &str, name: &str, is_test: bool) -> Option<Program> {
        let message = json!({"reason": "compiler-artifact", "package_id": package, "profile": {"test": is_test},
            "target": {"kind": [kind], "name": name}, "executable": format!("/target/debug/deps/{name}-0123abcd")});
        program_of(&message.to_string())
    }

    #[test]
    fn programs_are_named_by_package_and_target_and_run_in_the_packages_folder() {
        let named = |file: &str, name: &str, folder: &str| {
            let executable = PathBuf::from(format!("/target/debug/deps/{file}"));
            Some(Program { name: name.to_owned(), executable, folder: folder.into() })
        };
        let (hot, folder) = ("path+file:///home/onsale/crates/hot#0.1.0", "/home/onsale/crates/hot");
        assert_eq!(message(hot, "test", "it", true), named("it-0123abcd", "hot, tests/it", folder));
        assert_eq!(message(hot, "lib", "hot", true), named("hot-0123abcd", "hot, unit tests", folder));
        let (renamed, folder) = ("path+file:///home/onsale/hall#hot@0.1.0", "/home/onsale/hall");
        assert_eq!(message(renamed, "bin", "hot", true), named("hot-0123abcd", "hot, unit tests", folder));
        assert_eq!(message(hot, "test", "it", false), named("it-0123abcd", "hot, tests/it", "/home/onsale/crates/hot"));
        assert_eq!(message(hot, "bin", "hot", false), None);
        assert_eq!(program_of("a line that is no message"), None);
    }
}
