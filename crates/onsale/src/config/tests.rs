use super::keys::KEYS;
use super::load::{DEFAULT_TOML, Loaded, Sources, load};
use super::print::print;
use super::sections::LogFormat;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn sources(folder: &Path, environment: &[(&str, &str)]) -> Sources {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sources { folder: folder.to_owned(), environment, ..Sources::default() }
}

fn with_environment(environment: &[(&str, &str)]) -> Result<Loaded, String> {
    load(&sources(folder().path(), environment)).map_err(|error| error.to_string())
}

fn with_file(text: &str) -> Result<Loaded, String> {
    let folder = folder();
    std::fs::write(folder.path().join("onsale.toml"), text).expect("written");
    // The folder's name is chance: it may contain what a test looks for.
    let place = folder.path().display().to_string();
    load(&sources(folder.path(), &[])).map_err(|error| error.to_string().replace(&place, "."))
}

#[track_caller]
fn assert_refused(loaded: Result<Loaded, String>, words: &[&str]) {
    let said = loaded.expect_err("refused");
    for word in words {
        assert!(said.contains(word), "{said}\nhas no {word:?}");
    }
}

/// The keys in a section, and in the sections in it.
fn names_in(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Dict(_, inner) => {
            inner.iter().flat_map(|(within, value)| names_in(&format!("{name}.{within}"), value)).collect()
        }
        _ => vec![name.to_owned()],
    }
}

#[test]
fn the_default_file_has_exactly_the_known_keys_each_with_a_comment() {
    let keys: Dict = Toml::from_str(DEFAULT_TOML).expect("TOML");
    let mut written = BTreeSet::new();
    for (section, value) in &keys {
        assert!(matches!(value, Value::Dict(..)), "{section} is no section");
        written.extend(names_in(section, value));
    }
    assert_eq!(written, KEYS.iter().map(|key| key.name.to_owned()).collect());
    let lines: Vec<&str> = DEFAULT_TOML.lines().collect();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ") && !line.starts_with('#')) {
        assert!(lines[place - 1].starts_with("# "), "{line} has no comment");
    }
}

#[test]
fn the_comments_state_the_limits_of_the_table() {
    for key in KEYS {
        if let super::kind::Kind::Whole { min, max } = key.kind {
            let (section, name) = key.name.split_once('.').expect("a section and a name");
            let section = DEFAULT_TOML.split(&format!("\n[{section}]\n")).nth(1).expect("the section's text");
            let before = section.split(&format!("\n{name} = ")).next().expect("the text before the key");
            let comment = before.rsplit('\n').take_while(|line| line.starts_with('#')).collect::<String>();
            assert!(comment.contains(&format!("{min} to {max}")), "{}: {comment}", key.name);
        }
    }
}

#[test]
fn without_a_file_the_defaults_apply_and_the_demo_is_on() {
    let config = with_environment(&[]).expect("loaded").config;
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.http.management_listen, None);
    assert!(config.demo.enabled && config.coupon.open_issue);
    assert_eq!(config.coupon.redeem_hold_seconds, 900);
    assert_eq!((config.limits.per_ip_per_second, config.limits.per_ip_burst), (50, 100));
    assert_eq!(config.log.format, LogFormat::Json);
    assert!(config.http.worker_count() >= 1);
}

#[test]
fn a_configuration_file_turns_the_demo_off() {
    let config = with_file("").expect("loaded").config;
    assert!(!config.demo.enabled && !config.coupon.open_issue);
    let config = with_file("[demo]\nenabled = true").expect("loaded").config;
    assert!(config.demo.enabled && config.coupon.open_issue, "open issue follows the demo");
    let config = with_file("[demo]\nenabled = true\n[coupon]\nopen_issue = false").expect("loaded").config;
    assert!(config.demo.enabled && !config.coupon.open_issue);
    let config = with_environment(&[("ONSALE__DEMO__ENABLED", "false")]).expect("loaded").config;
    assert!(!config.demo.enabled && !config.coupon.open_issue);
}

