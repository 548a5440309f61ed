//! The time of day is read in `crates/clock` alone, and `crates/domain` reads no clock at all.
//!
//! Clippy refuses the calls (`clippy.toml`). This search closes the ways around it: calls inside macros, attributes that
//! switch the lint off, and further `clippy.toml` files, which replace the workspace's list.

use super::tree::{File, Tree};

const CLOCK: &str = "crates/clock/";
const DOMAIN: &str = "crates/domain/";
/// Readers of the time of day. Two literals, so that this file is not found by its own search.
const TIME_OF_DAY: [&str; 5] = [
    concat!("SystemTime", "::now"),
    concat!("Utc", "::now"),
    concat!("Local", "::now"),
    concat!("Zoned", "::now"),
    concat!("Timestamp", "::now"),
];
/// Readers of any clock, for the rules.
const ANY_CLOCK: [&str; 2] = [concat!("Instant", "::now"), concat!("UNIX_EPOCH", ".elapsed")];
/// Lints that must stay on: the lint itself, and the groups that it belongs to.
const LINTS: [&str; 3] = [concat!("clippy::disallowed", "_methods"), "clippy::all", "clippy::style"];
/// The files that may list forbidden methods.
const LISTS: [&str; 2] = ["clippy.toml", "crates/domain/clippy.toml"];

/// One sentence for each reader of a clock where none may be, and for each way around the lint.
pub fn faults(tree: &Tree) -> Vec<String> {
    let readers = tree.rust().flat_map(readers);
    let attributes = tree.rust().filter(|file| !file.path.starts_with(CLOCK)).flat_map(switched_off);
    readers.chain(attributes).chain(tree.toml().flat_map(settings)).collect()
}

fn readers(file: &File) -> Vec<String> {
    let advice = if file.path.starts_with(DOMAIN) {
        "rules read no clock. Take the time as an argument"
    } else {
        "the time of day is read in crates/clock alone. Call `clock::now()` or `clock::now_us()`"
    };
    let code = code_of(&file.text);
    let of_day = TIME_OF_DAY.iter().filter(|_| !file.path.starts_with(CLOCK));
    let any = ANY_CLOCK.iter().filter(|_| file.path.starts_with(DOMAIN));
    let found = of_day.chain(any).filter(|name| calls(&code, name));
    found.map(|name| format!("{}: {name}: {advice}", file.path)).collect()
}

fn switched_off(file: &File) -> Vec<String> {
    let code = code_of(&file.text);
    let found = LINTS.iter().filter(|lint| ["allow(", "expect("].iter().any(|word| attribute_names(&code, word, lint)));
    found
        .map(|lint| {
            format!("{}: {lint} is switched off. Only crates/clock may do that: use `clock` instead", file.path)
        })
        .collect()
}

fn settings(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    if file.path.ends_with("clippy.toml") && !LISTS.contains(&file.path.as_str()) {
        found.push(format!("{}: it replaces the workspace's list of forbidden methods. Remove it", file.path));
    }
    let lint = concat!("disallowed", "_methods");
    if file.path.ends_with("Cargo.toml") && file.text.lines().any(|line| line.trim_start().starts_with(lint)) {
        found.push(format!("{}: the lint {lint} must stay as it is. Remove the line", file.path));
    }
    found
}

/// The text without comment lines and without white space, so that a call cannot hide between two lines.
fn code_of(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect()
}

/// Whether the code names the function, and not only one whose name ends or begins like it.
fn calls(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// Whether an attribute such as `allow(...)` names the lint among others.
fn attribute_names(code: &str, word: &str, lint: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let list = &code[at + word.len()..];
        let end = list.find(')').unwrap_or(list.len());
        list[..end].split(',').any(|name| name == lint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = concat!("SystemTime", "::now()");
    const INSTANT: &str = concat!("Instant", "::now()");

    fn found(path: &str, text: &str) -> usize {
        faults(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_reader_of_the_time_of_day_is_refused_in_every_crate_but_clock() {
        let plain = format!("fn f() {{ std::time::{NOW}; }}");
        for path in ["crates/hot/src/lib.rs", "crates/domain/src/lib.rs", "bench/src/main.rs", "testkit/tests/it/a.rs"]
        {
            assert_eq!(found(path, &plain), 1, "{path}");
        }
        assert_eq!(found("crates/clock/src/lib.rs", &plain), 0);
        assert_eq!(found("crates/hot/src/lib.rs", concat!("chrono::Utc", "::now()")), 1);
    }

    #[test]
    fn a_reader_in_a_macro_or_across_lines_is_found() {
        let in_macro = format!("macro_rules! now {{ () => {{ {NOW} }} }}");
        assert_eq!(found("crates/bus/src/a.rs", &in_macro), 1);
        assert_eq!(found("crates/bus/src/a.rs", &NOW.replace("::", "\n    ::\n    ")), 1);
    }

    #[test]
    fn rules_do_not_measure_either() {
        assert_eq!(found("crates/domain/src/line/a.rs", INSTANT), 1);
        assert_eq!(found("crates/hot/src/a.rs", INSTANT), 0);
    }

    #[test]
    fn the_lint_cannot_be_switched_off() {
        let lint = LINTS[0];
        for attribute in [
            format!("#[allow({lint})]"),
            format!("#![allow(dead_code, {lint})]"),
            format!("#[expect({lint}, reason = \"here it is\")]"),
            format!("#[cfg_attr(test, allow(\n    {lint}\n))]"),
            format!("#![allow({})]", LINTS[1]),
            format!("#[expect({})]", LINTS[2]),
        ] {
            assert_eq!(found("crates/lab/src/lib.rs", &attribute), 1, "{attribute}");
            assert_eq!(found("crates/clock/src/lib.rs", &attribute), 0, "{attribute}");
        }
        assert_eq!(found("crates/lab/Cargo.toml", concat!("disallowed", "_methods = \"allow\"")), 1);
        assert_eq!(found("crates/lab/clippy.toml", "disallowed-methods = []"), 1);
        assert_eq!(found("clippy.toml", "disallowed-methods = []"), 0);
    }

    #[test]
    fn comments_and_longer_names_are_no_readers() {
        assert_eq!(found("crates/hot/src/a.rs", &format!("    // never {NOW}")), 0);
        assert_eq!(found("crates/hot/src/a.rs", concat!("MyUtc", "::now()")), 0);
        assert_eq!(found("crates/hot/src/a.rs", concat!("Timestamp", "::nowhere()")), 0);
    }
}
