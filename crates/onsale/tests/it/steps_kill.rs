//! Steps in the life of coupons by 256 callers at once, over a server that is killed again and again: every acknowledged
//! step is there, none is made twice, and every answer is the one of the rules applied one by one. The steps of all
//! callers share transactions (`ledger::group`), so a fault could take a neighbour's step along.
//!
//! `ONSALE_KILLS=20` makes 10,000 steps with 20 kills; the default is a fifth of that.

use domain::coupon::campaign::Discount;
use domain::coupon::redemption::{Refusal, Step, Use};
use domain::{CouponStatus, Terms, Timestamp};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use testkit::http::{KeptClient, Reply};
use testkit::onsale::{PATIENCE, Server, World, make_key, onsale, wait_until};

const CALLERS: usize = 256;
const COUPONS_OF_A_CALLER: usize = 4;
const HOLD_SECONDS: i64 = 86_400;
const AMOUNTS: [i64; 3] = [500, 10_000, 20_000];

fn kills() -> u64 {
    std::env::var("ONSALE_KILLS").ok().map_or(4, |text| text.parse().expect("a number"))
}

fn terms() -> Terms {
    let discount = Some(Discount::Percent { value: 10, max_amount: Some(1_500) });
    Terms { discount, min_order_amount: 1_000, ..Terms::default() }
}

/// One step, as it is asked for and as the rules decide it.
#[derive(Clone, Debug)]
enum Wish {
    Reserve(String, i64),
    Confirm(String),
    Cancel(String),
    Undo(String),
    Revoke,
}

impl Wish {
    /// Mostly what a shop does in its order, from two orders that want the same coupon.
    fn random(random: &mut fastrand::Rng) -> Self {
        let order = if random.u8(..5) < 4 { "order-a" } else { "order-b" }.to_owned();
        match random.u8(..20) {
            0..8 => Self::Reserve(order, AMOUNTS[random.usize(..AMOUNTS.len())]),
            8..13 => Self::Confirm(order),
            13..16 => Self::Cancel(order),
            16..19 => Self::Undo(order),
            _ if random.u8(..4) == 0 => Self::Revoke,
            _ => Self::Cancel(order),
        }
    }

    fn decide(&self, usage: &Use) -> Result<Step, Refusal> {
        let now = Timestamp(0);
        match self {
            Self::Reserve(order, amount) => usage.reserve(&terms(), order, *amount, now, HOLD_SECONDS),
            Self::Confirm(order) => usage.confirm(order),
            Self::Cancel(order) => usage.cancel(order, now),
            Self::Undo(order) => usage.undo(order, now),
            Self::Revoke => usage.revoke(now),
        }
    }

    fn call(&self) -> (&'static str, String) {
        let order = |order: &String| json!({"order_id": order}).to_string();
        match self {
            Self::Reserve(order, amount) => ("redeem", json!({"order_id": order, "amount": amount}).to_string()),
            Self::Confirm(name) => ("redeem/confirm", order(name)),
            Self::Cancel(name) => ("redeem/cancel", order(name)),
            Self::Undo(name) => ("redeem/undo", order(name)),
            Self::Revoke => ("revoke", "{}".to_owned()),
        }
    }
}

/// The answer by the rules: status, and the status of the coupon or the code of the error, and the discount.
fn expected(decided: &Result<Step, Refusal>) -> (u16, String, Option<i64>) {
    let refusal = match decided {
        Ok(Step::Change(usage) | Step::Unchanged(usage)) => {
            return (200, usage.status.as_str().to_owned(), usage.discount_amount);
        }
        Ok(Step::Released(_, refusal)) | Err(refusal) => refusal,
    };
    match refusal {
        Refusal::AlreadyRedeemed => (409, "COUPON_ALREADY_REDEEMED".to_owned(), None),
        Refusal::Reserved | Refusal::NotReserved => (409, "COUPON_RESERVED".to_owned(), None),
        Refusal::NotApplicable(_) => (422, "COUPON_NOT_APPLICABLE".to_owned(), None),
    }
}

fn seen(answer: &Reply) -> (u16, String, Option<i64>) {
    let body = answer.json();
    let word = if answer.status == 200 { &body["status"] } else { &body["code"] };
    (answer.status, word.as_str().unwrap_or_default().to_owned(), body["discount_amount"].as_i64())
}

struct Run {
    key: String,
    port: u16,
    done: AtomicU64,
    revoked: AtomicU64,
}

impl Run {
    /// Asks until there is an answer. A step whose answer was lost is asked for again: that is safe.
    fn ask(&self, client: &mut KeptClient, path: &str, body: &str) -> Reply {
        let begun = Instant::now();
        loop {
            match client.call("POST", path, &[("X-Api-Key", &self.key)], body) {
                // 503: not decided, or a coupon whose row is on its way.
                Ok(answer) if answer.status != 503 => return answer,
                Ok(_) => std::thread::sleep(Duration::from_millis(20)),
                Err(_) => {
                    std::thread::sleep(Duration::from_millis(20));
                    *client = self.client();
                }
            }
            assert!(begun.elapsed() < PATIENCE * 4, "no answer to {path}");
        }
    }

    fn client(&self) -> KeptClient {
        KeptClient::local(self.port, PATIENCE)
    }

