//! The line before a schedule's seats.

use super::*;

const ENTER: &str = "POST /queue/enter";

fn status_of() -> String {
    format!("GET /queue/status?scheduleId={SCHEDULE}")
}

fn here() -> String {
    format!("/wait/{SCHEDULE}")
}

fn site() -> Site {
    let site = Site::new();
    site.tells(&format!("GET /events/schedules/{SCHEDULE}"), 200, json!({"id": SCHEDULE, "eventId": EVENT,
        "eventStartAt": "2026-12-03T10:30:00", "eventEndAt": "2026-12-03T12:30:00", "saleStartAt": "2026-11-21T11:00:00"}));
    site.tells(&format!("GET /events/{EVENT}"), 200, json!({"id": EVENT, "title": "밤의 <노래>"}));
    site.tells(&format!("GET /queue/serving/{SCHEDULE}?ranges=32"), 200, serving(&format!("queue:{SCHEDULE}"), "OPEN"));
    site
}

fn refusal(code: &str) -> Value {
    json!({"code": code, "message": "no"})
}

#[tokio::test]
async fn a_visit_from_a_page_of_this_site_enters_and_shows_the_place() {
    let site = site();
    site.tells(ENTER, 200, place("WAITING", 34));
    let page = site.get(&format!("{}?from=50", here()), FROM_HERE).await;
    page.is(200, "waiting");
    for part in [
        "data-rank=\"34\"",
        "data-ticket=\"90\"",
        "data-from=\"50\"",
        "밤의 &#60;노래&#62; · ",
        "1분 안에",
        "&#60;곧&#62; 다시",
        "차례가 될 때 남은 좌석이",
        ">33<",
        ">12<",
    ] {
        page.has(part);
    }
    assert_eq!(page.header("cache-control"), "private, no-cache");
    let asked = site.asked(ENTER);
    assert_eq!((asked.len(), asked[0].csrf.as_str()), (1, "csrf-1"));
    assert!(asked[0].body.contains(SCHEDULE));
}

/// Kind: another site makes a browser enter.
#[tokio::test]
async fn a_visit_from_another_site_asks_once_by_a_form_with_a_token() {
    let site = site();
    site.tells(ENTER, 200, place("WAITING", 34));
    site.tells(&status_of(), 404, refusal("NOT_IN_QUEUE"));
    for headers in [FROM_ELSEWHERE, PERSON] {
        let page = site.get(&here(), headers).await;
        page.is(200, "join");
        page.has("<form method=\"post\"");
        page.has("name=\"csrfToken\" value=\"csrf-1\"");
    }
    assert_eq!(site.asked(ENTER), []);
    site.post(&here(), "csrfToken=csrf-2").await.leads_to(303, &here());
    assert_eq!(site.asked(ENTER)[0].csrf, "csrf-2", "the form's own token is judged by the API");
    // Whoever has a place sees it, from wherever.
    site.tells(&status_of(), 200, place("WAITING", 34));
    site.get(&here(), FROM_ELSEWHERE).await.is(200, "waiting");
    assert_eq!(site.asked(ENTER).len(), 1);
}

#[tokio::test]
async fn nobody_waits_so_the_seats_come_at_once_with_the_pass() {
    let site = site();
    let mut through = place("WAITING", 1);
    through["estimatedWaitTime"] = 0.into();
    let mut active = place("ACTIVE", 0);
    active["token"] = "qr_0190a1b2-0000-7000-8000-00000000000f".into();
    site.tells(&status_of(), 200, active);
    for (status, body) in [(200, through), (409, refusal("ALREADY_APPROVED"))] {
        site.tells(ENTER, status, body);
        let page = site.get(&here(), FROM_HERE).await;
        page.leads_to(303, &format!("/seats/{SCHEDULE}"));
        assert!(page.header("set-cookie").starts_with("queueToken=qr_0190a1b2"), "{}", page.header("set-cookie"));
    }
}

