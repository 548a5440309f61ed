//! Two servers over one Redis.

use crate::support::{Engines, NOON, OTHER, SCHEDULE, Scene, World, person, slow};
use hot::redis::{Ack, LineOptions, RedisAddress, RedisConnections, RedisKeys, RedisLimits, RedisLines};
use queue::TicketSettings;
use std::sync::Arc;
use std::time::Instant;
use testkit::{Flavor, Kit, RedisNode};

/// A Redis of the test; none where it is not installed.
fn redis() -> Option<RedisNode> {
    let kit = testkit::available(Kit::temporary())?;
    testkit::available(RedisNode::start(&kit, Flavor::Redis))
}

async fn engines(node: &RedisNode) -> Engines {
    let address = RedisAddress::parse(&node.url()).expect("an address");
    let connections = RedisConnections::open(&address, 2).await.expect("connects");
    let options = LineOptions { ack: Ack::None, ..LineOptions::default() };
    Engines {
        lines: Arc::new(RedisLines::new(connections.clone(), options)),
        keys: Arc::new(RedisKeys::new(connections.clone())),
        limits: Arc::new(RedisLimits::new(connections)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_over_redis_are_one_line_and_keep_the_contracts_keys() {
    let Some(node) = redis() else { return };
    let world = Arc::new(World::default());
    for schedule in [SCHEDULE, OTHER] {
        world.sell(schedule, NOON.plus_seconds(-1_000_000_000), NOON.plus_seconds(1_000_000_000));
    }
    // By the engine's own clock: the rate alone would let more than one in on a busy machine.
    let settings = TicketSettings { inside_max: 1, ..slow() };
    let one = Scene::over(settings.clone(), engines(&node).await, world.clone());
    let two = Scene::over(settings, engines(&node).await, world);
    let first = one.enter(1, SCHEDULE).await.expect(200);
    assert_eq!((first["ticket"].as_u64(), first["estimatedWaitTime"].as_u64()), (Some(1), Some(0)));
    for number in 2..=4 {
        two.enter(number, SCHEDULE).await.expect(200);
    }
    assert_eq!(one.enter(3, OTHER).await.code(), (409, "ALREADY_IN_QUEUE"));
    let token = two.status(1, SCHEDULE).await.expect(200)["token"].as_str().expect("a token").to_owned();
    one.check_pass(&token, 1, SCHEDULE).await.expect(200);
    let ask = |words: &[&str]| node.ask(words).expect("asked").trim().to_owned();
    let user = person(1).id;
    assert_eq!(ask(&["GET", &format!("queue:user-token:{{{SCHEDULE}}}:{user}")]), token);
    assert!(ask(&["GET", &format!("queue:token:{token}")]).contains(&user.to_string()));
    assert_eq!(ask(&["GET", &format!("queue:active:{}", person(3).id)]), SCHEDULE);
    let waiting = ["EVAL", "return tostring(redis.call('ZCARD', KEYS[1]))", "1", &format!("queue:{{{SCHEDULE}}}")];
    assert_eq!(ask(&waiting), "3");
    let lives = "for _, key in ipairs(redis.call('KEYS', 'queue:token:*')) do if redis.call('PTTL', key) < 0 then return key end end \
                 for _, key in ipairs(redis.call('KEYS', 'queue:active:*')) do if redis.call('PTTL', key) < 0 then return key end end return 'all end'";
    assert_eq!(ask(&["EVAL", lives, "0"]), "all end");
    // Both servers together give fifteen looks, and another one each four seconds.
    let begun = Instant::now();
    for look in 0..15 {
        let scene = if look % 2 == 0 { &one } else { &two };
        scene.status(4, SCHEDULE).await.expect(200);
    }
    let mut more = 0;
    loop {
        let told = [one.status(4, SCHEDULE).await.status, two.status(4, SCHEDULE).await.status];
        if told == [429, 429] {
            break;
        }
        more += told.iter().filter(|status| **status != 429).count();
        assert!(more <= usize::try_from(begun.elapsed().as_secs() / 4).expect("a short time"), "{told:?}");
    }
    // The copies are lost; the line is not.
    ask(&["EVAL", "redis.call('DEL', KEYS[1]) return 'gone'", "1", &format!("queue:token:{token}")]);
    two.check_pass(&token, 1, SCHEDULE).await.expect(200);
    one.leave(1, SCHEDULE).await.expect(200);
    assert_eq!(two.check_pass(&token, 1, SCHEDULE).await.status, 404);
}
