//! The words of all pages: `texts/{ko,en}/<page>.ftl`, in Fluent's format.
//!
//! Each language is written, not translated. An id begins with the name of its file. A debug build reads the files when the
//! process starts, so that words can be changed without a build.

mod format;
#[cfg(test)]
mod tests;
mod values;

pub use fluent_bundle::FluentValue as Value;

pub use values::{Fill, Whole};

use domain::Timestamp;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use onsale_http::Language;
use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// One line for each page: a file of this name in the folder of each language.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// The files of each language.
        pub const FILES: &[&str] = &[$($name),*];

        fn source(name: &str, language: Language) -> Cow<'static, str> {
            #[cfg(debug_assertions)]
            if let Some(text) = on_disk(name, language) {
                return Cow::Owned(text);
            }
            // A language without its files does not compile.
            Cow::Borrowed(match language {
                Language::Ko => match name {
                    $($name => include_str!(concat!("../../texts/ko/", $name, ".ftl")),)*
                    _ => "",
                },
                Language::En => match name {
                    $($name => include_str!(concat!("../../texts/en/", $name, ".ftl")),)*
                    _ => "",
                },
            })
        }
    };
}

files!("common", "errors", "shop", "people", "ticket", "wait", "seats", "pay", "coupon", "console", "look");

#[cfg(debug_assertions)]
fn on_disk(name: &str, language: Language) -> Option<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/texts");
    std::fs::read_to_string(format!("{folder}/{}/{name}.ftl", language.as_str())).ok()
}

struct Table {
    bundle: FluentBundle<FluentResource>,
    /// Texts without variables, resolved once.
    plain: HashMap<String, Box<str>>,
    /// The variables of every text, in the order of ids.
    variables: BTreeMap<String, Vec<String>>,
}

static TABLES: LazyLock<[Table; Language::ALL.len()]> = LazyLock::new(|| Language::ALL.map(Table::of));

impl Table {
    fn of(language: Language) -> Self {
        let mut bundle = FluentBundle::new_concurrent(language.as_str().parse().ok().into_iter().collect());
        // Screen readers would read the isolation marks.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(|value, _| match value {
            Value::Number(number) if number.value.fract() == 0.0 => Some(format::grouped(number.value as i64)),
            _ => None,
        }));
        let mut variables = BTreeMap::new();
        for file in FILES {
            let resource = FluentResource::try_new(source(file, language).into_owned());
            let resource = resource.unwrap_or_else(|(readable, _)| readable);
            variables.extend(format::variables(&resource));
            // Adding fails only for an id that is there already, and then the first text is used; a test finds it.
            let _ = bundle.add_resource(resource);
        }
        let mut table = Self { bundle, plain: HashMap::new(), variables };
        let plain = table.variables.iter().filter(|(_, variables)| variables.is_empty());
        table.plain = plain.map(|(id, _)| (id.clone(), table.format(id, None).unwrap_or_default().into())).collect();
        table
    }

    fn format(&self, id: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        Some(self.bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned())
    }
}

/// The words of one language. Copied for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts(Language);

impl Texts {
    /// Of a language.
    pub fn of(language: Language) -> Self {
        Self(language)
    }

    /// Which language it is.
    pub fn language(self) -> Language {
        self.0
    }

    fn table(self) -> &'static Table {
        &TABLES[self.0 as usize]
    }

    /// A text without variables. An unknown id is returned itself; a test finds those that templates and scripts name.
    pub fn get(self, id: &str) -> &str {
        match self.table().plain.get(id) {
            Some(text) => text,
            None => id,
        }
    }

    /// A text without variables, by an id that is put together; none for an unknown one.
    pub fn find(self, id: &str) -> Option<&'static str> {
        self.table().plain.get(id).map(AsRef::as_ref)
    }

    /// A text with variables: `t.with("seats-section-left", &[("count", 3.into())])`. Whole numbers are grouped: `12,345`.
    pub fn with<'a>(self, id: &str, args: impl AsRef<[(&'a str, Value<'a>)]>) -> String {
        let args: FluentArgs<'_> = args.as_ref().iter().map(|(name, value)| (*name, value.clone())).collect();
        self.table().format(id, Some(&args)).unwrap_or_else(|| id.to_owned())
    }

    /// A text with one variable: `{{ shell.t.fill("seats-section-left", "count", count) }}`.
    pub fn fill(self, id: &str, name: &str, value: impl Fill) -> String {
        self.with(id, [(name, value.value())])
    }

    /// An amount of money: `132,000원`, `132,000 won`.
    pub fn won(self, amount: impl Whole) -> String {
        let amount = format::grouped(amount.whole());
        match self.0 {
            Language::Ko => format!("{amount}원"),
            Language::En => format!("{amount} won"),
        }
    }

    /// A whole number, grouped.
    pub fn number(self, number: impl Whole) -> String {
        format::grouped(number.whole())
    }

    /// The day in Korea: `2026년 11월 30일 (월)`, `Mon, 30 Nov 2026`.
    pub fn date(self, at: impl Borrow<Timestamp>) -> String {
        format::date(*at.borrow(), self.0)
    }

    /// The time of day in Korea: `20:00`, `20:00 KST`.
    pub fn time(self, at: impl Borrow<Timestamp>) -> String {
        format::time(*at.borrow(), self.0)
    }

    /// Day and time of day in Korea.
    pub fn moment(self, at: impl Borrow<Timestamp>) -> String {
        let at = *at.borrow();
        format!("{} {}", self.date(at), self.time(at))
    }

    /// For `<time datetime="...">`: `2026-11-30T20:00:00+09:00`.
    pub fn iso(self, at: impl Borrow<Timestamp>) -> String {
        format::iso(*at.borrow())
    }

    /// All texts whose ids begin so, as JSON `{id: text}`, with variables as `{count}`: for a script.
    pub fn script(self, prefix: &str) -> String {
        self.script_of(&[prefix])
    }

    /// The same for several beginnings.
    pub(crate) fn script_of(self, prefixes: &[&str]) -> String {
        let table = self.table();
        let wanted = table.variables.iter().filter(|(id, _)| prefixes.iter().any(|prefix| id.starts_with(prefix)));
        let texts: BTreeMap<&str, String> = wanted
            .map(|(id, variables)| {
                let names: FluentArgs<'_> =
                    variables.iter().map(|name| (name.clone(), format!("{{{name}}}"))).collect();
                (id.as_str(), table.format(id, Some(&names)).unwrap_or_default())
            })
            .collect();
        // `<` could end the element in the page.
        serde_json::to_string(&texts).unwrap_or_default().replace('<', "\\u003c")
    }
}

/// Reads a time of the API; none for what is no time.
pub fn read_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok()
}
