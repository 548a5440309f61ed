//! Environment variables that look like ours and set nothing.
//!
//! `ONSALE_HTTP__LISTEN` (one underscore) would be ignored, and the server would listen elsewhere than its operator
//! believes. So it is refused like a misspelt key of a file.

use super::keys;
use super::load::ENVIRONMENT_PREFIX;
use super::problem::Problem;

/// What the names of all variables begin with that are, or may be meant to be, ours.
const FAMILY: &str = "ONSALE_";
/// Variables that are no settings: the keys of `onsale rush`, and the key that the documents keep in a shell.
const OTHERS: [&str; 3] = ["ONSALE_KEY", "ONSALE_RUSH_KEY", "ONSALE_RUSH_ISSUE_KEY"];

/// Whether a variable is ours or may be meant to be.
pub fn is_ours(name: &str) -> bool {
    name.get(..FAMILY.len()).is_some_and(|start| start.eq_ignore_ascii_case(FAMILY))
}

/// The problem of a variable that is neither a setting nor known otherwise.
pub(super) fn problem_of(name: &str) -> Option<Problem> {
    if !is_ours(name) || name.starts_with(ENVIRONMENT_PREFIX) || OTHERS.contains(&name) || is_of_kubernetes(name) {
        return None;
    }
    let meant = name[FAMILY.len()..].trim_start_matches('_').to_lowercase().replace("__", ".");
    let nearest = keys::nearest(&meant).replace('.', "__").to_uppercase();
    Some(Problem {
        key: name.to_owned(),
        // It may be a secret: the name says enough.
        value: "...".to_owned(),
        origin: "environment".to_owned(),
        complaint: format!(
            "no such setting, and it would be ignored; the most similar is {ENVIRONMENT_PREFIX}{nearest} (two underscores)"
        ),
    })
}

/// Kubernetes gives every program the addresses of the services beside it, such as `ONSALE_SERVICE_HOST` and
/// `ONSALE_COUPON_PORT_8080_TCP_ADDR` for services whose names begin with `onsale`. Nobody means us by them.
fn is_of_kubernetes(name: &str) -> bool {
    let ends = |end: &str| name.ends_with(end);
    let is_service = ends("_SERVICE_HOST") || ends("_SERVICE_PORT") || name.contains("_SERVICE_PORT_");
    let is_port = ends("_PORT") || name.contains("_PORT_") && (name.contains("_TCP") || name.contains("_UDP"));
    !name.contains("__") && (is_service || is_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_variable_that_sets_nothing_is_refused_with_the_one_that_does() {
        for (name, meant) in [
            ("ONSALE_HTTP__LISTEN", "ONSALE__HTTP__LISTEN"),
            ("ONSALE_HTTP_LISTEN", "ONSALE__HTTP__LISTEN"),
            ("onsale__http__listen", "ONSALE__HTTP__LISTEN"),
            ("Onsale_Data__Dir", "ONSALE__DATA__DIR"),
            ("ONSALE_QUEUE__COOKIE_KEY", "ONSALE__QUEUE__COOKIE_KEY"),
            ("ONSALE_TESTKIT_YES", "ONSALE__"),
        ] {
            let problem = problem_of(name).unwrap_or_else(|| panic!("{name} is taken"));
            assert!(problem.complaint.contains(meant), "{problem}");
            assert!(is_ours(name));
        }
    }

    #[test]
    fn what_others_mean_is_left_alone() {
        for name in [
            "ONSALE__HTTP__LISTEN",
            "ONSALE_KEY",
            "ONSALE_RUSH_KEY",
            "ONSALE_SERVICE_HOST",
            "ONSALE_SERVICE_PORT",
            "ONSALE_SERVICE_PORT_HTTP",
            "ONSALE_PORT",
            "ONSALE_PORT_8080_TCP",
            "ONSALE_PORT_8080_TCP_ADDR",
            "ONSALE_COUPON_SERVICE_HOST",
            "ONSALE_COUPON_PORT_8086_TCP_PROTO",
            "ONSALEROOM",
            "PATH",
        ] {
            assert_eq!(problem_of(name), None, "{name}");
        }
    }

    /// Every variable of the command line is known here.
    #[test]
    fn variables_of_the_command_line_are_known() {
        fn walk(command: &clap::Command, found: &mut Vec<String>) {
            found.extend(command.get_arguments().filter_map(|argument| Some(argument.get_env()?.to_str()?.to_owned())));
            command.get_subcommands().for_each(|inner| walk(inner, found));
        }
        let mut found = Vec::new();
        walk(&crate::cli::Cli::command(), &mut found);
        assert!(found.len() >= 2, "{found:?}");
        for name in found {
            assert!(OTHERS.contains(&name.as_str()), "{name}");
        }
    }
}
