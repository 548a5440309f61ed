use super::support::{Console, Page};
use http::Method;
use serde_json::{Value, json};

const LOOK: &str = "/api/v1/admin/looks/queue:shop";
const PAGE: &str = "/console/looks/queue:shop";

/// Sends the form as a browser does: with a file in it.
async fn send(console: &Console, fields: &[(&str, &str)], logo: &[u8]) -> Page {
    let mut body = Vec::new();
    let fields = [fields, &[("csrfToken", "proof"), ("idempotencyKey", "key-1")]].concat();
    for (name, value) in fields {
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    body.extend(
        b"--x\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n",
    );
    body.extend(logo);
    body.extend(b"\r\n--x--\r\n");
    console.ask(Method::POST, PAGE, Some(("multipart/form-data; boundary=x", body))).await
}

#[tokio::test]
async fn a_look_is_saved_with_its_picture() {
    let console = Console::new();
    let page = console.get(PAGE).await;
    page.is(200, "look");
    page.has("value=\"온세일\"");
    console.says(&format!("PUT {LOOK}"), 200, json!({}));
    let fields =
        [("name", "가게"), ("ko", "어서 오십시오"), ("en", "Welcome"), ("light-act", "#0A3FB4"), ("act", "save")];
    send(&console, &fields, b"\x89PNG").await.leads_to("/console/looks/queue:shop?done=saved");
    let wanted = json!({"name": "가게", "words": {"ko": "어서 오십시오", "en": "Welcome"}, "colors": {"act": "#0a3fb4"},
        "logo": "data:image/png;base64,iVBORw=="});
    assert_eq!(console.only(&format!("PUT {LOOK}")), wanted);
}

#[tokio::test]
async fn a_preview_keeps_nothing() {
    let console = Console::new();
    console.says(&format!("POST {LOOK}/preview"), 200, json!({"css": "", "pairs": []}));
    let page = send(&console, &[("name", "가게 <b>"), ("light-act", "#0a3fb4"), ("act", "preview")], b"").await;
    page.is(200, "look");
    page.has("글자와 바탕의 대비가 모두 충분합니다");
    page.has("fill=\"#0a3fb4\" data-fill=\"light-act\"");
    page.has("data-text=\"name\">가게 &#60;b&#62;</text>");
    let sent = console.only(&format!("POST {LOOK}/preview"));
    assert_eq!(sent["logo"], Value::Null);
}

/// Colours that cannot be read on each other are told pair by pair, and what was typed stays.
#[tokio::test]
async fn colours_that_are_too_close_are_told_pair_by_pair() {
    let console = Console::new();
    let pairs = json!([{"scheme": "light", "text": "act", "on": "paper", "ratio": 2.31, "needed": 4.5}]);
    console.says(&format!("PUT {LOOK}"), 422, json!({"code": "CONTRAST_TOO_LOW", "message": "no", "pairs": pairs}));
    let page = send(&console, &[("name", "가게"), ("light-act", "#cccccc"), ("act", "save")], b"").await;
    page.is(422, "look");
    page.has("<a href=\"#colors\">밝은 화면: 바탕 위의 링크와 선택 대비가 2.31:1입니다.");
    page.has("value=\"#cccccc\"");
}

#[tokio::test]
async fn faults_of_a_look_are_told_at_their_fields() {
    let console = Console::new();
    let long = "가".repeat(201);
    let fields = [("name", ""), ("ko", long.as_str()), ("dark-ink", "red;}"), ("act", "save")];
    let page = send(&console, &fields, b"<html>").await;
    page.is(400, "look");
    for field in ["name", "ko", "dark-ink", "logo"] {
        page.has_fault_at(field);
    }
    page.has_not("fill=\"red");
    let page = send(&console, &[("name", "가게"), ("act", "save")], &vec![b'a'; 70_000]).await;
    page.has_fault_at("logo");
    // Words in one language alone would leave the others' readers without.
    send(&console, &[("name", "가게"), ("ko", "어서 오십시오"), ("act", "save")], b"").await.has_fault_at("en");
    console.told_nothing();
    // A form that no page of ours sends.
    let broken = console.ask(Method::POST, PAGE, Some(("multipart/form-data; boundary=x", b"--y".to_vec()))).await;
    assert_eq!(broken.status, 400);
}
