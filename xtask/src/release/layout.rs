//! The files of an installation, as below `/usr/local` or `/usr`.

use super::Release;
use crate::commands::{output_of, run};
use crate::workspace::root;
use anyhow::Context;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Shells with the place where each looks.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/onsale"),
    ("zsh", "share/zsh/site-functions/_onsale"),
    ("fish", "share/fish/vendor_completions.d/onsale.fish"),
];
/// What to read, from the root of the workspace.
const DOCUMENTS: [&str; 17] = [
    "README.md",
    "README.ko.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "LICENSE",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "docs/api.md",
    "docs/client.en.md",
    "docs/client.ko.md",
    "docs/engines.en.md",
    "docs/engines.ko.md",
    "docs/guide.en.md",
    "docs/guide.ko.md",
    "docs/operations.en.md",
    "docs/operations.ko.md",
    "deploy/debian/onsale.service",
];
/// What operators put into other programs: folders of `deploy`.
const BESIDE: [&str; 4] = ["grafana", "nginx", "prometheus", "sql"];

/// Makes the folder.
///
/// # Errors
/// When a file is missing, or the program does not write its own pages.
pub fn make(release: &Release, folder: &Path) -> anyhow::Result<()> {
    let root = root();
    copy(&release.program, &folder.join("bin/onsale"))?;
    let pages = folder.join("share/man/man1");
    fs::create_dir_all(&pages).with_context(|| pages.display().to_string())?;
    run(Command::new(&release.program).arg("man").arg(&pages))?;
    for (shell, path) in SHELLS {
        let script = output_of(Command::new(&release.program).args(["completions", shell]))?;
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, script).with_context(|| path.display().to_string())?;
    }
    let documents = folder.join("share/doc/onsale");
    for document in DOCUMENTS {
        let name = Path::new(document).file_name().context("a name")?;
        copy(&root.join(document), &documents.join(name))?;
    }
    for made in ["cdx.json", "licences.txt"] {
        copy(&release.out.join(format!("{}.{made}", release.name())), &documents.join(format!("parts.{made}")))?;
    }
    for beside in BESIDE {
        copy_all(&root.join("deploy").join(beside), &folder.join("share/onsale").join(beside))?;
    }
    Ok(())
}

/// Copies a file with its mode, and makes the folder for it.
///
/// # Errors
/// The system's, with the file that is missing.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::copy(from, to).with_context(|| format!("{} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Copies a folder.
///
/// # Errors
/// The system's, with the file that is missing.
pub fn copy_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    let entries = fs::read_dir(from).with_context(|| from.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        let target = to.join(path.file_name().context("a name")?);
        if path.is_dir() { copy_all(&path, &target)? } else { copy(&path, &target)? }
    }
    Ok(())
}
