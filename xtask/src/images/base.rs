//! The image that all others begin with: Debian's smallest system, by `debootstrap`.

use crate::commands::{run, works};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// Its name.
pub const NAME: &str = "debian:bookworm-slim";
/// What Debian's own slim image leaves out, too.
const LEFT_OUT: [&str; 5] =
    ["var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"];
/// The authorities that this machine trusts: a network may have some of its own.
const AUTHORITIES: &str = "etc/ssl/certs/ca-certificates.crt";
/// Where those of its own are told to Debian: a newer package of authorities makes the file above anew from here.
const OWN_AUTHORITIES: &str = "usr/local/share/ca-certificates";
/// Where this machine's packages come from.
const SOURCES: &str = "etc/apt/sources.list.d/debian.sources";

/// Makes it.
///
/// # Errors
/// Without `debootstrap`, without the rights of root, or when Debian's packages cannot be had.
pub fn make(folder: &Path) -> anyhow::Result<()> {
    if !works(Command::new("debootstrap").arg("--version")) {
        bail!("debootstrap is not on this machine; install it: sudo apt-get install debootstrap");
    }
    let system = folder.join("debian");
    if system.exists() {
        std::fs::remove_dir_all(&system).with_context(|| system.display().to_string())?;
    }
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    // Packages of a country's mirror or of a proxy come by debootstrap's own default, which knows both.
    run(Command::new("debootstrap").args(["--variant=minbase", "--include=ca-certificates", "bookworm"]).arg(&system))?;
    for left_out in LEFT_OUT {
        let path = system.join(left_out);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
    }
    for file in [AUTHORITIES, SOURCES] {
        let here = Path::new("/").join(file);
        if here.is_file() {
            std::fs::copy(&here, system.join(file)).with_context(|| here.display().to_string())?;
        }
    }
    let own = Path::new("/").join(OWN_AUTHORITIES);
    if own.is_dir() {
        run(Command::new("cp")
            .arg("--recursive")
            .arg("--no-target-directory")
            .arg(&own)
            .arg(system.join(OWN_AUTHORITIES)))?;
    }
    if system.join(SOURCES).is_file() {
        let _ = std::fs::remove_file(system.join("etc/apt/sources.list"));
    }
    let outcome = import(&system);
    std::fs::remove_dir_all(&system).with_context(|| system.display().to_string())?;
    outcome
}

fn import(system: &Path) -> anyhow::Result<()> {
    let mut archive = Command::new("tar");
    archive.arg("-C").arg(system).args(["-c", "."]).stdout(Stdio::piped());
    let mut archive = archive.spawn().context("`tar` could not be started")?;
    let content = archive.stdout.take().context("`tar` has no output")?;
    let mut import = super::docker();
    import.args(["import", "--change", "CMD [\"bash\"]"]);
    import.args(["--change", "LABEL onsale.stand-in=\"Debian 12, by debootstrap\"", "-", NAME]);
    run(import.stdin(content))?;
    if !archive.wait()?.success() {
        bail!("`tar` failed; what it printed above says why");
    }
    Ok(())
}
