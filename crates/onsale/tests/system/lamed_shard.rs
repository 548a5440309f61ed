//! One shard of the Redis Cluster has no replica, so it takes no writes: campaigns of the others are made, changed and
//! given, the server stays ready, and a change that was stored comes into force by itself.

use serde_json::json;
use testkit::onsale::{CAMPAIGNS, Server, World, make_key, wait_until};
use testkit::{Flavor, Kit, RedisCluster, available};

const SHARDS: u16 = 3;

fn slot(tag: &str) -> u16 {
    let bit = |crc: u16| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
    let crc = tag.bytes().fold(0_u16, |crc, byte| (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| bit(crc)));
    crc % 16_384
}

/// The third of the slots, as the kit shares them.
fn shard(tag: &str) -> u16 {
    match slot(tag) {
        0..5_461 => 0,
        5_461..10_922 => 1,
        _ => 2,
    }
}

/// The name of a campaign of that third.
fn name_on(wanted: u16, purpose: &str) -> String {
    let mut names = (0..).map(|number| format!("{purpose}-{number}"));
    names.find(|name| shard(name) == wanted).expect("one of them")
}

fn world(cluster: &RedisCluster) -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let admin_key = make_key(folder.path(), &["--admin"]);
    let server = Server::start(folder.path(), &[("ONSALE__HOT__URL", cluster.url().as_str())]);
    World { server, admin_key, folder }
}

fn act(world: &World, event: &str, action: &str) -> testkit::http::Reply {
    world.admin().post(&format!("{CAMPAIGNS}/{event}/{action}"))
}

fn status(world: &World, event: &str) -> String {
    let status = world.anyone().get(&format!("/api/v1/coupons/status/{event}"));
    status.field("status").as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_other_shards_serve_and_a_stored_change_comes_into_force_by_itself() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(cluster) = available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    cluster.nodes().iter().for_each(|node| node.tell(&["CONFIG", "SET", "min-replicas-to-write", "1"]).expect("set"));
    let world = world(&cluster);
    let admin = world.admin();
    for lamed in 0..SHARDS {
        let there = name_on(lamed, &format!("there-{lamed}"));
        admin.make_campaign(&json!({"event_id": there, "name": "Sale", "stock": 5}));
        act(&world, &there, "open").ok();
        let master = cluster.master_of(slot(&there)).expect("a master");
        let replica = &cluster.nodes()[cluster.replica_of(master).expect("a replica")];
        replica.kill().expect("killed");
        wait_until("the shard takes no writes", || world.anyone().issue("nobody", &there).status == 503);
        for other in (0..SHARDS).filter(|other| *other != lamed) {
            let event = name_on(other, &format!("new-{lamed}-{other}"));
            assert_eq!(admin.post_json(CAMPAIGNS, &json!({"event_id": event, "name": "Sale", "stock": 5})).status, 201);
            act(&world, &event, "open").ok();
            assert_eq!(world.anyone().issue("ann", &event).ok()["code"], "ISSUED");
            admin.patch(&format!("{CAMPAIGNS}/{event}"), &json!({"name": "Another name"})).ok();
            assert_eq!(act(&world, &event, "pause").ok()["status"], "paused");
            assert_eq!(world.anyone().issue("bob", &event).code(), "PAUSED");
        }
        assert_eq!(world.anyone().get("/health/ready").status, 200, "two shards serve");
        wait_until("an operator sees which one does not", || {
            let health = admin.get("/health").ok();
            health["warnings"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one.to_string().contains("decide nothing")))
        });
        let late = act(&world, &there, "pause");
        late.is_error(503, "SERVICE_UNAVAILABLE");
        let told = late.field("message").as_str().unwrap_or_default().to_owned();
        assert!(told.contains("stored") && told.contains("by itself"), "the caller hears the truth: {told}");
        replica.restart().expect("starts again");
        cluster.wait_until_ready().expect("whole again");
        wait_until("the pause is in force", || status(&world, &there) == "paused");
        act(&world, &there, "resume").ok();
    }
}