#[tokio::test]
async fn without_a_session_the_log_in_comes_first() {
    let site = site();
    let to = format!("/login?returnUrl=%2Fwait%2F{SCHEDULE}");
    site.get(&here(), &[("sec-fetch-site", "same-origin")]).await.leads_to(302, &to);
    // The access token has run out, and the session can be renewed.
    site.tells(ENTER, 401, refusal("UNAUTHORIZED"));
    let to = format!("/session/renew?returnUrl=%2Fwait%2F{SCHEDULE}");
    site.get(&here(), FROM_HERE).await.leads_to(302, &to);
}

#[tokio::test]
async fn every_refusal_is_a_page_that_says_what_is_next() {
    let site = site();
    for (status, code, shown, state) in [
        (409, "ALREADY_IN_QUEUE", 200, "elsewhere"),
        (503, "QUEUE_FULL", 503, "full"),
        (429, "TOO_MANY_POSITIONS", 429, "toomany"),
        (429, "RATE_LIMIT_EXCEEDED", 429, "busy"),
        (400, "TICKET_SALE_NOT_STARTED", 200, "notyet"),
        (400, "TICKET_SALE_ENDED", 200, "ended"),
        (409, "EVENT_CANCELLED", 200, "cancelled"),
        (503, "SERVICE_UNAVAILABLE", 503, "unavailable"),
        (504, "GATEWAY_TIMEOUT", 503, "unavailable"),
    ] {
        site.tells(ENTER, status, refusal(code));
        let page = site.get(&here(), FROM_HERE).await;
        page.is(shown, state);
        assert_eq!(page.text.matches("<h1").count(), 1, "{code}");
        assert!(!page.text.contains(">wait-") && !page.text.contains("<h1></h1>"), "{}", page.text);
        let tries_again = shown != 200;
        assert_eq!(!page.header("retry-after").is_empty(), tries_again, "{code}");
        assert_eq!(page.text.contains("<noscript><meta http-equiv=\"refresh\""), tries_again, "{code}");
        assert_eq!(page.text.contains("class=\"trace\""), tries_again, "{code}: what support asks for");
    }
    site.tells(ENTER, 404, refusal("NOT_FOUND"));
    assert_eq!(site.get(&here(), FROM_HERE).await.status, 404);
}

#[tokio::test]
async fn another_line_is_named_with_the_ways_to_it_and_out_of_it() {
    let site = site();
    let other = "aaaaaaaa-6c3d-4a57-9e3f-6d1f0a4f6a11";
    site.tells(ENTER, 409, json!({"code": "ALREADY_IN_QUEUE", "scheduleId": other}));
    let page = site.get(&here(), FROM_HERE).await;
    page.has(&format!("href=\"/wait/{other}\""));
    page.has(&format!("href=\"/wait/{other}?leave=1\""));
}

#[tokio::test]
async fn before_the_sale_the_page_counts_down() {
    let site = site();
    site.tells(ENTER, 400, refusal("TICKET_SALE_NOT_STARTED"));
    let page = site.get(&here(), FROM_HERE).await;
    // 2026-11-21T11:00:00Z, which is 20:00 in Korea.
    page.has("data-opens=\"1795258800000\"");
    page.has("20:00에 열립니다");
}

#[tokio::test]
async fn leaving_asks_first_and_works_without_script() {
    let site = site();
    let ask = site.get(&format!("{}?leave=1", here()), FROM_HERE).await;
    ask.is(200, "leave");
    ask.has("name=\"leave\" value=\"1\"");
    let leave = format!("DELETE /queue/leave?scheduleId={SCHEDULE}");
    site.tells(&leave, 200, json!({"message": "Removed from queue"}));
    let to = format!("{}?leave=done", here());
    site.post(&here(), "leave=1&csrfToken=csrf-1").await.leads_to(303, &to);
    assert_eq!(site.asked(&leave)[0].csrf, "csrf-1");
    // Not there any more: left all the same.
    site.tells(&leave, 404, refusal("NOT_IN_QUEUE"));
    site.post(&here(), "leave=1&csrfToken=csrf-1").await.leads_to(303, &to);
    site.tells(&leave, 403, refusal("CSRF_TOKEN_INVALID"));
    assert_eq!(site.post(&here(), "leave=1").await.status, 403);
    let left = site.get(&to, FROM_HERE).await;
    left.is(200, "left");
    left.has(&format!("data-gone=\"{SCHEDULE}\""));
    assert_eq!(site.asked(ENTER), [], "nobody enters again by having left");
}