#[test]
fn later_sources_win() {
    let folder = folder();
    let text = "[http]\nlisten = \"127.0.0.1:1\"\nworkers = 1\n[limits]\nper_ip_burst = 1\n[data]\ndir = \"one\"";
    std::fs::write(folder.path().join("onsale.toml"), text).expect("written");
    let mut sources =
        sources(folder.path(), &[("ONSALE__HTTP__WORKERS", "2"), ("ONSALE__DATA__DIR", "2026"), ("PATH", "x")]);
    sources.flags.push(("--listen", "http.listen", "127.0.0.1:3".to_owned()));
    let loaded = load(&sources).expect("loaded");
    assert_eq!(loaded.config.http.listen.port(), 3);
    assert_eq!(loaded.config.http.workers, 2);
    assert_eq!(loaded.config.limits.per_ip_burst, 1);
    assert_eq!(loaded.config.data.dir, Path::new("2026"), "a folder's name may be a number");
    let printed = print(&loaded);
    assert!(printed.lines().nth(1).expect("a second line").ends_with("onsale.toml"), "{printed}");
    for (key, origin) in [
        ("listen = \"127.0.0.1:3\"", "# flag --listen"),
        ("workers = 2", "# environment variable ONSALE__HTTP__WORKERS"),
        ("per_ip_burst = 1", "onsale.toml"),
        ("drain_seconds = 20", "# default"),
        ("enabled = false", "# default: there is a configuration file"),
    ] {
        let line =
            printed.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("no {key} in\n{printed}"));
        assert!(line.contains(origin), "{line}");
    }
}

#[test]
fn the_printed_configuration_loads_to_the_same_values() {
    let environment =
        [("ONSALE__HTTP__TRUSTED_PROXIES", "10.0.0.7, 192.168.0.0/16"), ("ONSALE__DATA__DIR", "a \"b\" \\ c")];
    let first = with_environment(&environment).expect("loaded");
    assert_eq!(first.config.http.trusted_proxies.len(), 2);
    let second = with_file(&print(&first)).expect("loaded");
    assert_eq!(first.config, second.config);
}

#[test]
fn unknown_keys_are_refused_with_the_most_similar_one() {
    assert_refused(
        with_file("[http]\nlistn = 1"),
        &["http.listn = 1", "onsale.toml", "the most similar key is http.listen"],
    );
    assert_refused(
        with_environment(&[("ONSALE__LIMITS__PER_IP_BRUST", "5")]),
        &["limits.per_ip_brust", "environment variable ONSALE__LIMITS__PER_IP_BRUST", "limits.per_ip_burst"],
    );
    assert_refused(with_file("http = 3"), &["http = 3", "is a section"]);
    assert_refused(with_file("[http.listen]\nport = 3"), &["http.listen = a section", "IP address and a port"]);
}

#[test]
fn invalid_values_are_refused_with_the_permitted_ones() {
    for (name, value, right) in [
        ("ONSALE__HTTP__LISTEN", "8080", "such as \"127.0.0.1:8080\""),
        ("ONSALE__HTTP__LISTEN", "", "such as \"127.0.0.1:8080\""),
        ("ONSALE__HTTP__MANAGEMENT_LISTEN", "x", "or \"\""),
        ("ONSALE__HTTP__WORKERS", "many", "a whole number from 0 to 1024"),
        ("ONSALE__HTTP__WORKERS", "-1", "a whole number from 0 to 1024"),
        ("ONSALE__HTTP__WORKERS", "1.5", "a whole number from 0 to 1024"),
        ("ONSALE__HTTP__WORKERS", "99999999999999999999999999", "a whole number from 0 to 1024"),
        ("ONSALE__HTTP__TRUSTED_PROXIES", "10.0.0.0/33", "a list of addresses or networks"),
        ("ONSALE__LIMITS__ENABLED", "yes", "must be true or false"),
        ("ONSALE__DEMO__ENABLED", "1", "must be true, false or \"auto\""),
        ("ONSALE__LOG__LEVEL", "loud=verbose=1", "must be error, warn"),
        ("ONSALE__LOG__FORMAT", "xml", "must be \"json\" or \"text\""),
        ("ONSALE__DATA__DIR", "", "a folder's path"),
        ("ONSALE__COUPON__REDEEM_HOLD_SECONDS", "0", "from 1 to 604800"),
    ] {
        assert_refused(with_environment(&[(name, value)]), &[name, value, right]);
    }
    assert_refused(with_file("[limits]\nenabled = \"true\""), &["limits.enabled = \"true\"", "must be true or false"]);
    assert_refused(with_file("[http]\nworkers = 1.0"), &["http.workers = 1", "a whole number"]);
}

