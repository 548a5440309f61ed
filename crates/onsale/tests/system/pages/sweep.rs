//! Every page in its main states, judged (`judge.rs`); with that: nothing jumps, nothing goes wrong in the console, nobody
//! else is asked, and the content policy is not violated.

use super::judge::{axe, findings};
use super::shop::{Shop, next_number, open};
use super::steps;
use crate::browser::{Browser, Person};
use serde_json::json;
use std::sync::Arc;

/// How much of the page moved that nobody touched, and what did.
const SHIFT: &str = "new Promise((done) => {
  let sum = 0;
  const moved = [];
  const name = ({ node, previousRect, currentRect }) =>
    `${node?.nodeName}#${node?.id}.${node?.className} ${previousRect.y}+${previousRect.height} to ${currentRect.y}+${currentRect.height}`;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
      if (one.hadRecentInput) continue;
      sum += one.value;
      moved.push(...one.sources.map(name));
    }
  }).observe({ type: 'layout-shift', buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done([sum, moved.join('; ')])));
})";
/// The most that may.
const SHIFT_MAX: f64 = 0.05;

/// A walk through pages, and what was found on it.
pub struct Sweep {
    pub person: Person,
    pub shop: Arc<Shop>,
    axe: Option<&'static str>,
    found: Vec<String>,
}

impl Sweep {
    pub fn new(browser: &'static Browser, shop: &Arc<Shop>) -> Self {
        let person = browser.person();
        person.size(1280, 800);
        person.speaks("ko");
        Self { person, shop: Arc::clone(shop), axe: axe(), found: Vec::new() }
    }

    /// Opens a page, and looks at it in that state.
    #[track_caller]
    pub fn at(&mut self, path: &str, state: &str) {
        self.person.open(&self.shop.url(path));
        self.look(state);
    }

    /// Looks at the page that is shown, once it is in that state.
    #[track_caller]
    pub fn look(&mut self, state: &str) {
        self.person.until_state(&[state]);
        let shifts = self.person.value(SHIFT).unwrap_or_default();
        let shift = shifts[0].as_f64().unwrap_or(1.0);
        let name = format!("{} ({state})", self.person.words("location.pathname"));
        if shift >= SHIFT_MAX {
            self.found.push(format!("{name}: moved by {shift:.3}: {}", shifts[1]));
        }
        let found = findings(&self.person, self.axe);
        self.found.extend(found.into_iter().map(|one| format!("{name}: {one}")));
    }

    /// The end: nothing was found.
    #[track_caller]
    pub fn end(self, but: &[&str]) {
        let own = format!("http://{}/", self.shop.world.server.address);
        let foreign = self.person.requests().into_iter().filter(|request| !request.url.starts_with(&own));
        let foreign: Vec<String> = foreign.map(|request| request.url).collect();
        assert_eq!(foreign, Vec::<String>::new(), "asked of others");
        assert!(self.found.is_empty(), "{:#?}", self.found);
        self.person.assert_clean(but);
    }
}

#[test]
fn the_shop_is_for_everybody() {
    let Some((browser, shop)) = open() else { return };
    let mut sweep = Sweep::new(browser, &shop);
    let show = shop.new_show();
    let soon = shop.show(&format!("곧 {}", next_number()), 86_400);
    let cancelled = shop.new_show();
    shop.admin.post_json(&format!("/events/{}/cancel", cancelled.event), &json!({"reason": "weather"})).ok();
    sweep.at("/", "fresh");
    sweep.at("/?lang=en", "fresh");
    sweep.at("/shows?lang=ko", "fresh");
    sweep.at("/shows?keyword=%ED%95%98%EB%8A%98%EB%95%85%EB%B3%84", "empty");
    for event in [&show.event, &soon.event] {
        sweep.person.open(&shop.url(&format!("/shows/{event}")));
        let state = sweep.person.words("document.querySelector('main').dataset.state");
        sweep.look(&state);
    }
    sweep.at(&format!("/shows/{}", cancelled.event), "cancelled");
    sweep.at("/shows/0190a1b2-0000-7000-8000-000000000001", "error");
    sweep.at("/nothing-here", "error");
    sweep.end(&["status of 404"]);
}

#[test]
fn log_in_and_sign_up_are_for_everybody() {
    let Some((browser, shop)) = open() else { return };
    let mut sweep = Sweep::new(browser, &shop);
    sweep.at("/login", "form");
    sweep.person.fill("#email", "nobody@example.com");
    sweep.person.fill("#password", "wrong one 7!");
    sweep.person.follow(steps::GO);
    sweep.look("error");
    sweep.at("/login/reset", "identity");
    sweep.at("/signup", "form");
    steps::agree(&sweep.person);
    sweep.look("identity");
    steps::identify(&sweep.person);
    sweep.look("form");
    sweep.person.fill("#email", &steps::new_person().0);
    sweep.person.follow(steps::GO);
    sweep.look("form");
    steps::skip_code(&sweep.person);
    sweep.look("form");
    sweep.person.follow(steps::GO);
    sweep.look("error");
    sweep.end(&["status of 4"]);
}