#[tokio::test]
async fn a_place_that_is_gone_and_a_pass_that_lapsed_are_told_apart() {
    let site = site();
    site.tells(&status_of(), 404, refusal("NOT_IN_QUEUE"));
    site.get(&format!("{}?look=1", here()), FROM_HERE).await.is(200, "gone");
    site.get(&format!("{}?lapsed=1", here()), FROM_HERE).await.is(200, "lapsed");
    assert_eq!(site.asked(ENTER), []);
    let mut late = place("WAITING", 200);
    late["returned"] = "LATE".into();
    site.tells(ENTER, 200, late);
    site.get(&here(), FROM_HERE).await.has("id=\"late\"");
}

#[tokio::test]
async fn what_the_line_asks_for_is_asked_and_its_answer_goes_on() {
    let site = site();
    let challenge = json!({"kind": "pow", "nonce": "n-1", "bits": 18, "expiresAt": "2026-11-21T20:05:00"});
    site.tells(ENTER, 403, json!({"code": "CHALLENGE_REQUIRED", "challenge": challenge}));
    let page = site.get(&here(), FROM_HERE).await;
    page.is(200, "ask");
    page.has("data-nonce=\"n-1\"");
    page.has("name=\"csrfToken\" value=\"csrf-1\"");
    let again = site.post(&here(), "csrfToken=csrf-1&challenge=n-1.wrong").await;
    again.is(403, "ask");
    site.tells(ENTER, 200, place("WAITING", 3));
    site.post(&here(), "csrfToken=csrf-1&challenge=n-1.77").await.leads_to(303, &here());
    assert_eq!(site.asked(ENTER).last().expect("asked").challenge, "n-1.77");
}

#[tokio::test]
async fn states_of_the_line_are_told_apart() {
    let site = site();
    site.tells(ENTER, 200, place("WAITING", 34));
    let line = format!("GET /queue/serving/{SCHEDULE}?ranges=32");
    for (state, shown) in
        [("PAUSED", "paused"), ("SOLD_OUT", "soldout"), ("SCHEDULED", "scheduled"), ("FULL", "waiting")]
    {
        site.tells(&line, 200, serving("queue:x", state));
        site.get(&here(), FROM_HERE).await.is(200, shown);
    }
    let mut passed = serving("queue:x", "OPEN");
    passed["serving"] = 90.into();
    site.tells(&line, 200, passed);
    site.get(&here(), FROM_HERE).await.is(200, "passed");
    let mut drawing = place("DRAWING", 0);
    drawing["ticket"] = 412.into();
    site.tells(ENTER, 200, drawing);
    let page = site.get(&here(), FROM_HERE).await;
    page.is(200, "drawing");
    page.has(">412<");
    // The document is away: the place is shown all the same.
    site.tells(&line, 503, refusal("SERVICE_UNAVAILABLE"));
    site.tells(ENTER, 200, place("WAITING", 34));
    site.get(&here(), FROM_HERE).await.is(200, "waiting");
}

#[tokio::test]
async fn a_sites_line_is_the_queue_roles_own() {
    let site = site();
    site.tells("GET /wait/shop?to=/cart", 200, json!({"said": "by the queue role"}));
    let page = site.get("/wait/shop?to=/cart", &[]).await;
    assert!(page.status == 200 && page.text.contains("by the queue role"), "{}", page.text);
}
