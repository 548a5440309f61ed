//! `cargo xtask release` with a small program in the place of the real one, which takes minutes to build.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `release` asks the program for. Compiled, because `dpkg-shlibdeps` reads which libraries a program is linked to.
const STAND_IN: &str = r##"
#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
    if (count == 2 && !strcmp(words[1], "--version"))
        return printf("onsale 0.1.0\ncommit: unknown\ndate: unknown\ntarget: %s-unknown-linux-gnu\nprofile: debug\n", MACHINE) < 0;
    if (count == 3 && !strcmp(words[1], "completions"))
        return printf("# completes in %s\n", words[2]) < 0;
    if (count == 3 && !strcmp(words[1], "man")) {
        char path[4096];
        snprintf(path, sizeof path, "%s/onsale.1", words[2]);
        FILE *page = fopen(path, "w");
        return !page || fputs(".TH onsale 1\n", page) < 0 || fclose(page);
    }
    return 2;
}
"##;

fn stand_in(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("onsale.c"), folder.join("onsale"));
    std::fs::write(&source, STAND_IN).expect("written");
    let machine = format!("-DMACHINE=\"{}\"", std::env::consts::ARCH);
    let status = Command::new("cc").args([&machine, "-o"]).arg(&program).arg(&source).status().expect("a C compiler");
    assert!(status.success());
    program
}

/// Releases into a new folder below this one.
fn release(program: &Path, out: PathBuf) -> PathBuf {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("release").arg("--program").arg(program).arg("--out").arg(&out).env("SOURCE_DATE_EPOCH", "1790000000");
    let output = command.output().expect("starts");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
    out
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn lines_of(command: &mut Command) -> Vec<String> {
    let output = command.output().expect("starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The settings in a section of a unit.
fn section<'u>(unit: &'u str, name: &str) -> Vec<&'u str> {
    let heading = format!("[{name}]");
    let lines = unit.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#')).collect()
}

/// systemd reads how often it may start a unit in `[Unit]` alone, and gives up after five starts in ten seconds where nothing is said.
#[test]
fn a_server_that_ends_at_once_is_started_again_without_end() {
    let unit = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/debian/onsale.service"));
    assert!(section(&unit, "Unit").contains(&"StartLimitIntervalSec=0"), "{unit}");
    let service = section(&unit, "Service");
    for setting in ["Restart=always", "RestartSec=1", "RestartPreventExitStatus=2"] {
        assert!(service.contains(&setting), "{setting} is not in {service:?}");
    }
}

#[test]
fn the_same_program_is_packed_into_the_same_files_that_install() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = stand_in(folder.path());
    let (first, second) =
        (release(&program, folder.path().join("first")), release(&program, folder.path().join("second")));
    let sums = read(&first.join("SHA256SUMS"));
    assert_eq!(sums, read(&second.join("SHA256SUMS")), "the same bytes");
    lines_of(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&first));

    let name = format!("onsale-0.1.0-{}-unknown-linux-gnu", std::env::consts::ARCH);
    for end in [".tar.gz", ".cdx.json", ".licences.txt"] {
        assert!(sums.contains(&format!("{name}{end}")), "{sums}");
    }
    let packed = lines_of(Command::new("tar").arg("-tf").arg(first.join(format!("{name}.tar.gz"))));
    for path in
        ["bin/onsale", "share/man/man1/onsale.1", "share/doc/onsale/LICENSE-MIT", "share/onsale/sql/postgres.sql"]
    {
        assert!(packed.contains(&format!("{name}/{path}")), "{path} is not in {packed:?}");
    }
    let bill: serde_json::Value = serde_json::from_str(&read(&first.join(format!("{name}.cdx.json")))).expect("JSON");
    let parts: BTreeSet<&str> =
        bill["components"].as_array().expect("a list").iter().filter_map(|part| part["name"].as_str()).collect();
    assert!(parts.contains("tokio") && parts.contains("rdkafka-sys"), "{parts:?}");
    let licences = read(&first.join(format!("{name}.licences.txt")));
    assert!(licences.contains("\ntokio ") && licences.contains("Permission is hereby granted"), "tokio and its text");
    assert!(!licences.contains("\nproptest "), "tests are no part");
    debian_package(&first);
}

fn debian_package(folder: &Path) {
    if Command::new("dpkg-deb").arg("--version").output().is_err() {
        return testkit::skip("dpkg-deb is missing: no Debian package was made");
    }
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let package = folder.join(format!("onsale_0.1.0_{architecture}.deb"));
    let field = |name: &str| lines_of(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name)).concat();
    assert_eq!((field("Package"), field("Version")), ("onsale".to_owned(), "0.1.0".to_owned()));
    assert!(field("Depends").contains("libc6 (>= "), "{}", field("Depends"));
    let listed = lines_of(Command::new("dpkg-deb").arg("--contents").arg(&package));
    for (mode, path) in [
        ("-rwxr-xr-x root/root", "./usr/bin/onsale"),
        ("-rw-r----- root/root", "./etc/onsale.toml"),
        ("-rw-r--r-- root/root", "./usr/lib/systemd/system/onsale.service"),
        ("-rw-r--r-- root/root", "./usr/share/man/man1/onsale.1.gz"),
        ("-rw-r--r-- root/root", "./usr/share/zsh/vendor-completions/_onsale"),
        ("-rw-r--r-- root/root", "./usr/share/doc/onsale/copyright"),
    ] {
        let is_there = |line: &String| line.starts_with(mode) && line.ends_with(&format!(" {path}"));
        assert!(listed.iter().any(is_there), "{mode} {path} is not in {listed:#?}");
    }
}
