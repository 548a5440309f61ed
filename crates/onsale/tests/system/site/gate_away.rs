//! A Redis that does not respond for ten seconds and returns with the same state: users at a gate wait, and no position
//! changes.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::http::Reply;
use testkit::onsale::{PATIENCE, Server, World, make_key, wait_until};
use testkit::{Flavor, Kit, RedisNode, available};

const AWAY: Duration = Duration::from_secs(10);
const CALLERS: usize = 6;

/// A server on this Redis without the other shared settings.
fn world(redis: &RedisNode) -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let admin_key = make_key(folder.path(), &["--admin"]);
    let url = redis.url();
    let environment = [
        ("ONSALE__HOT__URL", url.as_str()),
        ("ONSALE__HOT__ACK", "none"),
        ("ONSALE__COUPON__OPEN_ISSUE", "true"),
        ("ONSALE__GATE__DISPATCH_PER_SECOND", "0"),
        ("ONSALE__GATE__ACTIVE_TTL_SECONDS", "3600"),
    ];
    World { server: Server::start(folder.path(), &environment), admin_key, folder }
}

/// The responses to users at the gate.
#[derive(Default)]
struct Heard {
    entered: AtomicUsize,
    put_off: AtomicUsize,
    done: AtomicBool,
}

impl Heard {
    /// Asserts a clear response: the requested one, or a time to retry.
    fn is_yes(&self, answer: &Reply) -> bool {
        if answer.status == 200 {
            return true;
        }
        answer.is_error(503, "SERVICE_UNAVAILABLE");
        assert!(answer.header("retry-after").is_some());
        self.put_off.fetch_add(1, Ordering::SeqCst);
        false
    }

    /// Enqueues users one after another, each until confirmed, and polls each once more. Returns the rank by user.
    fn press(&self, world: &World, caller: usize) -> BTreeMap<String, u64> {
        let mut ranks = BTreeMap::new();
        for number in 0.. {
            if self.done.load(Ordering::SeqCst) {
                break;
            }
            let user = format!("user-{caller}-{number}");
            let enter = || world.anyone().post(&format!("/gate/events/away/enqueue?userId={user}"));
            let entered = self.until_yes(enter);
            self.entered.fetch_add(1, Ordering::SeqCst);
            let told = self.until_yes(|| world.anyone().get(&format!("/gate/events/away/rank?userId={user}")));
            assert_eq!((&told["status"], &told["rank"]), (&json!("WAITING"), &entered["rank"]), "{user}");
            ranks.insert(user, entered["rank"].as_u64().expect("a rank"));
            std::thread::sleep(Duration::from_millis(20));
        }
        ranks
    }

    fn until_yes(&self, ask: impl Fn() -> Reply) -> Value {
        let begun = Instant::now();
        loop {
            let answer = ask();
            if self.is_yes(&answer) {
                return answer.json();
            }
            assert!(begun.elapsed() < PATIENCE, "nothing but 503");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn an_outage_of_redis_changes_no_position() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(redis) = available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let world = world(&redis);
    let campaign = json!({"event_id": "away", "name": "Sale", "stock": 5, "gated": true});
    world.admin().make_campaign(&campaign);
    world.admin().open_campaign("away");
    let heard = Heard::default();
    let ranks: BTreeMap<String, u64> = std::thread::scope(|scope| {
        let press = |caller: usize| heard.press(&world, caller);
        let crowd: Vec<_> = (0..CALLERS).map(|caller| scope.spawn(move || press(caller))).collect();
        let entered = || heard.entered.load(Ordering::SeqCst);
        wait_until("many have entered", || entered() >= 60);
        redis.stall().expect("stalls");
        std::thread::sleep(AWAY);
        wait_until("users are asked to retry", || heard.put_off.load(Ordering::SeqCst) > 0);
        redis.resume().expect("goes on");
        let before = entered();
        wait_until("people enter again", || entered() > before + 60);
        heard.done.store(true, Ordering::SeqCst);
        crowd.into_iter().flat_map(|caller| caller.join().expect("nobody heard anything else")).collect()
    });
    let mut places: Vec<u64> = ranks.values().copied().collect();
    places.sort_unstable();
    assert_eq!(places, (1..=ranks.len() as u64).collect::<Vec<_>>(), "a place each, none lost, none doubled");
    for (user, rank) in &ranks {
        let told = world.anyone().get(&format!("/gate/events/away/rank?userId={user}")).ok();
        assert_eq!(told, json!({"status": "WAITING", "rank": rank}), "{user}");
    }
    let body = json!({"ratePerSecond": 1_000_000}).to_string();
    assert_eq!(world.admin().call("PUT", "/queue/admin/gate:away/rate", Some(body.as_bytes())).status, 204);
    let status =
        |user: &str| world.anyone().get(&format!("/gate/events/away/rank?userId={user}")).ok()["status"].clone();
    wait_until("all go on by themselves", || ranks.keys().all(|user| status(user) == "ACTIVE"));
}

/// Servers with shared lines need the same receipt key; a server without a configured key cannot announce a draw.
#[test]
fn without_a_receipt_key_no_draw_is_announced_on_redis() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(redis) = available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let world = world(&redis);
    let campaign = json!({"event_id": "away", "name": "Sale", "stock": 5, "gated": true});
    world.admin().make_campaign(&campaign);
    let serving = || world.anyone().get("/queue/serving/gate:away");
    wait_until("the line is there", || serving().status == 200);
    let refused = world.admin().call("PUT", "/queue/admin/gate:away/draw", None);
    refused.is_error(409, "DRAW_NOT_POSSIBLE");
    assert!(refused.text().contains("queue.receipt_key"), "{}", refused.text());
    world.anyone().get("/queue/receipt-key").is_error(404, "NOT_FOUND");
    assert_eq!(serving().ok().get("draw"), None);
    let entered = world.anyone().post("/gate/events/away/enqueue?userId=ann").ok();
    assert_eq!(entered, json!({"status": "ENQUEUED", "rank": 1}), "a line in order of entry, without a receipt");
}
