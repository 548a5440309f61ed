use super::*;
use crate::config::{Sources, load};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The configuration of a file with this text, and these settings over it. Its data folder is `folder`.
fn config(folder: &TempDir, text: &str, settings: &[(&str, &str)]) -> Config {
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, text).expect("written");
    let environment = settings
        .iter()
        .map(|(key, value)| (format!("ONSALE__{}", key.replace('.', "__").to_uppercase()), (*value).to_owned()));
    let data = folder.path().join("data");
    let flags = vec![("--data", "data.dir", data.to_str().expect("UTF-8").to_owned())];
    let sources = Sources { file: Some(file), environment: environment.collect(), flags, ..Sources::default() };
    load(&sources).expect("loaded").config
}

#[track_caller]
fn found(text: &str, settings: &[(&str, &str)]) -> Vec<&'static str> {
    let folder = folder();
    let mut checks: Vec<&str> = faults(&config(&folder, text, settings)).iter().map(|fault| fault.check).collect();
    checks.sort_unstable();
    checks
}

/// Addresses that others reach, and those that they do not.
const REACHED: [&str; 7] = [
    "0.0.0.0:8080",
    "[::]:8080",
    "192.168.1.7:8080",
    "203.0.113.7:8080",
    "[2001:db8::1]:8080",
    "[fd00::1]:8080",
    "[::ffff:0.0.0.0]:8080",
];
const LOOPBACK: [&str; 4] = ["127.0.0.1:8080", "127.8.9.10:1", "[::1]:8080", "[::ffff:127.0.0.1]:8080"];

#[test]
fn the_defaults_are_safe_with_a_file_and_without() {
    let folder = folder();
    let sources = Sources { folder: folder.path().to_owned(), ..Sources::default() };
    let demo = load(&sources).expect("loaded").config;
    assert!(demo.demo.enabled && demo.coupon.open_issue);
    assert_eq!(exposure::faults(&demo), []);
    assert_eq!(found("", &[]), [""; 0]);
}

#[test]
fn everything_open_is_refused_on_every_address_that_others_reach() {
    let beside = ("http.management_listen", "127.0.0.1:9080");
    for listen in REACHED {
        let at = ("http.listen", listen);
        assert_eq!(found("[demo]\nenabled = true", &[at]), ["demo", "documents", "openness"], "{listen}");
        assert_eq!(found("[coupon]\nopen_issue = true", &[at, beside]), ["openness"], "{listen}");
        assert_eq!(found("", &[at]), ["documents"], "{listen}");
        assert_eq!(found("", &[at, beside]), [""; 0], "{listen}");
    }
    for listen in LOOPBACK {
        assert_eq!(found("[demo]\nenabled = true", &[("http.listen", listen)]), [""; 0], "{listen}");
    }
}

#[test]
fn the_management_address_is_not_public_either() {
    for (beside, is_refused) in [
        ("0.0.0.0:9080", true),
        ("[::]:9080", true),
        ("203.0.113.7:9080", true),
        ("[2001:db8::1]:9080", true),
        ("10.0.0.7:9080", false),
        ("[fd00::1]:9080", false),
        ("127.0.0.1:9080", false),
        ("[::1]:9080", false),
    ] {
        assert_eq!(found("", &[("http.management_listen", beside)]).len(), usize::from(is_refused), "{beside}");
    }
}

#[test]
fn proxies_that_include_everybody_are_refused_wherever_we_listen() {
    for wide in [
        "0.0.0.0/0",
        "::/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "64.0.0.0/2",
        "2000::/3",
        "::/1",
        "::ffff:0.0.0.0/96",
        "::ffff:128.0.0.0/97",
        "10.0.0.7, 0.0.0.0/0",
    ] {
        for listen in ["127.0.0.1:8080", "0.0.0.0:8080"] {
            let settings =
                [("http.trusted_proxies", wide), ("http.listen", listen), ("http.management_listen", "127.0.0.1:9080")];
            assert_eq!(found("", &settings), ["proxies"], "{wide}");
        }
    }
    for own in ["10.0.0.7", "10.0.0.0/8", "172.16.0.0/12", "fd00::/8", "fc00::/7", "2400:cb00::/32", "::ffff:10.0.0.7"]
    {
        assert_eq!(found("", &[("http.trusted_proxies", own)]), [""; 0], "{own}");
    }
}

/// Every key of the configuration that is a secret, from the table of keys.
#[test]
fn every_secret_that_can_be_guessed_is_refused() {
    use crate::config::keys::KEYS;
    use crate::config::kind::Kind;
    // The password of a server of others (a minimum of 1) is theirs to judge.
    let secrets = KEYS.iter().filter(|key| matches!(key.kind, Kind::Secret { min } if min > 1));
    let names: Vec<&str> = secrets.map(|key| key.name).collect();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        assert_eq!(found("", &[(name, &"a".repeat(64))]), ["keys"], "{name}");
        assert_eq!(found("", &[(name, "c7e5a0f2b91d4863a6f8e2d17b305c94e81f6a2d37b90c45")]), [""; 0], "{name}");
        let file_key = format!("{name}_file");
        if !KEYS.iter().any(|key| key.name == file_key) {
            continue;
        }
        for weak in ["a".repeat(64), "8f1d".to_owned(), String::new()] {
            let folder = folder();
            let file = folder.path().join("key");
            std::fs::write(&file, weak).expect("written");
            let config = config(&folder, "", &[(&file_key, file.to_str().expect("UTF-8"))]);
            let found = faults(&config);
            assert!(found.len() == 1 && found[0].what.contains(&file_key), "{name}: {found:?}");
        }
    }
}

#[test]
fn the_refusal_names_every_line_to_change_and_is_lifted_by_one_setting() {
    let folder = folder();
    let open = [("http.listen", "0.0.0.0:1"), ("coupon.open_issue", "true"), ("http.trusted_proxies", "0.0.0.0/0")];
    let refused = demand(&config(&folder, "", &open)).expect_err("refused");
    assert!(refused.is::<WrongUse>(), "exit status 2");
    for line in ["coupon.open_issue = false", "http.management_listen = ", "trusted_proxies = [", "allow_unsafe = true"]
    {
        assert!(refused.to_string().contains(line), "{line}: {refused}");
    }
    let allowed = [&open[..], &[("http.allow_unsafe", "true")]].concat();
    assert_eq!(demand(&config(&folder, "", &allowed)).expect("allowed").len(), 3);
}

#[test]
fn a_folder_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let config = config(&folder, "", &[]);
    demand(&config).expect("not there yet");
    files::make_folder(&config.data.dir).expect("made");
    demand(&config).expect("ours");
    std::fs::set_permissions(&config.data.dir, std::fs::Permissions::from_mode(0o777)).expect("set");
    for refused in [demand(&config).map(drop), demand_folder(&config)] {
        assert!(refused.expect_err("refused").to_string().contains("chmod 700"));
    }
}
