use super::support::{Page, with_shop};
use serde_json::{Value, json};

const RATE: &str = "PUT /queue/admin/shop/rate";

#[tokio::test]
async fn a_rate_is_changed_from_what_was_seen() {
    let console = with_shop(10, 41_230);
    console.says(RATE, 204, Value::Null);
    let page = console.get("/console/lines/shop").await;
    page.is(200, "line");
    assert_eq!(page.hidden("was"), "10");
    let page = console.press("/console/lines/shop/rate", &[("was", "10"), ("ratePerSecond", "20")]).await;
    assert!(page.location().starts_with("/console/lines/shop?done=rate&was=10&to=20&at="), "{}", page.location());
    assert_eq!(console.only(RATE), json!({"ratePerSecond": 20, "was": 10}));
}

/// More than twice as many, and nobody any more, are asked about; the second press does it.
#[tokio::test]
async fn a_leap_needs_a_second_press() {
    let console = with_shop(10, 41_230);
    console.says(RATE, 204, Value::Null);
    for rate in ["21", "0"] {
        let page = console.press("/console/lines/shop/rate", &[("was", "10"), ("ratePerSecond", rate)]).await;
        page.leads_to(&format!("/console/lines/shop/rate?to={rate}"));
    }
    console.told_nothing();
    let page = console.get("/console/lines/shop/rate?to=50").await;
    page.is(200, "sure");
    page.has("41,230명이 13분 45초 만에 모두 들어갑니다");
    page.has("초당 10명에서 50명으로, 5배가 됩니다");
    assert_eq!([page.hidden("was"), page.hidden("ratePerSecond"), page.hidden("sure")], ["10", "50", "1"]);
    let sure = [("was", "10"), ("ratePerSecond", "50"), ("sure", "1")];
    console.press("/console/lines/shop/rate", &sure).await;
    assert_eq!(console.only(RATE), json!({"ratePerSecond": 50, "was": 10}));
}

#[tokio::test]
async fn what_another_operator_set_meanwhile_is_told_and_not_overwritten() {
    let console = with_shop(12, 100);
    console.says(RATE, 409, json!({"code": "RATE_CHANGED", "message": "changed", "ratePerSecond": 12}));
    let page = console.press("/console/lines/shop/rate", &[("was", "10"), ("ratePerSecond", "15")]).await;
    page.is(409, "conflict");
    page.has("보고 계시던 값은 초당 10명이었는데 지금은 12명입니다");
    assert_eq!([page.hidden("was"), page.hidden("ratePerSecond")], ["12", "15"], "from what holds now");
}

#[tokio::test]
async fn a_rate_that_is_none_comes_back_with_its_fault() {
    let console = with_shop(10, 100);
    for wrong in ["", "-1", "1.5", "1000001", "ten", "<b>"] {
        let page = console.press("/console/lines/shop/rate", &[("was", "10"), ("ratePerSecond", wrong)]).await;
        assert_eq!(page.status, 400, "{wrong}");
        page.has_fault_at("ratePerSecond");
        page.has_not("<b>");
    }
    console.told_nothing();
}

fn undo(page: &Page) -> bool {
    page.html.contains("id=\"undo\"")
}

/// The way back stays for a minute, whatever an address says.
#[tokio::test]
async fn the_way_back_stays_for_a_minute() {
    let console = with_shop(20, 100);
    let now = clock::now().millis();
    let done = async |at: i64| console.get(&format!("/console/lines/shop?done=rate&was=10&to=20&at={at}")).await;
    let page = done(now - 1_000).await;
    assert!(undo(&page));
    page.has("속도를 초당 10명에서 20명으로 바꿨습니다");
    assert_eq!([page.hidden("was"), page.hidden("ratePerSecond")], ["20", "10"]);
    assert!(!undo(&done(now - 61_000).await) && !undo(&done(now + 600_000).await) && !undo(&done(i64::MIN).await));
}
