//! The Debian package, by Debian's own `dpkg-deb`. What is written by hand is in `deploy/debian`.

use super::Release;
use super::layout::{copy, copy_all};
use crate::commands::{output_of, run};
use crate::workspace::root;
use anyhow::{Context, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Scripts of `deploy/debian` that dpkg runs.
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];
/// Beside the libraries that the program is linked to.
const NEEDS: &str = "adduser, ca-certificates, init-system-helpers (>= 1.54~)";
/// What `dpkg-shlibdeps` wants to find.
const SOURCE: &str = "Source: onsale\nMaintainer: nobody <nobody@localhost>\n\nPackage: onsale\nArchitecture: any\n";

/// Makes it of an installation's files, in a new folder.
///
/// # Errors
/// When a tool of `dpkg-dev` is missing or refuses.
pub fn make(release: &Release, tree: &Path, folder: &Path) -> anyhow::Result<()> {
    let architecture = architecture(&release.target)?;
    let package = folder.join("package");
    lay_out(release, tree, &package)?;
    let libraries = libraries(release, folder, &package.join("usr/bin/onsale"))?;
    let files = files_below(&package)?;
    let control = package.join("DEBIAN");
    fs::create_dir_all(&control)?;
    let kib =
        files.iter().map(|file| Ok(fs::metadata(package.join(file))?.len())).sum::<std::io::Result<u64>>()? / 1024;
    fs::write(control.join("control"), control_file(&release.version, architecture, &libraries, kib))?;
    fs::write(control.join("conffiles"), "/etc/onsale.toml\n")?;
    let listed = files.iter().filter(|file| !file.starts_with("etc"));
    let sums = output_of(release.tool("md5sum").args(listed).current_dir(&package))?;
    fs::write(control.join("md5sums"), sums)?;
    for script in SCRIPTS {
        copy(&root().join("deploy/debian").join(script), &control.join(script))?;
        set_mode(&control.join(script), 0o755)?;
    }
    let file = release.out.join(format!("onsale_{}_{architecture}.deb", release.version));
    run(release.tool("dpkg-deb").args(["--root-owner-group", "-Zxz", "--build"]).arg(&package).arg(file))
}

fn architecture(target: &str) -> anyhow::Result<&'static str> {
    match target {
        "x86_64-unknown-linux-gnu" => Ok("amd64"),
        "aarch64-unknown-linux-gnu" => Ok("arm64"),
        other => bail!("Debian has no name for {other} that we know"),
    }
}

/// The tree below `/usr` where Debian wants it, and what is Debian's alone.
fn lay_out(release: &Release, tree: &Path, package: &Path) -> anyhow::Result<()> {
    let usr = package.join("usr");
    copy_all(tree, &usr)?;
    let zsh = usr.join("share/zsh");
    fs::rename(zsh.join("site-functions"), zsh.join("vendor-completions"))?;
    let own = root().join("deploy/debian");
    let documents = usr.join("share/doc/onsale");
    // The unit and the licence have their own places.
    for elsewhere in ["onsale.service", "LICENSE", "LICENSE-MIT", "LICENSE-APACHE"] {
        fs::remove_file(documents.join(elsewhere))?;
    }
    copy(&own.join("onsale.service"), &usr.join("lib/systemd/system/onsale.service"))?;
    copy(&own.join("copyright"), &documents.join("copyright"))?;
    copy(&own.join("onsale.toml"), &package.join("etc/onsale.toml"))?;
    fs::rename(documents.join("CHANGELOG.md"), documents.join("changelog"))?;
    let pages = files_below(&usr.join("share/man"))?.into_iter().map(|page| usr.join("share/man").join(page));
    let compressed = ["changelog", "parts.cdx.json", "parts.licences.txt"].map(|name| documents.join(name));
    run(release.tool("gzip").arg("-9n").args(pages).args(compressed))?;
    for file in files_below(package)? {
        let mode = match file.to_str() {
            Some("usr/bin/onsale") => 0o755,
            // Secrets may stand in it; `postinst` gives it to the program's group.
            Some("etc/onsale.toml") => 0o640,
            _ if file.extension().is_some_and(|end| end == "sh") => 0o755,
            _ => 0o644,
        };
        set_mode(&package.join(file), mode)?;
    }
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> anyhow::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).with_context(|| path.display().to_string())
}

/// Every file below a folder, in one order, from this folder on.
fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| next.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The packages of the libraries that the program is linked to, with the versions that have what it calls.
fn libraries(release: &Release, folder: &Path, program: &Path) -> anyhow::Result<String> {
    fs::create_dir_all(folder.join("debian"))?;
    fs::write(folder.join("debian/control"), SOURCE)?;
    let mut command = release.tool("dpkg-shlibdeps");
    let said = output_of(command.arg("-O").arg("-e").arg(program).current_dir(folder));
    let said = said.context("dpkg-shlibdeps is in the package dpkg-dev, which build-essential brings along")?;
    let found = said.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    Ok(found.context("dpkg-shlibdeps names no library")?.to_owned())
}

fn control_file(version: &str, architecture: &str, libraries: &str, kib: u64) -> String {
    let said = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    let (name, address) = (said("DEBFULLNAME", "The maintainers of Onsale"), said("DEBEMAIL", "onsale@localhost"));
    format!(
        "\
Package: onsale
Version: {version}
Architecture: {architecture}
Maintainer: {name} <{address}>
Installed-Size: {kib}
Depends: {libraries}, {NEEDS}
Recommends: systemd
Suggests: nginx, prometheus, postgresql, redis-server
Section: web
Priority: optional
Description: waiting lines, first-come coupons and tickets
 Onsale decides who gets something when far more people want it than there is:
 coupons to the first who ask, seats to those whose turn it is. A waiting line
 stands before a sale, or before any site. One program with its data in one
 folder; or many, on Redis Cluster, Kafka and PostgreSQL or MariaDB.
 .
 The service starts with the installation, on this machine's own address.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_file_has_what_dpkg_demands() {
        let text = control_file("0.1.0", "amd64", "libc6 (>= 2.34), zlib1g (>= 1:1.1.4)", 42);
        for line in ["Package: onsale", "Version: 0.1.0", "Architecture: amd64", "Installed-Size: 42"] {
            assert!(text.lines().any(|own| own == line), "{line}");
        }
        assert!(text.contains("Depends: libc6 (>= 2.34), zlib1g (>= 1:1.1.4), adduser"));
        let description = text.split("Description: ").nth(1).expect("there");
        assert!(description.lines().skip(1).all(|line| line.starts_with(' ') && line.len() <= 80), "{description}");
    }

    #[test]
    fn a_machine_without_a_name_at_debian_is_refused() {
        assert_eq!(architecture("aarch64-unknown-linux-gnu").expect("known"), "arm64");
        assert!(architecture("riscv64gc-unknown-linux-gnu").is_err());
    }
}
