use super::*;
use crate::assets;
use crate::{Language, Visit};
use axum::response::Response;
use domain::Timestamp;
use http::StatusCode;
use std::collections::BTreeSet;
use std::process::Command;

#[path = "../slim.rs"]
mod slim;

/// In bytes, compressed (`web.md`, 3).
const HTML_MAX: usize = 1_536;
const CSS_MAX: usize = 3 * 1_024;
const SCRIPT_MAX: usize = 4 * 1_024;

fn text(response: Response) -> String {
    let body = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let body = body.block_on(axum::body::to_bytes(response.into_body(), 1 << 20)).expect("a body");
    String::from_utf8(body.to_vec()).expect("text")
}

fn visit(lang: Language) -> Visit {
    let csrf = Some("csrf-1".to_owned());
    Visit { lang, here: "/wait/x".into(), csrf, signed_in: true, ..Visit::default() }
}

fn line(kind: Kind) -> Line {
    let (name, here) = match kind {
        Kind::Schedule => ("3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11", "/wait/3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11"),
        Kind::Gate => ("gate:shoes", "/wait/gate:shoes"),
        Kind::Site => ("shop", "/wait/shop?to=/"),
    };
    let about = (kind != Kind::Site).then(|| "<밤의 노래> · 2026년 12월 3일 (목) 19:30".to_owned());
    Line { kind, name: name.to_owned(), about, here: here.to_owned() }
}

fn place(standing: Standing) -> Place {
    let (number, rank) = if standing == Standing::Drawing { (412, 0) } else { (90_211, 61_234) };
    Place {
        from_rank: 80_000,
        wait_seconds: Some(3_041),
        waiting: Some(77_120),
        rate_per_second: 20.1,
        opens_at: Some(Timestamp(1_795_291_391_337)),
        ..Place::new(standing, number, rank)
    }
}

fn brotli(content: &[u8]) -> usize {
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &params).expect("compressed");
    compressed.len()
}

#[test]
fn every_state_says_what_it_is_in_both_languages() {
    let mut headings = BTreeSet::new();
    for kind in [Kind::Schedule, Kind::Gate, Kind::Site] {
        for lang in Language::ALL {
            for standing in Standing::ALL {
                let page = text(waiting(&visit(lang), &line(kind), &place(standing)));
                let word = standing.word();
                for part in [
                    &format!("data-state=\"{word}\""),
                    &format!("data-kind=\"{}\"", kind.word()),
                    "<main id=\"wait\"",
                    "id=\"announcement\" role=\"status\"",
                    "<noscript><meta http-equiv=\"refresh\"",
                    "<a class=\"skip\" href=\"#wait\">",
                ] {
                    assert!(page.contains(part), "{part} not in {page}");
                }
                assert_eq!(page.matches("<h1").count(), 1);
                assert!(!page.contains(">wait-") && !page.contains("\"wait-\""), "a text is missing: {page}");
                assert!(!page.contains("<밤") && !page.contains("style=\"") && !page.contains("onclick"), "{page}");
                assert_eq!(page.contains("leave=1"), kind != Kind::Gate, "leaving, where there is a way to");
                let heading = page.split_once("<h1 id=\"title\">").and_then(|(_, rest)| rest.split_once('<'));
                headings.insert((lang.as_str(), heading.expect("a heading").0.to_owned()));
            }
        }
    }
    // A line that stands keeps its heading, and says in the lead that it stands.
    assert_eq!(headings.len(), 2 * (Standing::ALL.len() - 1), "{headings:?}");
}

#[test]
fn the_operators_words_the_chances_and_what_happened_are_shown() {
    let mut place = place(Standing::Paused);
    (place.wait_seconds, place.is_late, place.is_lost) = (None, true, true);
    (place.notice, place.outlook) = (Some("<b>10분 뒤</b>".into()), Some("poor"));
    let page = text(waiting(&visit(Language::Ko), &line(Kind::Schedule), &place));
    for part in [
        "&#60;b&#62;10분 뒤",
        "앞에 계신 분이 남은 좌석보다 많습니다",
        "id=\"late\"",
        "id=\"lost\"",
        "입장이 다시 시작되면",
    ] {
        assert!(page.contains(part), "{part} not in {page}");
    }
    for part in ["61,234", "61,233", "15,886", "value=\"23\"", "1초에 20명"] {
        assert!(page.contains(part), "{part} not in {page}");
    }
}

