//! The licences of all parts: a list, and every text that the parts carry, each once.

use super::Release;
use super::parts::Part;
use anyhow::Context;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Beginnings of the names of such files, in capitals.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
/// Ends of files that are named so and are none.
const NO_TEXTS: [&str; 6] = ["rs", "toml", "json", "html", "yml", "yaml"];
/// A longer one is no licence.
const BYTES_MAX: u64 = 256 * 1024;
/// How far below a package: the C library that it brings along lies in a folder of its own.
const DEPTH: usize = 1;

/// Writes the file into the folder of the release.
///
/// # Errors
/// When a folder cannot be read, or the file cannot be written.
pub fn write(release: &Release, parts: &[Part]) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for part in parts.iter().filter(|part| part.is_inside && !part.is_ours()) {
        let texts = texts_in(&part.folder, DEPTH).with_context(|| part.folder.display().to_string())?;
        found.push((part, texts));
    }
    let bare = found.iter().filter(|(_, texts)| texts.is_empty()).count();
    println!("{bare} of {} packages carry no text; the list names their licence", found.len());
    let path = release.out.join(format!("{}.licences.txt", release.name()));
    fs::write(&path, document(&found)).with_context(|| path.display().to_string())
}

fn is_licence(name: &str) -> bool {
    let end = Path::new(name).extension().and_then(|end| end.to_str()).unwrap_or_default().to_lowercase();
    NAMES.iter().any(|beginning| name.to_uppercase().starts_with(beginning)) && !NO_TEXTS.contains(&end.as_str())
}

/// The texts in a folder, in the order of their names.
fn texts_in(folder: &Path, depth: usize) -> std::io::Result<Vec<String>> {
    let mut entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut texts = Vec::new();
    for entry in entries {
        let metadata = fs::metadata(entry.path())?;
        let name = entry.file_name();
        if metadata.is_dir() && depth > 0 {
            texts.extend(texts_in(&entry.path(), depth - 1)?);
        } else if metadata.is_file() && metadata.len() <= BYTES_MAX && is_licence(&name.to_string_lossy()) {
            let bytes = fs::read(entry.path())?;
            // The same text with other ends of lines is the same text.
            let text: Vec<String> =
                String::from_utf8_lossy(&bytes).lines().map(|line| line.trim_end().to_owned()).collect();
            texts.push(text.join("\n").trim().to_owned());
        }
    }
    Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
}

const BEGINNING: &str = "\
Onsale itself is under the MIT licence or the Apache License 2.0, at your option. It contains the following packages of
others. The numbers are those of the texts below, as the packages carry them.
";

fn document(found: &[(&Part, Vec<String>)]) -> String {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut text = format!("{BEGINNING}\n");
    for (part, texts) in found {
        let mut own: Vec<usize> = texts
            .iter()
            .map(|text| {
                *numbers.entry(text).or_insert_with(|| {
                    order.push(text);
                    order.len()
                })
            })
            .collect();
        own.sort_unstable();
        own.dedup();
        let own: Vec<String> = own.iter().map(usize::to_string).collect();
        let own = if own.is_empty() { "none of its own".to_owned() } else { own.join(", ") };
        let place = part.repository.as_deref().unwrap_or("-");
        let _ = writeln!(
            text,
            "{} {}\n    licence: {}\n    source:  {place}\n    texts:   {own}",
            part.name, part.version, part.licence
        );
    }
    for (place, licence) in order.iter().enumerate() {
        let _ = write!(text, "\n{}\n[{}]\n\n{licence}\n", "=".repeat(100), place + 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_once_whoever_carries_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        put("a/LICENSE-MIT", "MIT of Ann\r\n");
        put("a/license.rs", "fn main() {}");
        put("b/librdkafka/LICENSE", "MIT of Ann  \n\n");
        put("b/librdkafka/deep/LICENSE", "too deep");
        put("b/NOTICE", "by Bob");
        put("c/README", "nothing");
        let part = |name: &str| Part {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: "MIT".to_owned(),
            repository: None,
            folder: folder.path().join(name),
            checksum: Some("c0".to_owned()),
            is_inside: true,
            needs: Vec::new(),
        };
        let parts = [part("a"), part("b"), part("c")];
        let found: Vec<(&Part, Vec<String>)> =
            parts.iter().map(|part| (part, texts_in(&part.folder, DEPTH).expect("read"))).collect();
        let text = document(&found);
        assert_eq!(text.matches("MIT of Ann").count(), 1, "{text}");
        assert!(text.contains("by Bob") && !text.contains("too deep") && !text.contains("fn main"), "{text}");
        let own: Vec<&str> =
            text.lines().filter_map(|line| line.trim().strip_prefix("texts:")).map(str::trim).collect();
        assert_eq!(own, ["1", "1, 2", "none of its own"]);
    }
}
