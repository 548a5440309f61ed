//! A line before a website: admitted users, waiting users, and attempts to bypass the line.

use serde_json::json;
use testkit::onsale::visitor::{FIREFOX, Visitor, open_the_line, shut};
use testkit::onsale::{Server, World, wait_until};

const WAIT: &str = "/wait/shop?to=/cart";

/// An admitted visitor, and the target address.
fn let_in(world: &World) -> (Visitor, String) {
    let visitor = Visitor::new(world);
    assert_eq!(visitor.wait().status, 200);
    wait_until("the visitor is let in", || visitor.get("/queue/place/shop").ok()["status"] == "ACTIVE");
    let answer = visitor.get(WAIT);
    assert_eq!(answer.status, 303);
    (visitor, answer.header("location").expect("where to").to_owned())
}

#[track_caller]
fn waits(answer: &testkit::http::Reply, location: &str) {
    answer.is_error(401, "UNAUTHORIZED");
    assert_eq!(answer.header("x-onsale-location"), Some(location));
}

#[test]
fn a_direct_link_leads_to_the_line() {
    let world = shut(&[]);
    let visitor = Visitor::new(&world);
    waits(&visitor.check("/cart?size=9&to=%2F"), "/wait/shop?to=/cart%3Fsize%3D9%26to%3D%252F");
    assert_eq!(visitor.wait().status, 200);
    waits(&visitor.check("/cart"), WAIT);
    waits(&visitor.check("/cart?onsale_pass=qr_7e6a0d4e-5a9c-4d55-8d8e-0a4c9d0d8b11"), WAIT);
}

#[test]
fn a_visitor_without_cookies_takes_no_position() {
    let world = shut(&[]);
    for _ in 0..5 {
        let answer = world.anyone().get(WAIT);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/wait/shop?to=/cart&cookie=1")));
        let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
        for part in ["onsale_visitor=", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "not without TLS");
    }
    let page = world.anyone().get("/wait/shop?to=/cart&cookie=1");
    assert_eq!((page.status, page.header("retry-after")), (503, Some("300")), "a robot comes back later");
    assert!(page.text().contains("쿠키가 필요합니다"), "{}", page.text());
    let stats = world.admin().get("/queue/admin/stats").ok();
    assert_eq!(stats["totalWaiting"], 0);
    let secure = world.anyone().with("X-Forwarded-Proto", "https").get(WAIT);
    assert!(secure.header("set-cookie").is_some_and(|cookie| cookie.contains("; Secure")));
}

#[test]
fn visitors_are_admitted_in_order_and_keep_their_positions_on_reload() {
    let world = shut(&[]);
    let people: Vec<Visitor> = (0..3).map(|_| Visitor::new(&world)).collect();
    for (place, visitor) in people.iter().enumerate() {
        let page = visitor.wait().text();
        assert!(page.contains(&format!("data-rank=\"{}\"", place + 1)), "{page}");
    }
    for (place, visitor) in people.iter().enumerate().rev() {
        for _ in 0..3 {
            assert!(visitor.get(WAIT).text().contains(&format!("data-rank=\"{}\"", place + 1)));
        }
        assert_eq!(visitor.rank(), place as u64 + 1);
    }
    open_the_line(&world, 1);
    for turn in 0..3 {
        let has_turn = |visitor: &Visitor| visitor.get("/queue/place/shop").ok()["status"] == "ACTIVE";
        // Checked from the last to the first, so that admissions in between do not break the order.
        wait_until("it is the next one's turn", || {
            let turns: Vec<bool> = people.iter().rev().map(has_turn).collect();
            let turns: Vec<bool> = turns.into_iter().rev().collect();
            assert!(turns.is_sorted_by(|before, after| before >= after), "nobody before the one in front: {turns:?}");
            turns[turn]
        });
    }
}

#[test]
fn an_admitted_visitor_passes_and_the_token_leaves_the_url() {
    let world = shut(&[]);
    open_the_line(&world, 1_000);
    let (visitor, to) = let_in(&world);
    assert!(to.starts_with("/cart?onsale_pass=qr_"), "{to}");
    let swapped = visitor.check(&to);
    waits(&swapped, "/cart");
    let cookie = swapped.header("set-cookie").expect("the pass").to_owned();
    assert!(cookie.starts_with("onsale_pass_shop=") && cookie.contains("; HttpOnly"), "{cookie}");
    for path in ["/cart", "/other?a=b"] {
        let through = visitor.check(path);
        assert_eq!((through.status, through.header("set-cookie")), (200, None));
    }
    waits(&visitor.check("//evil.example/?onsale_pass=qr_1"), "/");
}