#[test]
fn every_reason_has_a_title_and_says_what_is_next() {
    let states = [
        "join",
        "gone",
        "lapsed",
        "elsewhere",
        "full",
        "toomany",
        "busy",
        "notyet",
        "cancelled",
        "ended",
        "closed",
        "soldout",
        "unavailable",
        "processing",
        "nocookies",
        "cookielost",
        "account",
        "leave",
        "left",
    ];
    for lang in Language::ALL {
        for state in states {
            let form = Form { action: "/wait/x".into(), label: "wait-rejoin", fields: vec![("leave", "1".into())] };
            let found = Notice::new(StatusCode::OK, state).form(form).action("wait-back", "/shows/1", false);
            let page = text(notice(&visit(lang), &line(Kind::Schedule), &found));
            assert!(page.contains(&format!("data-state=\"{state}\"")) && !page.contains("<h1></h1>"), "{page}");
            assert!(!page.contains("<p class=\"lead\"></p>"), "{page}");
            assert!(page.contains("name=\"csrfToken\" value=\"csrf-1\""), "a form has its token: {page}");
            assert!(!page.contains(">wait-"), "a text is missing: {page}");
            assert!(page.contains("<a class=\"skip\" href=\"#main\">") && page.contains("<main id=\"main\""), "{page}");
        }
    }
}

#[test]
fn a_page_that_waits_for_an_opening_counts_down_by_the_servers_clock() {
    let mut found = Notice::new(StatusCode::OK, "notyet");
    found.opens_at = Some(Timestamp(1_795_291_391_337));
    let page = text(notice(&visit(Language::Ko), &line(Kind::Schedule), &found));
    for part in [
        "data-opens=\"1795291391337\"",
        "data-now=\"",
        "data-left=\"열리기까지 {time}\"",
        "id=\"left\"",
        "again.js",
        "에 열립니다",
    ] {
        assert!(page.contains(part), "{part} not in {page}");
    }
}

#[test]
fn the_page_with_all_that_it_loads_is_small() {
    let scripts = ["wait.js", "wait/model.js"].map(|name| slim::slim(name, &assets::content(name).expect("a file")));
    let scripts: usize = scripts.iter().map(|script| brotli(script)).sum();
    assert!(scripts <= SCRIPT_MAX, "the scripts have {scripts} bytes");
    let style = slim::slim("wait.css", &assets::content("wait.css").expect("a file"));
    assert!(brotli(&style) <= CSS_MAX, "the style has {} bytes", brotli(&style));
    for lang in Language::ALL {
        let mut place = place(Standing::Waiting);
        (place.notice, place.outlook) = (Some("10분 뒤에 다시 시작합니다".into()), Some("uncertain"));
        let page = text(waiting(&visit(lang), &line(Kind::Schedule), &place));
        let html = brotli(page.as_bytes());
        println!("{}: html {html}, css {}, js {scripts}", lang.as_str(), brotli(&style));
        assert!(html <= HTML_MAX, "the page has {html} bytes in {}", lang.as_str());
        assert_eq!(page.matches("/assets/").count(), 3, "with itself four requests: {page}");
    }
}

/// Kind: a rank that grows; a timer by the device's clock; a crowd that asks at once.
#[test]
fn the_script_reckons_as_it_should() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/wait/script_tests.mjs");
    let run = match Command::new("node").arg("--test-reporter=tap").arg(script).output() {
        Ok(run) => run,
        Err(error) if std::env::var_os("CI").is_none() => {
            println!("not run, without Node: {error}");
            return;
        }
        Err(error) => panic!("node: {error}"),
    };
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains("# pass 14"), "{said}");
}

#[test]
fn the_scripts_never_read_the_devices_clock() {
    for name in ["wait.js", "wait/model.js", "wait/again.js", "wait/signals.js"] {
        let script = assets::content(name).expect("a file");
        let script = String::from_utf8_lossy(&script);
        for clock in ["Date.now", "new Date", "Date("] {
            assert!(!script.contains(clock), "{clock} in {name}");
        }
    }
}

/// The page has a style sheet of its own; its colours are the kit's.
#[test]
fn the_colours_are_those_of_all_pages() {
    let read = |name: &str| String::from_utf8(assets::content(name).expect("a file").into_owned()).expect("text");
    let tokens = |css: &str| -> BTreeSet<String> {
        let names = ["--paper:", "--card:", "--ink:", "--soft:", "--edge:", "--act:", "--good:", "--warn:"];
        let declared = css.split([';', '{', '}']).map(|part| part.split_whitespace().collect::<String>());
        declared.filter(|part| names.iter().any(|name| part.starts_with(name))).collect()
    };
    let (own, kit) = (tokens(&read("wait.css")), tokens(&read("base.css")));
    assert_eq!(own.len(), 16, "light and dark: {own:?}");
    let other: Vec<_> = own.difference(&kit).collect();
    assert!(other.is_empty(), "not in base.css: {other:?}, which has {kit:?}");
}
