use super::*;

#[test]
fn all_languages_have_the_same_texts_with_the_same_variables() {
    let default = Texts::of(Language::default()).table();
    for language in Language::ALL {
        let table = Texts::of(language).table();
        let ids = default.variables.keys().chain(table.variables.keys());
        let differing: Vec<_> = ids.filter(|id| default.variables.get(*id) != table.variables.get(*id)).collect();
        assert!(differing.is_empty(), "missing in {language:?}, or with other variables: {differing:?}");
    }
}