#[test]
fn a_copied_link_or_cookie_opens_nothing() {
    let world = shut(&[]);
    open_the_line(&world, 1_000);
    let (holder, to) = let_in(&world);
    holder.check(&to);
    assert_eq!(holder.check("/cart").status, 200);
    let (pass, visitor_cookie) = (holder.cookie("onsale_pass_shop"), holder.cookie("onsale_visitor"));
    open_the_line(&world, 0);

    let stranger = Visitor::new(&world);
    waits(&stranger.check(&to), WAIT);
    assert_eq!(stranger.wait().status, 200);
    waits(&stranger.check(&to), WAIT);
    waits(&stranger.with_cookie("onsale_pass_shop", &pass).check("/cart"), WAIT);

    let nobody = Visitor::new(&world).with_cookie("onsale_pass_shop", &pass);
    waits(&nobody.check("/cart"), WAIT);

    let mut other_browser = holder.clone();
    other_browser.agent = FIREFOX.to_owned();
    waits(&other_browser.check("/cart"), WAIT);
    let mut newer = holder.clone();
    newer.agent = holder.agent.replace("142", "143");
    assert_eq!(newer.check("/cart").status, 200, "a new version of the same browser");
    assert_eq!(other_browser.get(WAIT).status, 303, "may begin anew, as somebody else");
    assert_ne!(other_browser.cookie("onsale_visitor"), visitor_cookie);
}

#[test]
fn forged_cookies_open_nothing() {
    let world = shut(&[]);
    open_the_line(&world, 1_000);
    let (holder, to) = let_in(&world);
    holder.check(&to);
    open_the_line(&world, 0);
    let (pass, visitor) = (holder.cookie("onsale_pass_shop"), holder.cookie("onsale_visitor"));
    let parts: Vec<&str> = pass.split('.').collect();
    let [id, until, of_visitor, signature] = parts[..] else { panic!("{pass}") };
    let longer = format!("{id}.{}.{of_visitor}.{signature}", until.parse::<i64>().expect("millis") + 1);
    let other = format!("7e6a0d4e5a9c4d558d8e0a4c9d0d8b11.{until}.{of_visitor}.{signature}");
    let of_another = format!("{id}.{until}.7e6a0d4e5a9c4d558d8e0a4c9d0d8b11.{signature}");
    let nameless = format!("{id}.{until}.{signature}");
    let more = format!("{pass}.x");
    for forged in [
        &longer,
        &other,
        &of_another,
        &nameless,
        &more,
        "",
        "...",
        "a.b.c",
        &pass[..pass.len() - 1],
        &"x".repeat(4_000),
    ] {
        // The line knows that the visitor is inside; the forged pass counts for nothing, and a right one is sent.
        let answer = holder.with_cookie("onsale_pass_shop", forged).check("/cart");
        assert_eq!(answer.status, 200);
        assert!(
            answer
                .header("set-cookie")
                .is_some_and(|cookie| cookie.starts_with(&format!("onsale_pass_shop={}", parts[0])))
        );
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        waits(&Visitor::new(&world).with_cookie("onsale_pass_shop", forged).check("/cart"), WAIT);
    }
    for forged in ["", "ann", "ann.", &visitor[1..], &visitor[..visitor.len() - 1], &visitor.replace('.', "..")] {
        let visitor = holder.with_cookie("onsale_visitor", forged);
        waits(&visitor.check("/cart"), WAIT);
        visitor.get("/queue/place/shop").is_error(401, "UNAUTHORIZED");
    }
    assert_eq!(holder.check("/cart").status, 200);
}

#[test]
fn a_visitor_with_an_expired_pass_waits_again() {
    let world = shut(&[("ONSALE__QUEUE__TOKEN_TTL_SECONDS", "1")]);
    open_the_line(&world, 1_000);
    let visitor = Visitor::new(&world);
    visitor.wait();
    // A pass may expire before it is checked; the next one is then used.
    wait_until("let in", || visitor.check("/cart").status == 200 || visitor.get(WAIT).status == 0);
    open_the_line(&world, 0);
    wait_until("the pass has run out", || visitor.check("/cart").status == 401);
    let other = Visitor::new(&world);
    assert_eq!(other.wait().status, 200);
    assert_eq!(visitor.get(WAIT).status, 200);
    assert_eq!((other.rank(), visitor.rank()), (1, 2), "a new place, at the end");
}

#[test]
fn no_redirect_leads_to_another_site() {
    let world = shut(&[]);
    open_the_line(&world, 1_000);
    let (visitor, _) = let_in(&world);
    for evil in
        ["//evil.example", "https://evil.example/", "/%5Cevil.example", "%2F%2Fevil.example", "javascript:x", ""]
    {
        let to = visitor.get(&format!("/wait/shop?to={evil}"));
        assert_eq!(to.status, 303);
        let location = to.header("location").expect("where to");
        assert!(location.starts_with("/?onsale_pass=qr_"), "{evil} leads to {location}");
    }
}

