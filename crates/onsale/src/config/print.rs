//! Prints the effective configuration as TOML, with the source of each value.

use super::keys::KEYS;
use super::load::Loaded;
use std::fmt::Write;

/// The column at which sources begin, unless a value is longer.
const ORIGIN_COLUMN: usize = 40;

/// Prints every key. The text is a valid configuration file with the same effect, except for hidden passwords and secrets.
pub fn print(loaded: &Loaded) -> String {
    let mut text = String::from("# In force. Later ones win: default, file, environment, command line.\n");
    let file = loaded.file.as_ref().map_or("none".to_owned(), |path| files::absolute(path).display().to_string());
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# File: {file}");
    let _ = writeln!(text, "# Data folder: {}", files::absolute(&loaded.config.data.dir).display());
    let mut section = "";
    for key in KEYS {
        let (of, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if of != section {
            section = of;
            let _ = write!(text, "\n[{section}]\n");
        }
        let value = loaded.layers.find_value(key.name).map_or_else(|_| String::new(), |value| key.kind.shown(&value));
        let origin = loaded.layers.find_metadata(key.name).map_or("unknown", |metadata| &metadata.name);
        let line = format!("{name} = {value}");
        let _ = writeln!(text, "{line:<ORIGIN_COLUMN$} # {origin}");
    }
    text
}
