//! What a person finds who has the program and nothing else: its facts, its pages, and what a shell completes.

use std::process::Command;
use testkit::onsale::run;

fn printed(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "{arguments:?} makes no data");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_version_says_how_it_was_built() {
    assert_eq!(printed(&["-V"]).lines().count(), 1);
    let long = printed(&["--version"]);
    let facts: Vec<&str> = long.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    assert_eq!(facts, ["commit", "date", "target", "profile"], "{long}");
    assert!(long.starts_with(&format!("onsale {}\n", env!("CARGO_PKG_VERSION"))), "{long}");
}

/// The words that bash offers for the last one.
fn offered(words: &[&str]) -> String {
    let script = r#"
eval "$SCRIPT"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_onsale onsale "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
echo "${COMPREPLY[@]}"
"#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script, "bash"]).args(words).env("SCRIPT", printed(&["completions", "bash"]));
    let output = bash.output().expect("bash");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn bash_completes_commands_and_options() {
    assert_eq!(offered(&["onsale", "rec"]), "reconcile\n");
    assert_eq!(offered(&["onsale", "admin", "keys", "rev"]), "revoke\n");
    assert!(offered(&["onsale", "rush", "--con"]).contains("--connections"));
}

#[test]
fn man_has_a_page_for_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("share/man1");
    printed(&["man", pages.to_str().expect("UTF-8")]);
    let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(page("onsale.1").contains("onsale\\-serve(1)"));
    assert!(page("onsale-admin-keys-create.1").contains(".SH OPTIONS"));
    // Written over what an older version has left.
    std::fs::write(pages.join("onsale.1"), "old").expect("written");
    printed(&["man", pages.to_str().expect("UTF-8")]);
    assert!(page("onsale.1").contains("SYNOPSIS"));
}
