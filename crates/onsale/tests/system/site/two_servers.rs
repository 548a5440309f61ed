//! Two servers on one Redis Cluster: each sees the lines that the other makes, changes and ends (QUEUE-014).

use serde_json::json;
use testkit::http::Client;
use testkit::onsale::visitor::Visitor;
use testkit::onsale::{Server, World, make_key, wait_until};
use testkit::{Flavor, Kit, RedisCluster, available};

fn world(cluster: &RedisCluster) -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let admin_key = make_key(folder.path(), &["--admin"]);
    let url = cluster.url();
    let environment = [
        ("ONSALE__HOT__URL", url.as_str()),
        ("ONSALE__QUEUE__COOKIE_KEY", "one key of forty characters, 7d1f0a4f6a11"),
        ("ONSALE__QUEUE__LINES", "configured"),
    ];
    World { server: Server::start(folder.path(), &environment), admin_key, folder }
}

fn check(visitor: &Visitor, name: &str) -> u16 {
    visitor.get_with(&format!("/queue/check?line={name}"), &[("X-Original-URI", "/cart")]).status
}

fn wait(visitor: &Visitor, name: &str) -> u16 {
    let first = visitor.get(&format!("/wait/{name}?to=/cart"));
    first.header("location").map_or(first.status, |to| visitor.get(to).status)
}

fn at(client: Client, visitor: &Visitor) -> Visitor {
    Visitor { client, ..visitor.clone() }
}

#[test]
fn each_server_follows_the_lines_of_the_other() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(cluster) = available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let (one, two) = (world(&cluster), world(&cluster));
    let definition = json!({"name": "spring", "ratePerSecond": 0, "tokenTtlSeconds": 3_600});
    assert_eq!(one.admin().post_json("/queue/admin/lines", &definition).status, 201);
    two.admin().post_json("/queue/admin/lines", &definition).is_error(409, "LINE_EXISTS");
    wait_until("the other has it", || two.anyone().get("/queue/serving/spring").status == 200);
    let visitor = Visitor::new(&two);
    assert_eq!(wait(&visitor, "spring"), 200);
    let patch = |world: &World, fields| world.admin().patch("/queue/admin/lines/spring", &fields).ok();
    patch(&one, json!({"switch": "off"}));
    wait_until("it is off there, too", || check(&Visitor::new(&two), "spring") == 200);
    patch(&two, json!({"switch": "on", "ratePerSecond": 100}));
    wait_until("it is on again", || {
        let status = check(&Visitor::new(&one), "spring");
        // Shown when it is waited for in vain.
        println!("it is on again: {status}");
        status == 401
    });
    wait_until("the visitor is admitted", || check(&visitor, "spring") == 200);
    assert_eq!(one.admin().call("DELETE", "/queue/admin/lines/spring", None).status, 204);
    wait_until("the other has it no more", || two.anyone().get("/queue/serving/spring").status == 404);
    two.admin().get("/queue/admin/lines/spring").is_error(404, "NOT_FOUND");
    for world in [&one, &two] {
        assert_eq!(check(&at(world.anyone(), &visitor), "spring"), 200, "the pass lives on");
    }
    // That it does not come back by itself while a server runs, `queue::configured` shows.
    assert_eq!(two.admin().call("DELETE", "/queue/admin/lines/configured", None).status, 204);
    wait_until("it is gone everywhere", || one.anyone().get("/queue/serving/configured").status == 404);
    wait_until("and there", || two.anyone().get("/queue/serving/configured").status == 404);
}
