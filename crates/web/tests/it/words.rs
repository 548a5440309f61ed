//! The texts: complete, each language in its own letters, and every id that a page names is there.

use crate::files::{folder, name, texts};
use std::collections::BTreeSet;
use web::Texts;
use web::{Language, texts::FILES};

/// Calls that name a text by its id.
const CALLS: [&str; 8] =
    [".get(\"", ".with(\"", ".fill(\"", ".find(\"", "say(\"", "texts()[\"", ".script(\"", "texts(\""];

fn source(language: Language, file: &str) -> String {
    let path = folder(&format!("crates/web/texts/{}/{file}.ftl", language.as_str()));
    std::fs::read_to_string(path).expect("the file is there")
}

fn ids(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()));
    lines.filter_map(|line| line.split_once('=')).map(|(id, _)| id.trim())
}

#[test]
fn every_text_can_be_read_and_its_id_begins_with_its_file_and_stands_once() {
    for language in Language::ALL {
        let mut known = BTreeSet::new();
        for file in FILES {
            let text = source(language, file);
            if let Err((_, faults)) = fluent_bundle::FluentResource::try_new(text.clone()) {
                panic!("{}/{file}.ftl: {faults:?}", language.as_str());
            }
            for id in ids(&text) {
                assert!(id.starts_with(&format!("{file}-")), "{}/{file}.ftl: {id}", language.as_str());
                assert!(known.insert(id.to_owned()), "{}/{file}.ftl: {id} stands twice", language.as_str());
            }
        }
    }
}

#[test]
fn korean_texts_have_korean_letters_and_english_ones_none() {
    let is_korean = |letter: char| ('\u{ac00}'..='\u{d7a3}').contains(&letter);
    for file in FILES {
        let english = source(Language::En, file);
        for line in english.lines().filter(|line| !line.starts_with('#')) {
            // The other language's name is in its own letters.
            let may = line.starts_with("common-other-language");
            assert!(may || !line.contains(is_korean), "en/{file}.ftl: {line}");
        }
        let korean = source(Language::Ko, file);
        assert!(!korean.contains("SOLD OUT"), "ko/{file}.ftl: 매진");
    }
}

/// Every id in the text of a template, a script or a page's code. One that ends with `-` is a beginning.
fn named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for call in CALLS {
        for rest in text.split(call).skip(1) {
            let id: String = rest.chars().take_while(|letter| *letter != '"').collect();
            let is_id = FILES.iter().any(|file| id.starts_with(&format!("{file}-")));
            if is_id && !id.contains(['{', '$', '+']) {
                found.insert(id);
            }
        }
    }
    found
}

#[test]
fn every_text_that_a_page_or_a_script_names_exists() {
    let mut files = texts("crates/pages/templates", &["html"]);
    files.extend(texts("crates/web/templates", &["html"]));
    files.extend(texts("crates/pages/src", &["rs"]));
    files.extend(texts("crates/web/src", &["rs"]));
    files.extend(texts("crates/web/assets", &["js"]));
    let known: BTreeSet<String> =
        FILES.iter().flat_map(|file| ids(&source(Language::Ko, file)).map(str::to_owned).collect::<Vec<_>>()).collect();
    let mut missing = Vec::new();
    for (path, text) in &files {
        for id in named(text) {
            let exists = known.contains(&id) || known.iter().any(|known| id.ends_with('-') && known.starts_with(&id));
            if !exists {
                missing.push(format!("{}: {id}", name(path)));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn numbers_money_days_and_times_are_written_as_each_language_does() {
    let (ko, en) = (Texts::of(Language::Ko), Texts::of(Language::En));
    assert_eq!((ko.won(132_000), en.won(132_000)), ("132,000원".to_owned(), "132,000 won".to_owned()));
    assert_eq!(
        (ko.number(999), ko.number(1_000), ko.number(1_234_567)),
        ("999".into(), "1,000".into(), "1,234,567".into())
    );
    assert_eq!(ko.number(-12_345), "-12,345");
    // 30 November 2026, 15:30 in UTC: the next day in Korea.
    let at = web::texts::read_time("2026-11-30T15:30:00").expect("a time");
    assert_eq!((ko.date(at), ko.time(at)), ("2026년 12월 1일 (화)".to_owned(), "00:30".to_owned()));
    assert_eq!((en.date(at), en.time(at)), ("Tue, 1 Dec 2026".to_owned(), "00:30 KST".to_owned()));
    assert_eq!(ko.iso(at), "2026-12-01T00:30:00+09:00");
    assert_eq!(en.fill("errors-wait", "seconds", 1_200), "Please try again in 1,200 seconds.");
}

#[test]
fn texts_for_scripts_keep_their_variables_and_cannot_end_their_element() {
    let json = Texts::of(Language::Ko).script("errors-wait");
    assert_eq!(json, r#"{"errors-wait":"{seconds}초 뒤에 다시 시도해 주십시오."}"#);
    assert!(!Texts::of(Language::En).script("").contains('<'));
}