#[test]
fn unknown_engines_are_refused_without_printing_passwords() {
    let refused = with_environment(&[
        ("ONSALE__HOT__URL", "memcached://onsale:hunter2@cache:6379"),
        ("ONSALE__BUS__URL", "kafka://a,b"),
        ("ONSALE__LEDGER__URL", "oracle://onsale:hunter2@db/ticketing"),
    ]);
    let said = refused.as_ref().expect_err("refused").clone();
    assert!(!said.contains("hunter2"), "{said}");
    assert_refused(
        refused,
        &[
            "hot.url = \"memcached://onsale:***@cache:6379\" (environment variable ONSALE__HOT__URL): must be \"embedded:\", ",
            "bus.url = \"kafka://a,b\"",
            "ledger.url",
        ],
    );
}

#[test]
fn the_database_of_coupons_has_the_name_of_each_of_its_roles() {
    let (one, other) = ("postgres://u:hunter2@one/db", "postgres://u:hunter2@two/db");
    let url = |environment: &[(&str, &str)]| {
        let ledger = with_environment(environment)?.config.ledger;
        assert_eq!(ledger.own_url_of("user"), None);
        Ok::<_, String>(ledger.own_url_of("coupon").map(str::to_owned))
    };
    let [coupon, gate, issuer] = ["COUPON", "GATE", "ISSUER"].map(|role| format!("ONSALE__LEDGER__{role}__URL"));
    assert_eq!(url(&[]), Ok(None));
    for name in [&coupon, &gate, &issuer] {
        assert_eq!(url(&[(name, one)]), Ok(Some(one.to_owned())), "{name}");
    }
    assert_eq!(url(&[(&coupon, one), (&gate, one), (&issuer, one)]), Ok(Some(one.to_owned())));
    for (earlier, later, key) in [(&coupon, &gate, "ledger.gate.url"), (&gate, &issuer, "ledger.issuer.url")] {
        let refused = with_environment(&[(earlier, one), (later, other)]);
        assert!(!refused.as_ref().expect_err("refused").contains("hunter2"));
        assert_refused(refused, &[key, later, "is another name of", "set one of them"]);
    }
}

#[test]
fn every_role_has_an_address_also_where_nobody_asks_it() {
    let addresses = [
        ("ONSALE__GATEWAY__URL__ISSUER", "http://issuer:8087"),
        ("ONSALE__INTERNAL__URL__USER", "http://user:8081"),
        ("ONSALE__INTERNAL__URL__ISSUER", "http://issuer:8087"),
    ];
    let config = with_environment(&addresses).expect("loaded").config;
    assert_eq!(config.gateway.url.of("issuer"), "http://issuer:8087");
    assert_eq!(config.internal.url.of("user"), "http://user:8081");
    assert_refused(with_environment(&[("ONSALE__INTERNAL__URL__USER", "user")]), &["internal.url.user"]);
}

#[test]
fn short_lives_and_keys_are_taken() {
    let config = with_environment(&[
        ("ONSALE__RESERVATION__HOLD_TTL_SECONDS", "1"),
        ("ONSALE__USER__ACCESS_TTL_SECONDS", "1"),
        ("ONSALE__INTERNAL__KEY__GATEWAY", "gw-key"),
    ]);
    let config = config.expect("loaded").config;
    assert_eq!((config.reservation.hold_ttl_seconds, config.user.access_ttl_seconds), (1, 1));
    assert_eq!(config.internal.key.of("gateway"), "gw-key");
}

#[test]
fn names_of_lines_are_checked() {
    let config = with_environment(&[("ONSALE__QUEUE__LINES", "shop, tickets.2026")]).expect("loaded").config;
    assert_eq!(config.queue.lines, ["shop", "tickets.2026"]);
    assert!(with_environment(&[("ONSALE__QUEUE__LINES", "")]).expect("loaded").config.queue.lines.is_empty());
    for wrong in ["a,a", "gate:shop", "queue:shop", "a b", "\u{ac00}", "lines", "stats", ".", "..", &"x".repeat(65)] {
        assert_refused(with_environment(&[("ONSALE__QUEUE__LINES", wrong)]), &["queue.lines", "different names"]);
    }
    // The lines of schedules are named so.
    let uuid = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
    let forms = [
        uuid.to_owned(),
        uuid.to_uppercase(),
        uuid.replace('-', ""),
        format!("{{{uuid}}}"),
        format!("urn:uuid:{uuid}"),
    ];
    for form in forms {
        assert_refused(with_environment(&[("ONSALE__QUEUE__LINES", &form)]), &["queue.lines", "or a UUID"]);
    }
}

