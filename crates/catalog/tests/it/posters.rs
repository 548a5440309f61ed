//! Posters: by id and words, kept for good by their tag, none of what nobody may see.

use crate::support::{NOON, Shop, Who};
use ledger_testkit::Site;
use serde_json::json;

#[tokio::test]
async fn a_poster_is_drawn_of_what_everybody_may_see_and_changes_with_its_title() {
    let _clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let place = shop.small_place().await;
    let hidden = shop.prepared_event(&place, json!({})).await;
    let id = shop.open_event(&place, json!({"title": "<script>alert('겨울')</script>"})).await;
    let path = format!("/assets/poster/{id}.svg");
    let (status, headers, svg) = shop.bytes(&path, &[]).await;
    assert_eq!(
        (status, &headers["content-type"], &headers["cache-control"]),
        (200, &"image/svg+xml".parse().expect("a value"), &"public, max-age=300".parse().expect("a value"))
    );
    let text = String::from_utf8(svg.clone()).expect("text");
    assert!(text.starts_with("<svg xmlns") && text.contains("&lt;script&gt;") && !text.contains("<script"), "{text}");
    assert_eq!(shop.bytes(&path, &[]).await.2, svg, "the same bytes for good");

    let tag = std::str::from_utf8(headers["etag"].as_bytes()).expect("a tag").to_owned();
    assert_eq!(shop.bytes(&path, &[("if-none-match", &tag)]).await.0, 304);
    let (_, headers, _) = shop.bytes(&format!("{path}?v={}", tag.trim_matches('"')), &[]).await;
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    let (_, headers, _) = shop.bytes(&format!("{path}?v=0123456789abcdef"), &[]).await;
    assert_eq!(headers["cache-control"], "public, max-age=300");

    let (status, headers, png) = shop.bytes(&format!("/assets/poster/{id}.png"), &[]).await;
    assert_eq!((status, &headers["content-type"]), (200, &"image/png".parse().expect("a value")));
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!((&png[16..20], &png[20..24]), (&1_200_u32.to_be_bytes()[..], &630_u32.to_be_bytes()[..]));
    assert_eq!(shop.bytes(&format!("/assets/poster/{id}.png"), &[]).await.2, png);

    shop.patch(&format!("/events/{id}"), &json!({"title": "겨울 콘서트"})).await.expect(200);
    let (_, headers, renamed) = shop.bytes(&path, &[]).await;
    assert!(String::from_utf8(renamed).expect("text").contains("겨울 콘서트"));
    assert_ne!(headers["etag"], tag.as_str());

    let unknown = [
        format!("/assets/poster/{hidden}.svg"),
        format!("/assets/poster/{hidden}.png"),
        format!("/assets/poster/{}.svg", uuid::Uuid::nil()),
        format!("/assets/poster/{id}.gif"),
        format!("/assets/poster/{id}"),
        "/assets/poster/x.svg".to_owned(),
    ];
    for path in unknown {
        assert_eq!(shop.get(&path).await.code(), (404, "NOT_FOUND"), "{path}");
        assert_eq!(shop.get_as(Who::Admin, &path).await.code(), (404, "NOT_FOUND"), "{path}");
    }
}
