use super::support::{Console, Page};
use serde_json::{Value, json};

fn letter(id: &str, failures: u64) -> Value {
    json!({"id": id, "topic": "dlq.payment", "reason": "INVALID", "error": "<b>no such reservation</b>",
        "originalTopic": "payment.events", "originalPartition": 0, "originalOffset": 41, "key": "k", "eventType": "PaymentSuccess",
        "traceId": "t-1", "failures": failures, "at": "2026-12-01T11:00:00Z", "group": "nobody", "replayRequested": false})
}

/// Three letters on the page; the API knows them one by one, too.
fn console() -> Console {
    let console = Console::new();
    let all = [letter("11", 1), letter("12", 3), letter("13", 1)];
    let list = json!({"list": all, "totalElements": 3, "isMore": false, "at": "2026-12-01T11:00:05Z"});
    console.says("GET /api/v1/admin/dead-letters?page=0&size=50", 200, list);
    console
}

/// The letters of a page, as their rows name them.
fn shown(page: &Page) -> Vec<String> {
    let parts = page.html.split("data-letter=\"").skip(1);
    parts.map(|part| part.split('"').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn letters_are_listed_with_where_they_came_from() {
    let page = console().get("/console/letters").await;
    page.is(200, "letters");
    assert_eq!(shown(&page), ["11", "12", "13"]);
    page.has("파티션 0, 오프셋 41");
    page.has("다시 실패함 ×3");
    page.has("&#60;b&#62;no such reservation");
    page.has_not("<b>no such");
    page.has("3건");
}

#[tokio::test]
async fn nothing_is_done_to_letters_before_some_are_chosen() {
    let console = console();
    let page = console.press("/console/letters/choose", &[("act", "replay")]).await;
    page.is(400, "letters");
    page.has("<a href=\"#letters\">먼저 하나 이상 고르십시오.</a>");
    page.has("id=\"letters\"");
    let chosen = [("act", "drop"), ("ids", "11"), ("ids", "13"), ("at", "1796122805000"), ("page", "0")];
    let page = console.press("/console/letters/choose", &chosen).await;
    page.leads_to("/console/letters/sure?act=drop&at=1796122805000&page=0&ids=11&ids=13");
    console.told_nothing();
}

/// The question names exactly the chosen ones, as of the moment they were seen, and how many are gone since.
#[tokio::test]
async fn the_question_names_the_chosen_letters_and_no_other() {
    let console = console();
    let page = console.get("/console/letters/sure?act=drop&at=1796122805000&ids=11&ids=13&ids=99").await;
    page.is(200, "letters-sure");
    assert_eq!(shown(&page), ["11", "13"]);
    page.has("2건을 버리시겠습니까?");
    page.has("1건은 그사이 없어져 뺐습니다");
    let sent: Vec<&str> =
        page.html.split("name=\"ids\" value=\"").skip(1).filter_map(|part| part.split('"').next()).collect();
    assert_eq!(sent, ["11", "13"]);
    let page = console.get("/console/letters/sure?act=replay&ids=99").await;
    page.is(400, "letters");
    page.has("1건은 그사이 없어져 뺐습니다");
    assert_eq!(console.get("/console/letters/sure?act=purge&ids=11").await.status, 404);
}

#[tokio::test]
async fn each_letter_has_an_outcome_of_its_own() {
    let console = console();
    let results = json!({"results": [{"id": "11", "outcome": "REPLAYED"}, {"id": "13", "outcome": "FAILED", "error": "<full>"},
        {"id": "12", "outcome": "GONE"}]});
    console.says("POST /api/v1/admin/dead-letters/replay", 200, results);
    let page =
        console.press("/console/letters", &[("act", "replay"), ("ids", "11"), ("ids", "13"), ("ids", "12")]).await;
    assert_eq!(console.only("POST /api/v1/admin/dead-letters/replay"), json!({"ids": ["11", "13", "12"]}));
    assert!(page.location().starts_with("/console/letters/outcome?act=replay&key="), "{}", page.location());
    let page = console.get(page.location()).await;
    page.is(200, "letters-outcome");
    for (id, outcome) in [("11", "REPLAYED"), ("13", "FAILED"), ("12", "GONE")] {
        page.has(&format!("data-letter=\"{id}\" data-outcome=\"{outcome}\""));
    }
    page.has("&#60;full&#62;");
    // Another server, or ten minutes later: what was done is in the audit log.
    let page = console.get("/console/letters/outcome?act=replay&key=00000000-0000-4000-8000-000000000000").await;
    page.is(200, "letters-outcome");
    page.has("한 일은 변경 기록에 남아 있습니다");
}

#[tokio::test]
async fn a_letter_shows_what_it_holds_as_text() {
    let console = console();
    let mut one = letter("11", 1);
    one["value"] = json!({"payload": {"userId": "***", "memo": "<script>alert(1)</script>"}});
    one["headers"] = json!({"eventType": "PaymentSuccess"});
    console.says("GET /api/v1/admin/dead-letters/11", 200, one);
    let page = console.get("/console/letters/11").await;
    page.is(200, "letter");
    page.has("&#60;script&#62;alert(1)");
    page.has_not("<script>alert");
    page.has("/console/appeal?traceId=t-1");
    console.get("/console/letters/12345").await.is(404, "missing");
}