/// Kind: a setting takes a name that the API refuses.
#[test]
fn names_of_campaigns_are_checked() {
    let config = with_environment(&[("ONSALE__GATE__EVENT_IDS", "spring, acme/spring")]).expect("loaded").config;
    assert_eq!(config.gate.event_ids.iter().map(ToString::to_string).collect::<Vec<_>>(), ["spring", "acme/spring"]);
    for wrong in [".", "..", "gate:a", "queue:a", "a b", "../a", "a/..", "gate:a/b", "a/queue:b", "a/b/c", "/a", "a/"] {
        assert_refused(
            with_environment(&[("ONSALE__GATE__EVENT_IDS", wrong)]),
            &["gate.event_ids", "a list of campaigns"],
        );
    }
}

#[test]
fn secrets_are_never_shown() {
    let secret = "correct horse battery staple 123456";
    let loaded = with_environment(&[("ONSALE__QUEUE__COOKIE_KEY", secret)]).expect("loaded");
    assert_eq!(loaded.config.queue.cookie_key, secret);
    let printed = print(&loaded);
    assert!(!printed.contains("horse") && printed.contains("cookie_key = \"***\""), "{printed}");
    let said = with_environment(&[("ONSALE__QUEUE__COOKIE_KEY", "horse")]).expect_err("refused");
    assert!(!said.contains("horse") && said.contains("at least 32 characters"), "{said}");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    assert_refused(with_file("[http\nlisten"), &["onsale.toml", "not TOML"]);
    let missing = Sources { file: Some("/nowhere/else.toml".into()), ..Sources::default() };
    assert_refused(load(&missing).map_err(|error| error.to_string()), &["/nowhere/else.toml", "No such file"]);
}

/// Whatever stands in a file: each wrong value is refused with the permitted ones, in our words and not in the library's.
#[test]
fn no_wrong_value_is_answered_in_a_librarys_words() {
    let values = [
        "5",
        "-1",
        "1.5",
        "true",
        "\"x\"",
        "\"\"",
        "[]",
        "[1]",
        "[[\"x\"]]",
        "{ a = 1 }",
        "{}",
        "1979-05-27T07:32:00Z",
        "9223372036854775807",
        "inf",
        "nan",
    ];
    for key in KEYS {
        let (section, name) = key.name.split_once('.').expect("a section and a name");
        for value in values {
            let Err(said) = with_file(&format!("[{section}]\n{name} = {value}")) else { continue };
            let line = said.lines().nth(1).unwrap_or_default();
            assert!(line.contains(key.name), "{} = {value}: {said}", key.name);
            for word in ["expected", "invalid type", "u32", "u16", "u64", "usize", "struct", "sequence", "bool "] {
                assert!(!said.contains(word), "{} = {value}: {said}", key.name);
            }
        }
    }
    for (name, value) in [("ONSALE__HTTP", "5"), ("ONSALE__INTERNAL__KEY", "x"), ("ONSALE__QUEUE__LINES__0", "x")] {
        let said = with_environment(&[(name, value)]).expect_err("refused");
        assert!(!said.contains("expected") && !said.contains("invalid type"), "{name}: {said}");
    }
}

#[test]
fn origins_are_taken_as_browsers_write_them() {
    let origins =
        |text: &str| with_environment(&[("ONSALE__CORS__ORIGINS", text)]).map(|loaded| loaded.config.cors.origins);
    assert_eq!(origins(""), Ok(Vec::new()));
    let both = "https://shop.example, http://localhost:3000";
    assert_eq!(origins(both), Ok(vec!["https://shop.example".to_owned(), "http://localhost:3000".to_owned()]));
    for wrong in [
        "*",
        "null",
        "shop.example",
        "https://shop.example/",
        "https://shop.example/a",
        "https://*.example",
        "https://Shop.example",
        "https://a@shop.example",
        "https://shop.example:443",
        "http://shop.example:80",
        "https://",
        "ftp://shop.example",
        "https://shop example",
    ] {
        assert_refused(with_environment(&[("ONSALE__CORS__ORIGINS", wrong)]), &["cors.origins", "no wildcard"]);
    }
}
