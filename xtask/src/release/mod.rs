//! `cargo xtask release`: what people download: an archive, a Debian package, a bill of materials, the licences of all parts, checksums.
//! The only time in these files is the commit's: the same commit and toolchain make the same bytes.

mod debian;
mod layout;
mod parts;
mod sbom;
mod texts;

use crate::commands::{cargo, output_of, run as run_to_end, works};
use crate::steps::Steps;
use crate::workspace::{root, target};
use anyhow::{Context, bail};
use clap::Args;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// `cargo xtask release`.
#[derive(Args)]
pub struct ReleaseArguments {
    /// Pack this program instead of building one: target/debug/onsale is enough to try the packages
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// The folder for the files, a new or an empty one [default: dist in the target folder, emptied first]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What is packed.
struct Release {
    program: PathBuf,
    /// Such as `0.1.0`.
    version: String,
    /// Such as `x86_64-unknown-linux-gnu`.
    target: String,
    /// The only time that the files know, in seconds since 1970.
    seconds: u64,
    out: PathBuf,
}

impl Release {
    /// The beginning of the files' names.
    fn name(&self) -> String {
        format!("onsale-{}-{}", self.version, self.target)
    }

    /// A program that packs, with the time that it may write.
    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("SOURCE_DATE_EPOCH", self.seconds.to_string()).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command
    }
}

/// Runs the command.
///
/// # Errors
/// The first step that failed.
pub fn run(arguments: &ReleaseArguments) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let outcome = take_steps(&mut steps, arguments);
    steps.print();
    outcome
}

fn take_steps(steps: &mut Steps, arguments: &ReleaseArguments) -> anyhow::Result<()> {
    let out = empty_folder(arguments.out.as_deref())?;
    let seconds = seconds()?;
    let program = match &arguments.program {
        Some(program) => fs::canonicalize(program).with_context(|| program.display().to_string())?,
        None => steps.take("program", || build(seconds))?,
    };
    let release = facts(program, seconds, out)?;
    let work = tempfile::tempdir()?;
    let parts = steps.take("parts", || parts::of(&release.target))?;
    steps.take("bill of materials", || sbom::write(&release, &parts))?;
    steps.take("licences", || texts::write(&release, &parts))?;
    let tree = work.path().join(release.name());
    steps.take("layout", || layout::make(&release, &tree))?;
    steps.take("archive", || archive(&release, work.path()))?;
    if works(Command::new("dpkg-deb").arg("--version")) {
        steps.take("Debian package", || debian::make(&release, &tree, &work.path().join("debian")))?;
    } else {
        println!("\nThere is no dpkg-deb on this machine, so no Debian package was made.");
    }
    steps.take("checksums", || checksums(&release))
}

/// The folder for the results.
fn empty_folder(wanted: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = match wanted {
        Some(folder) => folder.to_owned(),
        None => {
            let own = target()?.join("dist");
            if own.exists() {
                fs::remove_dir_all(&own).with_context(|| own.display().to_string())?;
            }
            own
        }
    };
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    if fs::read_dir(&folder)?.next().is_some() {
        bail!("{} is not empty: name another folder", folder.display());
    }
    Ok(fs::canonicalize(folder)?)
}

/// `SOURCE_DATE_EPOCH`, or the time of the commit.
fn seconds() -> anyhow::Result<u64> {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok();
    let of_commit =
        || output_of(Command::new("git").args(["show", "--no-patch", "--format=%ct", "HEAD"]).current_dir(root()));
    let text = given.map_or_else(of_commit, Ok).context("set SOURCE_DATE_EPOCH where there is no Git")?;
    text.trim().parse().with_context(|| format!("{text:?} is no time in seconds"))
}

/// Builds the program. Folders of this machine are not written into it.
fn build(seconds: u64) -> anyhow::Result<PathBuf> {
    let root = root();
    let mut command = cargo(&["build", "--release", "--locked", "--package", "onsale"]);
    command.current_dir(&root).env("SOURCE_DATE_EPOCH", seconds.to_string());
    command.env("CARGO_ENCODED_RUSTFLAGS", flags(&root).join("\u{1f}"));
    run_to_end(&mut command)?;
    Ok(target()?.join("release/onsale"))
}

fn flags(root: &Path) -> Vec<String> {
    let mut flags: Vec<String> =
        std::env::var("RUSTFLAGS").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    let folders = [(cargo_home, "/cargo"), (Some(root.to_owned()), "/onsale")];
    flags.extend(folders.into_iter().filter_map(|(from, to)| {
        let from = from?;
        Some(format!("--remap-path-prefix={}={to}", from.display()))
    }));
    flags
}

/// What the program says of itself.
fn facts(program: PathBuf, seconds: u64, out: PathBuf) -> anyhow::Result<Release> {
    let said = output_of(Command::new(&program).arg("--version"))?;
    println!("{said}");
    let (version, target) = read_version(&said).with_context(|| format!("{} is no onsale", program.display()))?;
    Ok(Release { program, version, target, seconds, out })
}

fn read_version(said: &str) -> Option<(String, String)> {
    let version = said.lines().next()?.strip_prefix("onsale ")?;
    let target = said.lines().find_map(|line| line.strip_prefix("target: "))?;
    Some((version.to_owned(), target.to_owned()))
}

/// The archive: `tar -xf ... --strip-components=1 -C /usr/local` installs it.
fn archive(release: &Release, folder: &Path) -> anyhow::Result<()> {
    let file = release.out.join(format!("{}.tar.gz", release.name()));
    let mut command = release.tool("tar");
    command.args(["--sort=name", "--format=gnu", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"]);
    command.arg(format!("--mtime=@{}", release.seconds)).args(["--use-compress-program", "gzip -9n"]);
    run_to_end(command.arg("--create").arg("--file").arg(file).arg("--directory").arg(folder).arg(release.name()))
}

/// `SHA256SUMS`, and what there is.
fn checksums(release: &Release) -> anyhow::Result<()> {
    let mut names: Vec<String> = fs::read_dir(&release.out)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    names.sort();
    let file = File::create(release.out.join("SHA256SUMS"))?;
    run_to_end(release.tool("sha256sum").args(&names).current_dir(&release.out).stdout(file))?;
    println!("In {}:", release.out.display());
    for name in &names {
        let bytes = fs::metadata(release.out.join(name))?.len();
        println!("{bytes:>12} bytes  {name}");
    }
    println!("              SHA256SUMS: sha256sum --check SHA256SUMS");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_and_another_program_refused() {
        let said = "onsale 0.1.0\ncommit: unknown\ndate: unknown\ntarget: x86_64-unknown-linux-gnu\nprofile: debug\n";
        assert_eq!(read_version(said), Some(("0.1.0".to_owned(), "x86_64-unknown-linux-gnu".to_owned())));
        assert_eq!(read_version("onsale 0.1.0\n"), None, "one of before there were facts");
        assert_eq!(read_version("bash 5\ntarget: x\n"), None);
    }

    #[test]
    fn no_folder_of_this_machine_is_written_into_the_program() {
        let flags = flags(Path::new("/home/ann/onsale"));
        assert!(flags.contains(&"--remap-path-prefix=/home/ann/onsale=/onsale".to_owned()), "{flags:?}");
        assert!(flags.iter().any(|flag| flag.ends_with("=/cargo")), "{flags:?}");
    }

    #[test]
    fn a_folder_with_files_is_not_emptied() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("mine"), "").expect("written");
        assert!(empty_folder(Some(folder.path())).is_err());
        assert!(folder.path().join("mine").exists());
    }
}
