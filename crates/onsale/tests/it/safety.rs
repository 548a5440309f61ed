//! Unsafe starts are refused, and commands act on the folder that is meant.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use testkit::onsale::{Server, onsale, run, wait_until};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `serve` with these settings; it must end by itself.
fn serve(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = onsale(data, &[&["serve"], arguments].concat());
    command.envs(settings.iter().copied()).output().expect("starts")
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is missing in: {said}");
    }
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn the_demonstration_is_never_public() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let words = ["demo.enabled = false", "coupon.open_issue = false", "http.management_listen", "http.allow_unsafe"];
    for listen in ["0.0.0.0:0", "[::]:0"] {
        refused(&serve(&data, &["--listen", listen], &[]), &words);
        refused(&serve(&data, &[], &[("ONSALE__HTTP__LISTEN", listen)]), &words);
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, format!("[http]\nlisten = \"{listen}\"\n[demo]\nenabled = true\n")).expect("written");
        refused(&serve(&data, &["--config", file.to_str().expect("UTF-8")], &[]), &words);
    }
    assert!(!data.exists(), "nothing is made");
}

#[test]
fn proxies_that_include_everybody_and_weak_keys_are_refused_on_loopback_too() {
    let folder = tempfile::tempdir().expect("a folder");
    for (key, value, word) in [
        ("ONSALE__HTTP__TRUSTED_PROXIES", "0.0.0.0/0", "trusted_proxies"),
        ("ONSALE__HTTP__TRUSTED_PROXIES", "10.0.0.1,::/0", "::/0"),
        ("ONSALE__QUEUE__COOKIE_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "openssl rand -hex 32"),
        ("ONSALE__INTERNAL__KEY__ISSUER", "1111111111111111", "internal.key.issuer"),
    ] {
        let output = serve(folder.path(), &["--listen", "127.0.0.1:0"], &[(key, value)]);
        refused(&output, &[word]);
        assert!(!said(&output).contains("aaaaaaaa"), "{output:?}");
    }
}

#[test]
fn with_allow_unsafe_it_starts_and_says_so_in_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let unsafe_settings = [("ONSALE__HTTP__ALLOW_UNSAFE", "true"), ("ONSALE__HTTP__TRUSTED_PROXIES", "0.0.0.0/0")];
    let server = Server::start_at("127.0.0.1:0", folder.path(), &unsafe_settings);
    wait_until("the log says it", || {
        let log = server.log();
        log.contains("UNSAFE") && log.contains("0.0.0.0/0")
    });
}

#[test]
fn a_folder_that_others_may_write_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for mode in [0o777, 0o770, 0o722] {
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).expect("set");
        for command in
            [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["admin", "keys", "create", "--admin"]]
        {
            refused(&run(folder.path(), command), &["chmod 700"]);
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0, "nothing is made");
}

/// A start on a port in use leaves nothing behind: no folder, no file, and no key that nobody has seen.
#[test]
fn a_port_in_use_leaves_nothing_behind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for (key, listen) in [("ONSALE__LOG__FORMAT", address.as_str()), ("ONSALE__HTTP__MANAGEMENT_LISTEN", "127.0.0.1:0")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let value = if listen == address { "json" } else { address.as_str() };
        let output = serve(&data, &["--listen", listen], &[(key, value)]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(said(&output).contains("cannot listen on"), "{output:?}");
        assert!(!data.exists() && output.stdout.is_empty(), "{output:?}");
    }
}

#[test]
fn only_some_commands_make_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = ["reconcile", "--campaign", "x"];
    for (command, status) in [
        (&["reconcile"][..], 2),
        (&["reconcile", "--repair"], 2),
        (&["reconcile", "--json"], 2),
        (&campaign, 2),
        (&["coupons", "export", "x"], 2),
        (&["dead-letters", "list"], 2),
        (&["dead-letters", "show", "1"], 2),
        (&["dead-letters", "replay", "--all"], 2),
        (&["dead-letters", "drop", "1"], 2),
        (&["admin", "keys", "list"], 2),
        (&["admin", "keys", "revoke", "0b0e0f5e-6c3d-4a57-9e3f-6d1f0a4f6a11"], 2),
        (&["doctor"], 1),
    ] {
        for data in [folder.path().join("nowhere"), folder.path().to_owned()] {
            let output = run(&data, command);
            let (all, shown) = (said(&output) + &String::from_utf8_lossy(&output.stdout), data.display().to_string());
            assert_eq!(output.status.code(), Some(status), "{command:?}: {all}");
            assert!(all.contains("there is no data in") && all.contains(&shown), "{command:?}: {all}");
            assert!(all.contains("onsale migrate"), "{command:?}: {all}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0, "nothing is made");
    for command in [&["migrate"][..], &["admin", "keys", "create", "--admin"]] {
        let data = folder.path().join(command[0]);
        assert!(run(&data, command).status.success());
        assert!(data.is_dir());
    }
}

/// The books of nothing balance: decisions without their database must not look like an empty folder.
#[test]
fn a_folder_that_has_lost_its_database_is_no_empty_one() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(run(folder.path(), &["migrate"]).status.success());
    std::fs::write(folder.path().join("hot.sqlite"), "").expect("written");
    std::fs::remove_file(folder.path().join("coupon_service.sqlite")).expect("there");
    for (command, status) in [(&["reconcile"][..], 2), (&["coupons", "export", "x"], 2), (&["doctor"], 1)] {
        let output = run(folder.path(), command);
        let all = said(&output) + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(status), "{command:?}: {all}");
        assert!(all.contains("not the database") && all.contains("one backup"), "{command:?}: {all}");
        assert!(!folder.path().join("coupon_service.sqlite").exists(), "{command:?} made it");
    }
}

