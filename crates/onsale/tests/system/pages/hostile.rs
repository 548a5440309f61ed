//! Texts of operators and people that try to be more than texts, and forms that come from elsewhere.

use super::shop::{next_number, open};
use super::steps;
use crate::browser::Person;
use serde_json::json;

/// What must not run, break out of its place, or turn the page around.
const HOSTILE: [&str; 5] = [
    "<script>window.isHit=1</script>",
    "\"><img src=x onerror=window.isHit=1>",
    "'><svg onload=window.isHit=1>",
    "</script><script>window.isHit=1</script>",
    "{{7*7}} ${7*7} &lt;b&gt; &amp;",
];

#[track_caller]
fn unharmed(person: &Person) {
    assert_eq!(person.value("window.isHit ?? 0"), Some(0.into()), "it ran on {}", person.words("location.href"));
    assert_eq!(person.value("document.querySelectorAll('main img, main svg[onload], main b').length"), Some(0.into()));
    person.assert_clean(&[]);
}

#[test]
fn a_hostile_title_is_a_title_everywhere() {
    let Some((browser, shop)) = open() else { return };
    let (person, _) = shop.visitor(browser);
    for text in HOSTILE {
        let title = format!("{text} {}", next_number());
        let show = shop.show(&title, -60);
        person.open(&shop.url(&format!("/shows/{}", show.event)));
        assert_eq!(person.text("h1"), title.trim());
        unharmed(&person);
        shop.let_in(&show, 0);
        person.open(&shop.url(&format!("/wait/{}", show.schedule)));
        person.until_state(&["waiting", "paused"]);
        let notice = json!({"notice": {"ko": text, "en": text}});
        shop.admin.post_json(&format!("/queue/admin/{}/pause", show.schedule), &notice);
        person.reload_whole();
        // The page may have been made a moment before the words: its script brings them.
        let words = json!(text.trim());
        person.until(&format!("document.querySelector('#words')?.textContent.trim() === {words}"));
        unharmed(&person);
        // Out of the line: a person waits in one only.
        person.open(&shop.url(&format!("/wait/{}?leave=1", show.schedule)));
        person.follow("main form button");
    }
    person.open(&shop.url("/shows"));
    unharmed(&person);
}

/// A long name without a space does not push the page out of its window.
#[test]
fn a_long_title_does_not_push_the_page_out_of_its_window() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.show(&format!("{}{}", "가나다라마바사".repeat(10), next_number()), -60);
    let person = browser.person();
    person.size(320, 640);
    for path in [format!("/shows/{}", show.event), "/shows".to_owned(), "/".to_owned()] {
        person.open(&shop.url(&path));
        let wide = person.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, Some(0.into()), "{path}");
    }
}

/// What a person types comes back as text, in an address and in a form that was refused.
#[test]
fn what_was_typed_comes_back_as_text() {
    let Some((browser, shop)) = open() else { return };
    let person = browser.person();
    for text in HOSTILE {
        person.open(&shop.url("/shows"));
        person.fill("#keyword", text);
        person.follow(".filters button");
        assert_eq!(person.words("document.getElementById('keyword').value"), text.trim());
        unharmed(&person);
    }
    person.open(&shop.url("/login"));
    person.fill("#email", HOSTILE[1]);
    person.follow(steps::GO);
    person.until_state(&["error"]);
    assert_eq!(person.words("document.getElementById('email').value"), HOSTILE[1]);
    assert_eq!(person.value("window.isHit ?? 0"), Some(0.into()));
}

/// Every form that changes something carries the proof that this site made it; without it nothing is changed.
#[test]
fn a_form_without_its_proof_changes_nothing() {
    let Some((browser, shop)) = open() else { return };
    let (person, buyer) = shop.visitor(browser);
    let show = shop.new_show();
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    steps::wait_for_seats(&person, &show);
    let reservation = steps::take_best(&person);
    let pages = [
        format!("/seats/{}", show.schedule),
        format!("/pay/{reservation}"),
        format!("/me/reservations/{reservation}/cancel"),
        format!("/wait/{}?leave=1", show.schedule),
        "/coupons/sample_event?own=1".to_owned(),
        "/me/account".to_owned(),
        "/me/account/profile".to_owned(),
        "/me/account/password".to_owned(),
        "/me/account/delete".to_owned(),
    ];
    let without = "[...document.querySelectorAll('form[method=post]')].filter((form) => !form.elements.csrfToken?.value).map((form) => form.id || form.action)";
    for page in pages {
        person.open(&shop.url(&page));
        let count =
            person.value("document.querySelectorAll('form[method=post]').length").and_then(|count| count.as_u64());
        assert!(count > Some(0), "{page} has no form");
        assert_eq!(person.value(without), Some(json!([])), "{page}");
    }
    person.open(&shop.url(&format!("/pay/{reservation}")));
    person.value("for (const field of document.querySelectorAll('input[name=csrfToken]')) field.remove()");
    person.follow("button[value=release]");
    person.until_state(&["error"]);
    assert_eq!(buyer.reservation(&reservation)["status"], "PENDING");
}
