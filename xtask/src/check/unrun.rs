//! A library whose manifest says `test = false` has no unit tests: they would never run.

use super::tree::Tree;

/// Written in two parts, so that this file is not found by its own search.
const TESTS: &str = concat!("#[cfg", "(test)]");

/// One sentence for each file with tests that no command runs.
pub fn faults(tree: &Tree) -> Vec<String> {
    let manifests = tree.toml().filter(|file| file.path.ends_with("Cargo.toml") && has_no_tests(&file.text));
    let sources: Vec<String> =
        manifests.map(|file| format!("{}src/", file.path.trim_end_matches("Cargo.toml"))).collect();
    let is_unrun = |path: &str| sources.iter().any(|source| path.starts_with(source));
    let found = tree.rust().filter(|file| is_unrun(&file.path) && file.text.contains(TESTS));
    found.map(|file| format!("{}: its crate has `test = false`. Move the tests to tests/it", file.path)).collect()
}

/// Whether the library of the manifest is built without its tests.
fn has_no_tests(manifest: &str) -> bool {
    let library = manifest.split("[lib]").nth(1).unwrap_or_default();
    let section = library.split("\n[").next().unwrap_or_default();
    section.lines().any(|line| line.split_whitespace().collect::<String>() == "test=false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_library_counts() {
        assert!(has_no_tests("[lib]\ndoctest = false\ntest = false\n\n[lints]\n"));
        assert!(!has_no_tests("[lib]\ndoctest = false\n\n[[bin]]\ntest = false\n"));
        assert!(!has_no_tests("[package]\nname = \"a\"\n"));
    }
}
