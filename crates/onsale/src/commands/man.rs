//! `onsale man`: a page of `man` for each command, from what `--help` says.

use super::Ending;
use crate::cli::{Cli, ManArguments, version};
use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::fs;

/// Writes the pages into the folder. What is there under their names is replaced.
///
/// # Errors
/// When the folder cannot be made or a page cannot be written.
pub fn run(arguments: &ManArguments) -> anyhow::Result<Ending> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let pages = pages()?;
    for (name, text) in &pages {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    note!("{} pages in {}", pages.len(), folder.display());
    Ok(Ending::Done)
}

/// Every page with its name, such as `onsale-admin-keys.1`.
fn pages() -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut tree = Cli::command().disable_help_subcommand(true);
    tree.build();
    let mut pages = Vec::new();
    write(&tree, &mut pages)?;
    Ok(pages)
}

fn write(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> anyhow::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below, pages)?;
    }
    pages.push(page(command)?);
    Ok(())
}

/// The examples keep their lines; as running text, which the library would make of them, they cannot be pasted.
fn page(command: &Command) -> anyhow::Result<(String, Vec<u8>)> {
    let notes = command.get_after_help().map(ToString::to_string);
    let command = command.clone().after_help(None::<&'static str>).long_version(None::<&'static str>);
    let source = concat!("onsale ", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command).date(version::date().unwrap_or_default()).source(source).manual("Onsale");
    let mut text = Vec::new();
    page.render(&mut text)?;
    if let Some(notes) = notes {
        let mut section = Roff::new();
        section.control("SH", ["EXAMPLES AND NOTES"]).control("nf", []);
        for line in notes.lines().filter(|line| *line != "Examples:" && *line != "Example:") {
            section.text([roman(line)]);
        }
        section.control("fi", []);
        section.to_writer(&mut text)?;
    }
    Ok((page.get_filename(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let pages = pages().expect("written");
        let text = |name: &str| {
            let (_, text) = pages.iter().find(|(file, _)| file == name).unwrap_or_else(|| panic!("no {name}"));
            String::from_utf8(text.clone()).expect("text")
        };
        for command in Cli::command().get_subcommands() {
            assert!(text(&format!("onsale-{}.1", command.get_name())).contains(".SH SYNOPSIS"));
        }
        assert!(text("onsale-admin-keys-create.1").contains("network"));
        let serve = text("onsale-serve.1");
        // A hyphen is written `\-`, so that it can be pasted.
        assert!(serve.contains(r"onsale serve \-\-listen 127.0.0.1:9000"), "{serve}");
        assert!(serve.contains(".nf\n") && !serve.contains(".SH EXTRA"), "{serve}");
        assert!(!pages.iter().any(|(file, _)| file.contains("help")), "help is no command of its own");
    }
}
