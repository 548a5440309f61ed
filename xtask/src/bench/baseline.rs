//! The FastAPI service that the coupon rows are compared with, in a virtual environment of its own.

use crate::venv::Venv;
use std::ffi::OsString;

/// Where it is installed.
pub const VENV: Venv = Venv {
    name: "baseline-venv",
    packages: include_str!("../../../bench/baseline/requirements.txt"),
    packages_file: "bench/baseline/requirements.txt",
    program: "uvicorn",
    without: "for the rows over FastAPI; --only measures other rows",
};
/// The sections of `bench coupon` that measure it.
const SECTIONS: [&str; 2] = ["fastapi-embedded", "fastapi-redis"];

/// Whether a run with these options measures it: all do but those that `--only` ask for something else.
pub fn is_wanted(options: &[OsString]) -> bool {
    let words: Vec<_> = options.iter().map(|word| word.to_string_lossy()).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        return false;
    }
    let after = words.windows(2).find(|pair| pair[0] == "--only").map(|pair| pair[1].as_ref());
    let only = after.or_else(|| words.iter().find_map(|word| word.strip_prefix("--only=")));
    only.is_none_or(|only| SECTIONS.iter().any(|section| section.contains(only)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_wanted_unless_only_says_otherwise() {
        let wanted = |words: &[&str]| is_wanted(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(wanted(&[]) && wanted(&["--rounds", "2"]));
        assert!(wanted(&["--only", "fastapi"]) && wanted(&["--only=redis"]));
        assert!(!wanted(&["--only", "redis-shard"]) && !wanted(&["--only=start"]) && !wanted(&["--help"]));
    }
}
