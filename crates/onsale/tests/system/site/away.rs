//! The hot state is unavailable: admitted users stay admitted, no other user is admitted, and the state survives.

use testkit::onsale::visitor::{Visitor, open_the_line};
use testkit::onsale::{Server, World, make_key, wait_until};
use testkit::{Flavor, Kit, RedisNode, available};

#[test]
fn while_redis_is_unavailable_passes_work_and_no_one_is_admitted() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(redis) = available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let admin_key = make_key(folder.path(), &["--admin"]);
    let environment = [
        ("ONSALE__HOT__URL", redis.url()),
        ("ONSALE__HOT__ACK", "none".to_owned()),
        ("ONSALE__QUEUE__LINES", "shop".to_owned()),
        ("ONSALE__QUEUE__RATE_PER_SECOND", "1000".to_owned()),
        ("ONSALE__QUEUE__COOKIE_KEY", "c7e5a0f2b91d4863a6f8e2d17b305c94".to_owned()),
    ];
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Server::start(folder.path(), &environment);
    let world = World { server, admin_key, folder };
    let (inside, waiting) = (Visitor::new(&world), Visitor::new(&world));
    assert_eq!(inside.wait().status, 200);
    wait_until("let in, with the pass in a cookie", || inside.check("/cart").status == 200);
    open_the_line(&world, 0);
    assert_eq!(waiting.wait().status, 200);
    redis.kill().expect("killed");
    wait_until("nobody can tell", || waiting.check("/cart").status == 503);
    for _ in 0..5 {
        assert_eq!(inside.check("/cart").status, 200);
        waiting.check("/cart").is_error(503, "SERVICE_UNAVAILABLE");
    }
    let page = waiting.get("/wait/shop?to=/cart");
    assert_eq!(page.status, 503);
    assert!(page.text().contains("받은 순서는 그대로 유지"), "{}", page.text());
    redis.restart().expect("comes back");
    wait_until("the line answers again", || waiting.check("/cart").status == 401);
    assert_eq!(waiting.get("/queue/place/shop").ok()["ticket"], 2);
    assert_eq!(inside.check("/cart").status, 200);
}