    /// One caller: its own coupons, and as many steps. Returns the coupons' users with the status that they end with.
    fn work(&self, caller: usize, steps: usize) -> Vec<(String, CouponStatus)> {
        let mut random = fastrand::Rng::with_seed(caller as u64);
        let mut client = self.client();
        let mut coupons: Vec<(String, String, Use)> = (0..COUPONS_OF_A_CALLER)
            .map(|number| {
                let user = format!("user-{caller}-{number}");
                let body = json!({"user_id": user, "event_id": "sale"}).to_string();
                let answer = self.ask(&mut client, "/api/v1/coupons/issue", &body);
                let coupon = answer.field("coupon_id").as_str().expect("a coupon").to_owned();
                (user, coupon, Use::issued(Timestamp(0)))
            })
            .collect();
        for _ in 0..steps {
            let (_, coupon, usage) = &mut coupons[random.usize(..COUPONS_OF_A_CALLER)];
            let wish = Wish::random(&mut random);
            let (path, body) = wish.call();
            let answer = self.ask(&mut client, &format!("/api/v1/coupons/{coupon}/{path}"), &body);
            let decided = wish.decide(usage);
            assert_eq!(seen(&answer), expected(&decided), "{wish:?} of {usage:?}: {}", answer.text());
            if let Ok(Step::Change(after) | Step::Released(after, _)) = decided {
                let is_revoked = after.status == CouponStatus::Revoked;
                self.revoked.fetch_add(u64::from(is_revoked), Ordering::Relaxed);
                *usage = after;
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        coupons.into_iter().map(|(user, _, usage)| (user, usage.status)).collect()
    }
}

fn admin_key(world: &World, environment: &[(&str, &str)]) -> String {
    let mut command = onsale(world.folder.path(), &["admin", "keys", "create", "--admin"]);
    let output = command.envs(environment.iter().copied()).output().expect("starts");
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

fn steps_survive(ledger_url: Option<&str>) {
    let hold = HOLD_SECONDS.to_string();
    let mut environment = vec![("ONSALE__COUPON__REDEEM_HOLD_SECONDS", hold.as_str())];
    environment.extend(ledger_url.map(|url| ("ONSALE__LEDGER__COUPON__URL", url)));
    // A reserved port outside the ephemeral range: no other program takes it while the server is down.
    let port = testkit::Port::free().expect("a free port");
    let listen = format!("127.0.0.1:{}", port.number());
    let folder = tempfile::tempdir().expect("a folder");
    let of_admin = make_key(folder.path(), &["--admin"]);
    let server = Server::start_at(&listen, folder.path(), &environment);
    let mut world = World { server, admin_key: of_admin, folder };
    let key = admin_key(&world, &environment);
    let admin = |server: &Server| server.client().with("X-Api-Key", &key);
    wait_until("the key works", || admin(&world.server).get("/api/v1/admin/campaigns").status == 200);
    admin(&world.server).make_campaign(&json!({"event_id": "sale", "name": "Sale", "stock": 100_000,
        "discount": {"type": "percent", "value": 10, "max_amount": 1_500}, "min_order_amount": 1_000}));
    admin(&world.server).open_campaign("sale");
    let steps = (kills() as usize * 500).div_ceil(CALLERS);
    let run = Run { key: key.clone(), port: port.number(), done: AtomicU64::new(0), revoked: AtomicU64::new(0) };
    let ended: Vec<(String, CouponStatus)> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                scope.spawn({
                    let run = &run;
                    move || run.work(caller, steps)
                })
            })
            .collect();
        for kill in 0..kills() {
            let after = (kill * 500) + fastrand::u64(..400);
            let is_over = || callers.iter().all(std::thread::ScopedJoinHandle::is_finished);
            let begun = Instant::now();
            // As long as an answer may take.
            while run.done.load(Ordering::Relaxed) < after && !is_over() {
                assert!(begun.elapsed() < PATIENCE * 4, "waited in vain until steps are made");
                std::thread::sleep(Duration::from_millis(20));
            }
            world.server.kill();
            world.server = Server::start_at(&listen, world.folder.path(), &environment);
        }
        callers.into_iter().flat_map(|caller| caller.join().expect("a caller")).collect()
    });
    for (user, status) in &ended {
        let coupon = admin(&world.server).get(&format!("/api/v1/coupons/user/{user}/event/sale"));
        assert!(coupon.text().contains(status.as_str()), "{user} {status:?}: {}", coupon.text());
    }
    let log = admin(&world.server).get("/api/v1/admin/audit?action=coupon.revoke&size=1").ok();
    assert_eq!(log["totalElements"], run.revoked.load(Ordering::Relaxed), "one entry for each coupon taken back");
    println!("{} steps of {CALLERS} callers, {} kills", run.done.load(Ordering::Relaxed), kills());
}

#[test]
fn steps_outlive_kills_of_the_server() {
    steps_survive(None);
}

#[test]
fn steps_outlive_kills_of_the_server_on_postgres() {
    let url = testkit::shared().postgres().and_then(|server| server.fresh_database("steps"));
    let Some(url) = testkit::available(url) else { return };
    steps_survive(Some(&url));
}

#[test]
fn steps_outlive_kills_of_the_server_on_mariadb() {
    let url = testkit::shared().mariadb().and_then(|server| server.fresh_database("steps"));
    let Some(url) = testkit::available(url) else { return };
    steps_survive(Some(&url));
}