#[test]
fn waiting_is_for_everybody() {
    let Some((browser, shop)) = open() else { return };
    let mut sweep = Sweep::new(browser, &shop);
    let buyer = shop.buyer();
    shop.log_in(&sweep.person, &buyer.email);
    let show = shop.new_show();
    shop.let_in(&show, 0);
    let here = format!("/wait/{}", show.schedule);
    sweep.person.open(&shop.url(&here));
    let state = sweep.person.until_state(&["waiting", "paused"]);
    sweep.look(&state);
    let words =
        json!({"notice": {"ko": "음향 점검 중입니다. 순서는 그대로입니다.", "en": "Sound check. Your place is kept."}});
    let paused = shop.admin.post_json(&format!("/queue/admin/{}/pause", show.schedule), &words);
    assert!(paused.status < 300, "{}", paused.text());
    sweep.at(&here, "paused");
    // The page may have been made a moment before the words: its script brings them.
    sweep.person.until_text("#words", "음향 점검");
    sweep.at(&format!("{here}?leave=1"), "leave");
    sweep.person.follow("main form button");
    sweep.look("left");
    sweep.at("/wait/0190a1b2-0000-7000-8000-000000000001", "error");
    sweep.end(&["status of 4"]);
}

#[test]
fn seats_and_payment_are_for_everybody() {
    let Some((browser, shop)) = open() else { return };
    let mut sweep = Sweep::new(browser, &shop);
    let buyer = shop.buyer();
    shop.log_in(&sweep.person, &buyer.email);
    let large = demo_show(&shop);
    sweep.person.open(&shop.url(&format!("/wait/{}", large.schedule)));
    steps::wait_for_seats(&sweep.person, &large);
    sweep.person.until("document.getElementById('main').dataset.ready === '1'");
    sweep.look("overview");
    sweep.at(&format!("/seats/{}?section=0", large.schedule), "section");
    sweep.person.until("!!document.querySelector('button.seat')");
    sweep.look("section");
    // Its own child: the last of the tools beside it is a last button, too.
    sweep.person.click(".path > button");
    sweep.person.until("!!document.querySelector('.rows')");
    sweep.look("section");
    sweep.at(&format!("/seats/{}", large.schedule), "overview");
    let reservation = steps::take_best(&sweep.person);
    sweep.look("ready");
    sweep.at(&format!("/seats/{}", large.schedule), "overview");
    sweep.at(&format!("/seats/{}?change=1", large.schedule), "overview");
    sweep.at(&format!("/me/tickets/{reservation}"), "pending");
    sweep.at(&format!("/pay/{reservation}"), "ready");
    sweep.person.follow("#press");
    sweep.person.follow("button[value=FAILED]");
    sweep.look("window");
    sweep.person.follow("#press");
    sweep.person.click("button[value=PAID]");
    steps::wait_for_ticket(&sweep.person);
    sweep.look("good");
    sweep.end(&[steps::PAID_BEFORE]);
}

/// The demonstration's first show, in a hall of 2,000 seats and five sections.
pub fn demo_show(shop: &Shop) -> super::shop::Show {
    let events = shop.world.anyone().get("/events?size=100&keyword=%EC%84%9C%EC%9A%B8%20%EC%9E%AC%EC%A6%88").ok();
    let event = events["list"][0]["id"].as_str().expect("the demonstration").to_owned();
    let shown = shop.world.anyone().get(&format!("/events/{event}")).ok();
    let schedule = shown["schedules"][0]["times"][0]["id"].as_str().expect("a time").to_owned();
    super::shop::Show { event, schedule }
}

