use super::*;

#[test]
fn both_languages_have_the_same_texts_with_the_same_variables() {
    let (ko, en) = (Texts::of(Language::Ko).table(), Texts::of(Language::En).table());
    let ids = ko.variables.keys().chain(en.variables.keys());
    let differing: Vec<_> = ids.filter(|id| ko.variables.get(*id) != en.variables.get(*id)).collect();
    assert!(differing.is_empty(), "missing in a language, or with other variables: {differing:?}");
}
