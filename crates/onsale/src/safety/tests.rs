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

/// A file with this text and mode in a folder of its own.
fn key_file(folder: &TempDir, text: &str, mode: u32) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let file = folder.path().join("key");
    std::fs::write(&file, text).expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set");
    file
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
        "64:ff9b::/96",
        "64:ff9b::4000:0/98",
        "2002::/16",
        "2002:4000::/18",
        "::ffff:0:0/96",
        "8.0.0.0/8, 9.0.0.0/8",
        "8.0.0.0/8, ::ffff:9.0.0.0/104",
        "2a00::/16, 2600::/16",
    ] {
        for listen in ["127.0.0.1:8080", "0.0.0.0:8080"] {
            let settings =
                [("http.trusted_proxies", wide), ("http.listen", listen), ("http.management_listen", "127.0.0.1:9080")];
            assert_eq!(found("", &settings), ["proxies"], "{wide}");
        }
    }
    let every_eighth: Vec<String> = (1..224).map(|first| format!("{first}.0.0.0/8")).collect();
    let every_part: Vec<String> = (0x2000..0x4000).step_by(256).map(|first| format!("{first:x}::/16")).collect();
    for together in [every_eighth.join(","), every_part.join(",")] {
        assert_eq!(found("", &[("http.trusted_proxies", &together)]), ["proxies"]);
    }
    let private =
        "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 127.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, fc00::/7, fe80::/10";
    for own in [
        "10.0.0.7",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "fd00::/8",
        "fc00::/7",
        "::1",
        "2400:cb00::/32",
        "::ffff:10.0.0.7",
        "::ffff:10.0.0.0/104",
        "64:ff9b::a00:1",
        "103.21.244.0/22, 104.16.0.0/13, 2606:4700::/32, 2a06:98c0::/29",
        private,
    ] {
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
        assert_eq!(
            found("", &[(name, "c7e5a0f2b91d4863a6f8e2d17b305c94e81f6a2d37b90c45d8b3f7a1c26e9054")]),
            [""; 0],
            "{name}"
        );
        let file_key = format!("{name}_file");
        if !KEYS.iter().any(|key| key.name == file_key) {
            continue;
        }
        for weak in ["a".repeat(64), "8f1d".to_owned(), String::new()] {
            let folder = folder();
            let file = key_file(&folder, &weak, 0o600);
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

/// The key of a file that others may read or change is theirs, too: every setting that names the file of a secret.
#[test]
fn a_key_file_that_others_may_use_is_refused_by_the_name_of_its_setting() {
    use crate::config::keys::KEYS;
    const STRONG: &str = "c7e5a0f2b91d4863a6f8e2d17b305c94e81f6a2d37b90c45d8b3f7a1c26e9054";
    let files = KEYS.iter().map(|key| key.name).filter(|name| {
        let of_secret = name.strip_suffix("_file").is_some_and(|secret| KEYS.iter().any(|key| key.name == secret));
        of_secret || *name == "tls.key"
    });
    let names: Vec<&str> = files.collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        for (mode, is_refused) in [
            (0o600, false),
            (0o400, false),
            (0o640, false),
            (0o440, false),
            (0o644, true),
            (0o666, true),
            (0o620, true),
        ] {
            let folder = folder();
            let file = key_file(&folder, STRONG, mode);
            let found = faults(&config(&folder, "", &[(name, file.to_str().expect("UTF-8"))]));
            assert_eq!(found.len(), usize::from(is_refused), "{name} {mode:o}: {found:?}");
            assert!(found.iter().all(|fault| fault.check == "keys" && fault.what.starts_with(name)), "{found:?}");
        }
    }
}

#[test]
fn a_key_file_in_a_folder_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    for (mode, is_refused) in [(0o700, false), (0o755, false), (0o770, true), (0o777, true), (0o1777, false)] {
        let folder = folder();
        let inner = folder.path().join("keys");
        std::fs::create_dir(&inner).expect("made");
        let file = key_file(&folder, "c7e5a0f2b91d4863a6f8e2d17b305c94e81f6a2d37b90c45d8b3f7a1c26e9054", 0o600);
        let moved = inner.join("key");
        std::fs::rename(&file, &moved).expect("moved");
        std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(mode)).expect("set");
        let text = moved.to_str().expect("UTF-8");
        let found = faults(&config(&folder, "", &[("queue.cookie_key_file", text)]));
        assert_eq!(found.len(), usize::from(is_refused), "{mode:o}: {found:?}");
    }
}

#[test]
fn one_key_for_two_purposes_is_refused_wherever_it_comes_from() {
    const SAME: &str = "c7e5a0f2b91d4863a6f8e2d17b305c94e81f6a2d37b90c45d8b3f7a1c26e9054";
    for (one, other) in [
        ("queue.cookie_key", "queue.receipt_key"),
        ("queue.cookie_previous_key", "queue.receipt_key"),
        ("queue.cookie_key", "internal.key.gate"),
        ("queue.receipt_key", "internal.previous_key.coupon"),
    ] {
        let folder = folder();
        let found = faults(&config(&folder, "", &[(one, SAME), (other, &SAME.to_uppercase())]));
        assert_eq!(found.len(), 1, "{one} {other}: {found:?}");
        assert!(found[0].what.contains(one) && found[0].what.contains(other), "{found:?}");
        assert!(!found[0].what.contains(SAME), "{found:?}");
    }
    let folder = folder();
    let file = key_file(&folder, SAME, 0o600);
    let settings = [("queue.cookie_key_file", file.to_str().expect("UTF-8")), ("queue.receipt_key", SAME)];
    assert_eq!(faults(&config(&folder, "", &settings)).len(), 1);
    let short = found("", &[("internal.key.gateway", "gw-key")]);
    assert_eq!(short, ["keys"], "a key of a few characters can be guessed");
    let one_purpose = [("internal.key.issuer", SAME), ("internal.key.queue", SAME), ("queue.cookie_key", "")];
    assert_eq!(found("", &one_purpose), [""; 0]);
}

/// A proxy in front makes loopback public. It may let nobody through, so this is said, and refused by nobody.
#[test]
fn what_is_open_behind_a_proxy_is_said() {
    let checks = |text: &str, settings: &[(&str, &str)]| {
        let folder = folder();
        let config = config(&folder, text, settings);
        assert_eq!(faults(&config), []);
        let names = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.check).collect::<Vec<_>>();
        (names(warnings(&config)), names(warnings_behind_proxy(&config)))
    };
    let (proxy, open) = (("http.trusted_proxies", "127.0.0.1"), ("coupon.open_issue", "true"));
    assert_eq!(checks("", &[proxy, open]), (vec!["openness"], vec![]));
    assert_eq!(checks("[demo]\nenabled = true", &[proxy]), (vec!["openness", "demo"], vec![]));
    assert_eq!(checks("", &[open]), (vec![], vec!["openness"]), "as soon as one has forwarded something");
    assert_eq!(checks("", &[proxy]), (vec![], vec![]));
}

#[test]
fn everything_open_is_refused_on_the_listener_of_services_too() {
    let open = [("coupon.open_issue", "true"), ("internal.listen", "10.0.0.7:8090")];
    assert_eq!(found("", &open), ["openness"]);
    assert_eq!(found("", &[open[0], ("internal.listen", "127.0.0.1:8090")]), [""; 0]);
}