#[test]
fn tickets_and_accounts_are_for_everybody() {
    let Some((browser, shop)) = open() else { return };
    let mut sweep = Sweep::new(browser, &shop);
    let buyer = shop.buyer();
    shop.log_in(&sweep.person, &buyer.email);
    sweep.at("/me", "empty");
    let show = shop.new_show();
    let used = buyer.buys(&show, 1, "B");
    let good = buyer.buys(&show, 2, "S");
    let qr = buyer.reservation(&used)["qrData"].clone();
    let door = shop.admin.post_json("/tickets/verify", &json!({"qrData": qr, "gate": "A"})).ok();
    assert_eq!(door["status"], "VALID", "{door}");
    sweep.at("/me", "bookings");
    sweep.at(&format!("/me/tickets/{good}"), "good");
    sweep.at(&format!("/me/tickets/{used}"), "used");
    sweep.at(&format!("/me/reservations/{used}/cancel"), "impossible");
    sweep.at(&format!("/me/reservations/{good}/cancel"), "ask");
    sweep.person.follow("#cancel");
    sweep.look("cancelled");
    sweep.at("/me/coupons", "empty");
    sweep.at("/me/account", "account");
    for path in ["/me/account/profile", "/me/account/password", "/me/account/consents", "/me/account/delete"] {
        sweep.person.open(&shop.url(path));
        let state = sweep.person.words("document.querySelector('main').dataset.state");
        sweep.look(&state);
    }
    sweep.at("/me/account/logins", "logins");
    sweep.at("/me/offline", "offline");
    sweep.end(&[]);
}

#[test]
fn coupons_are_for_everybody() {
    let Some((browser, shop)) = open() else { return };
    let mut sweep = Sweep::new(browser, &shop);
    let (open, small) = (format!("open-{}", next_number()), format!("small-{}", next_number()));
    for (name, stock) in [(&open, 50), (&small, 1)] {
        shop.world.admin().make_campaign(&json!({"event_id": name, "name": "가을 할인", "stock": stock,
            "discount": {"type": "fixed", "value": 5_000}}));
        shop.world.admin().open_campaign(name);
    }
    shop.world.admin().issue("somebody", &small);
    sweep.at("/coupons", "list");
    sweep.at(&format!("/coupons/{open}"), "active");
    sweep.at(&format!("/coupons/{small}"), "sold_out");
    let buyer = shop.buyer();
    shop.log_in(&sweep.person, &buyer.email);
    sweep.at(&format!("/coupons/{open}?own=1"), "active");
    sweep.person.click("#take");
    sweep.person.until("document.querySelector('#answer')?.dataset.code === 'ISSUED'");
    sweep.look("active");
    sweep.at("/me/coupons", "coupons");
    shop.world.admin().post(&format!("{}/{small}/close", testkit::onsale::CAMPAIGNS)).ok();
    sweep.at(&format!("/coupons/{small}"), "closed");
    sweep.end(&[]);
}

/// The same waiting page, before a site, before a draw, and before a coupon.
#[test]
fn lines_of_sites_and_coupons_are_for_everybody() {
    let Some((browser, shop)) = open() else { return };
    let mut sweep = Sweep::new(browser, &shop);
    let number = next_number();
    let now = shop.world.anyone().get("/time").ok()["now"].as_i64().expect("the time");
    let opens = format!("{}Z", domain::Timestamp(now / 1_000 * 1_000 + 3_600_000));
    let lines = [
        (json!({"name": format!("site-{number}"), "ratePerSecond": 0}), "paused"),
        (json!({"name": format!("early-{number}"), "opensAt": opens}), "scheduled"),
        (json!({"name": format!("draw-{number}"), "opensAt": opens}), "drawing"),
    ];
    for (line, state) in &lines {
        let name = line["name"].as_str().expect("a name");
        let made = shop.admin.post_json("/queue/admin/lines", line);
        assert_eq!(made.status, 201, "{}", made.text());
        if *state == "drawing" {
            let draw = json!({"randomness": {"kind": "none"}}).to_string();
            let path = format!("/queue/admin/queue:{name}/draw");
            testkit::onsale::wait_until("the draw is announced", || {
                shop.admin.call("PUT", &path, Some(draw.as_bytes())).status == 204
            });
        }
        sweep.at(&format!("/wait/{name}"), state);
    }
    let gated = format!("gated-{number}");
    shop.world.admin().make_campaign(&json!({"event_id": gated, "name": "줄 서는 쿠폰", "stock": 5, "gated": true,
        "discount": {"type": "fixed", "value": 5_000}}));
    shop.world.admin().open_campaign(&gated);
    let buyer = shop.buyer();
    shop.log_in(&sweep.person, &buyer.email);
    sweep.at(&format!("/coupons/{gated}"), "active");
    let rate = json!({"ratePerSecond": 0}).to_string();
    let path = format!("/queue/admin/gate:{gated}/rate");
    testkit::onsale::wait_until("its line stands", || {
        shop.admin.call("PUT", &path, Some(rate.as_bytes())).status == 204
    });
    sweep.person.open(&shop.url(&format!("/wait/gate:{gated}")));
    let state = sweep.person.until_state(&["waiting", "paused"]);
    sweep.look(&state);
    sweep.end(&[]);
}
