//! Commands that change something are in the audit log, too: each of them, with what was and what is.

use serde_json::{Value, json};
use testkit::onsale::World;

fn entries(world: &World, target: &str) -> Vec<Value> {
    let output = world.run(&["audit", "list", "--target", target, "--json"]);
    let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    list.as_array().expect("a list").clone()
}

/// The one entry of this target, by this command.
#[track_caller]
fn entry(world: &World, target: &str, action: &str, command: &str) -> Value {
    let found = entries(world, target);
    assert_eq!(found.len(), 1, "{target}: {found:?}");
    assert_eq!(found[0]["action"], action, "{}", found[0]);
    assert_eq!(found[0]["actor"], json!({"kind": "command", "id": command}), "{}", found[0]);
    found[0].clone()
}

#[track_caller]
fn done(world: &World, arguments: &[&str]) {
    let output = world.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

#[test]
fn keys_and_tenants_leave_their_entries() {
    let world = World::new();
    let listed = String::from_utf8(world.run(&["admin", "keys", "list"]).stdout).expect("UTF-8");
    let id = listed.split_whitespace().next().expect("an id").to_owned();
    done(&world, &["admin", "keys", "revoke", &id]);
    let found = entries(&world, &format!("key:{id}"));
    let actions: Vec<&Value> = found.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["key.revoke", "key.create"]);
    assert_eq!(found[0]["actor"], json!({"kind": "command", "id": "admin keys"}));

    done(&world, &["admin", "tenants", "set", "--tenant", "acme", "--max-campaigns", "4321"]);
    let set = entry(&world, "tenant:acme", "tenant.set", "admin tenants");
    assert!(set["after"].to_string().contains("4321") && !set["before"].to_string().contains("4321"), "{set}");
}

#[test]
fn dead_letters_and_repairs_leave_their_entries() {
    let mut world = World::new();
    assert_eq!(world.server.terminate(), Some(0));
    let file = rusqlite::Connection::open(world.folder.path().join("bus.sqlite")).expect("opens");
    for offset in [1, 2] {
        let insert = "INSERT INTO dead_letters (topic, consumer_group, reason, error, original_topic, original_partition, \
                      original_offset, key, headers, value, buried_at_ms) VALUES ('dlq.coupon', 'coupon-group', 'INVALID', \
                      'planted', 'coupon.events', 0, ?1, 'sale', '[]', x'7b7d', ?2)";
        file.execute(insert, rusqlite::params![offset, clock::now().millis()]).expect("planted");
    }
    drop(file);
    done(&world, &["dead-letters", "replay", "1"]);
    done(&world, &["dead-letters", "drop", "2"]);
    for (target, action) in [("dead-letter:1", "dead-letter.replay"), ("dead-letter:2", "dead-letter.drop")] {
        let entry = entry(&world, target, action, "dead-letters");
        assert_eq!(entry["before"], json!({"topic": "dlq.coupon", "key": "sale", "reason": "INVALID"}));
    }
    // Nothing was changed, so nothing is told.
    assert!(!world.run(&["dead-letters", "drop", "17"]).status.success());
    assert_eq!(entries(&world, "dead-letter:17"), Vec::<Value>::new());
    done(&world, &["reconcile"]);
    assert_eq!(entries(&world, "campaign:*"), Vec::<Value>::new());
    done(&world, &["reconcile", "--repair"]);
    entry(&world, "campaign:*", "reconcile.repair", "reconcile");
}