#[test]
fn the_page_is_in_the_visitors_language_and_loads_nothing_from_elsewhere() {
    let world = shut(&[]);
    let visitor = Visitor::new(&world);
    let korean = visitor.wait();
    assert!(korean.text().contains("나의 순서"));
    assert_eq!(korean.header("cache-control"), Some("no-store"));
    let policy = korean.header("content-security-policy").expect("a policy").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let english = visitor.get_with(WAIT, &[("Accept-Language", "en-GB,en;q=0.9")]);
    assert!(english.text().contains("Your position in line"));
    assert_eq!(english.header("content-language"), Some("en"));
    for (name, kind) in [("wait.js", "text/javascript"), ("wait.css", "text/css")] {
        let asset = visitor.get(&format!("/assets/{name}"));
        assert!(asset.status == 200 && asset.header("content-type").is_some_and(|found| found.starts_with(kind)));
    }
    visitor.get("/assets/secret").is_error(404, "NOT_FOUND");
    visitor.get("/wait/nothing?to=/").is_error(404, "NOT_FOUND");
    visitor.get_with("/queue/check?line=nothing", &[]).is_error(404, "NOT_FOUND");
    visitor.get("/queue/check").is_error(400, "INVALID_INPUT");
}

#[test]
fn a_full_line_says_so_and_keeps_serving_its_visitors() {
    let world = shut(&[("ONSALE__QUEUE__CAPACITY", "1")]);
    let first = Visitor::new(&world);
    assert_eq!(first.wait().status, 200);
    let second = Visitor::new(&world);
    let full = second.wait();
    assert_eq!(full.status, 503);
    assert!(full.header("retry-after").is_some() && full.text().contains("대기열이 가득 찼습니다"), "{}", full.text());
    assert_eq!(first.get(WAIT).status, 200);
}

#[test]
fn the_redirecting_form_of_the_check_works_for_other_proxies() {
    let world = shut(&[]);
    let visitor = Visitor::new(&world);
    for (path, to) in [
        ("/queue/check/shop/cart?size=9", "/wait/shop?to=/cart%3Fsize%3D9"),
        ("/queue/check/shop/", "/wait/shop?to=/"),
        ("/queue/check/shop", "/wait/shop?to=/"),
    ] {
        let answer = visitor.get(path);
        assert_eq!((answer.status, answer.header("location")), (303, Some(to)), "{path}");
    }
    open_the_line(&world, 1_000);
    let (holder, to) = let_in(&world);
    let swapped = holder.get(&format!("/queue/check/shop{to}"));
    assert_eq!((swapped.status, swapped.header("location")), (303, Some("/cart")));
    assert_eq!(holder.get("/queue/check/shop/cart").status, 200);
}

#[test]
fn a_visitor_that_polls_a_hundred_times_a_second_is_slowed_down_and_keeps_its_position() {
    let world = shut(&[
        ("ONSALE__LIMITS__ENABLED", "true"),
        ("ONSALE__LIMITS__PER_IP_PER_SECOND", "1"),
        ("ONSALE__LIMITS__PER_IP_BURST", "20"),
    ]);
    let visitor = Visitor::new(&world);
    assert_eq!(visitor.wait().status, 200);
    let statuses: Vec<u16> = (0..100).map(|_| visitor.get("/queue/place/shop").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    wait_until("the bucket gives again", || visitor.get("/queue/place/shop").status == 200);
    wait_until("the place is the same", || {
        let answer = visitor.get("/queue/place/shop");
        answer.status == 200 && answer.json()["ticket"] == 1 && answer.json()["rank"] == 1
    });
    for _ in 0..100 {
        waits(&visitor.check("/cart"), WAIT);
    }
}

#[test]
fn positions_cookies_and_an_operators_rate_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = testkit::onsale::make_key(folder.path(), &["--admin"]);
    let environment = [("ONSALE__QUEUE__LINES", "shop"), ("ONSALE__QUEUE__RATE_PER_SECOND", "1000")];
    let mut world = World { server: Server::start(folder.path(), &environment), admin_key: key, folder };
    open_the_line(&world, 0);
    let visitor = Visitor::new(&world);
    assert_eq!(visitor.wait().status, 200);
    let before = visitor.get("/queue/place/shop").ok();
    world.server.kill();
    world.server = Server::start(world.folder.path(), &environment);
    let again = Visitor { cookies: visitor.cookies.clone(), ..Visitor::new(&world) };
    assert_eq!(again.get("/queue/place/shop").ok(), before);
    let stats = world.admin().get("/queue/admin/stats").ok();
    assert_eq!(stats["scheduleStats"][0]["ratePerSecond"], json!(0), "{stats}");
}
