//! The test programs of the workspace: cargo builds them and says which is whose.

use crate::commands::{cargo, run_and_keep};
use crate::workspace::root;
use anyhow::bail;
use serde_json::Value;
use std::collections::HashMap;

/// The names of test programs by the file names of their executables: `it-0123abcd` is `hot, tests/it`.
pub type Names = HashMap<String, String>;

/// Builds every test program.
///
/// # Errors
/// When something does not compile.
pub fn build() -> anyhow::Result<Names> {
    let arguments =
        ["test", "--workspace", "--locked", "--no-run", "--quiet", "--message-format=json-render-diagnostics"];
    let (is_built, output) = run_and_keep(cargo(&arguments).current_dir(root()))?;
    if !is_built {
        bail!("the workspace does not compile; the compiler's messages are above");
    }
    let names: Names = output.lines().filter_map(name_of).collect();
    println!("{} test programs", names.len());
    Ok(names)
}

/// The executable and the name in one of cargo's messages, if it is about a test program.
fn name_of(message: &str) -> Option<(String, String)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_test = target["kind"].as_array()?.iter().any(|kind| kind == "test");
    // A test program with a main function of its own is not built in the test profile.
    let is_wanted = is_test || message["profile"]["test"] == true;
    let file = message["executable"].as_str().filter(|_| is_wanted)?.rsplit('/').next()?.to_owned();
    // `path+file:///somewhere/crates/hot#0.1.0`, or `path+file:///somewhere/hall#hot@0.1.0`.
    let (path, version) = message["package_id"].as_str()?.rsplit_once('#')?;
    let folder = path.rsplit('/').next()?;
    let package = version.split_once('@').map_or(folder, |(name, _)| name);
    let name = target["name"].as_str().filter(|_| is_test).map(|name| format!("tests/{name}"));
    Some((file, format!("{package}, {}", name.unwrap_or_else(|| "unit tests".to_owned()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(package: &str, kind: &str, name: &str, is_test: bool) -> Option<(String, String)> {
        let message = json!({"reason": "compiler-artifact", "package_id": package, "profile": {"test": is_test},
            "target": {"kind": [kind], "name": name}, "executable": format!("/target/debug/deps/{name}-0123abcd")});
        name_of(&message.to_string())
    }

    #[test]
    fn programs_are_named_by_package_and_target() {
        let named = |file: &str, name: &str| Some((file.to_owned(), name.to_owned()));
        let hot = "path+file:///home/onsale/crates/hot#0.1.0";
        assert_eq!(message(hot, "test", "it", true), named("it-0123abcd", "hot, tests/it"));
        assert_eq!(message(hot, "lib", "hot", true), named("hot-0123abcd", "hot, unit tests"));
        let renamed = "path+file:///home/onsale/hall#hot@0.1.0";
        assert_eq!(message(renamed, "bin", "hot", true), named("hot-0123abcd", "hot, unit tests"));
        assert_eq!(message(hot, "test", "it", false), named("it-0123abcd", "hot, tests/it"));
        assert_eq!(message(hot, "bin", "hot", false), None);
        assert_eq!(name_of("a line that is no message"), None);
    }
}