#[test]
fn a_folder_of_another_user_is_not_called_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).expect("made");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("closed");
    let output = run(&closed, &["reconcile"]);
    let all = said(&output);
    assert_eq!(output.status.code(), Some(2), "{all}");
    // Root may read everything; the same test runs as an ordinary user, too.
    let is_root = std::fs::read_dir(&closed).is_ok();
    assert!(is_root || (all.contains("belongs to the user") && all.contains("sudo -u")), "{all}");
}

/// Without `--config` another folder is meant than the server's; so each command says which.
#[test]
fn every_command_names_its_folder_and_its_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("onsale.toml"), "[data]\ndir = \"mine\"\n").expect("written");
    let data = folder.path().join("mine");
    assert!(run(&data, &["migrate"]).status.success());
    for command in [
        &["migrate"][..],
        &["reconcile"],
        &["dead-letters", "list"],
        &["coupons", "export", "x"],
        &["admin", "keys", "list"],
        &["admin", "keys", "create", "--admin"],
        &["doctor"],
        &["config"],
    ] {
        let mut onsale = launch::onsale(&testkit::onsale::program());
        let output = onsale.args(command).current_dir(folder.path()).output().expect("starts");
        let all = said(&output) + &String::from_utf8_lossy(&output.stdout);
        for shown in [data.display().to_string(), folder.path().join("onsale.toml").display().to_string()] {
            assert!(all.contains(&shown), "{command:?} does not name {shown}: {all}");
        }
    }
    let output = run(&data, &["reconcile"]);
    assert!(said(&output).contains("no file (onsale.toml"), "{output:?}");
}

#[test]
fn variables_that_set_nothing_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, meant) in [("ONSALE_HTTP__LISTEN", "ONSALE__HTTP__LISTEN"), ("onsale__data__dir", "ONSALE__DATA__DIR")] {
        for command in [&["serve"][..], &["config"], &["doctor"], &["migrate"]] {
            let output = onsale(folder.path(), command).env(name, "127.0.0.1:1").output().expect("starts");
            refused(&output, &[name, meant, "two underscores"]);
        }
    }
    let allowed =
        [("ONSALE_KEY", "x"), ("ONSALE_SERVICE_HOST", "10.0.0.1"), ("ONSALE_PORT_8080_TCP", "tcp://10.0.0.1:8080")];
    assert!(onsale(folder.path(), &["config"]).envs(allowed).output().expect("starts").status.success());
}

#[test]
fn what_is_not_there_is_named_in_words() {
    let world = testkit::onsale::World::new();
    let output = world.run(&["reconcile", "--campaign", "nope"]);
    refused(&output, &["there is no campaign nope", "sample_event", "TENANT/NAME"]);
    let output = world.run(&["admin", "keys", "revoke", "99"]);
    refused(&output, &["UUID", "onsale admin keys list"]);
    let unknown = world.admin().call("POST", "/queue/admin/gate:nope/pause", None);
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("there is no line gate:nope"), "{}", unknown.text());
    let bad = world.anyone().issue("a@b.kr", "sample_event");
    assert!(bad.text().contains("user_id") && bad.text().contains("A-Z, a-z"), "{}", bad.text());
}

#[test]
fn an_administrator_asks_for_the_status_of_any_tenant() {
    let world = testkit::onsale::World::new();
    let acme = world.keyed(&["--tenant", "acme"]);
    acme.make_campaign(&serde_json::json!({"event_id": "sale", "name": "Sale", "stock": 7}));
    let path = "/api/v1/coupons/status/sale";
    world.admin().get(path).is_error(404, "CAMPAIGN_NOT_FOUND");
    assert_eq!(world.admin().get(&format!("{path}?tenant=acme")).ok()["remaining_stock"], 7);
    assert_eq!(acme.get(&format!("{path}?tenant=acme")).status, 200);
    acme.get(&format!("{path}?tenant=bolt")).is_error(403, "FORBIDDEN");
    world.anyone().get(&format!("{path}?tenant=acme")).is_error(403, "FORBIDDEN");
    assert_eq!(world.anyone().get("/api/v1/coupons/status/sample_event?tenant=default").status, 200);
}

#[test]
fn the_printed_address_shows_people_where_to_go() {
    let world = testkit::onsale::World::new();
    let page = world.anyone().with("Accept", "text/html,*/*").get("/");
    for way in ["/shows", "/coupons", "/console", "/docs"] {
        assert!(page.status == 200 && page.text().contains(&format!("href=\"{way}\"")), "{way}: {}", page.text());
    }
}
