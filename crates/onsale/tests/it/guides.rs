//! Every command in the guides and in the READMEs is run, in the order in which they print them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::onsale::{World, program, run, wait_until};

/// Beginnings of commands that change the machine, take long, or are tested elsewhere.
const NOT_HERE: [&str; 10] = [
    "cargo ",
    "sudo apt-get ",
    "sudo install ",
    "sudo useradd ",
    "sudo systemctl ",
    "sudo mv ",
    "export ONSALE_KEY=",
    // `cargo xtask up` starts this; the tests of faults start it with these settings.
    "ONSALE__HOT__URL=",
    "git ",
    // The test `tickets` of the whole system runs this script, in one process and apart.
    "bash crates/onsale/tests/walks/",
];

/// Documents whose commands are run.
const DOCUMENTS: [&str; 6] = [
    "README.md",
    "README.ko.md",
    "docs/guide.en.md",
    "docs/guide.ko.md",
    "docs/operations.en.md",
    "docs/operations.ko.md",
];

fn text_of(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The shell blocks of a document, without their indentation: those that begin with "```sh". What needs a shop's own names and
/// secrets stands in a block that begins with "```bash", and is not run.
fn blocks(text: &str) -> Vec<String> {
    let (mut blocks, mut open) = (Vec::new(), None::<(usize, String)>);
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match (&mut open, line.trim()) {
            (None, "```sh") => open = Some((indent, String::new())),
            (Some(_), "```") => blocks.extend(open.take().map(|(_, block)| block)),
            (Some((indent, block)), _) => {
                let _ = writeln!(block, "{}", line.get(*indent..).unwrap_or_default());
            }
            _ => {}
        }
    }
    blocks
}

/// The commands of a block: lines that end in `\` go on, and so do lines within a `$(`.
fn commands(block: &str) -> Vec<String> {
    let (mut commands, mut command) = (Vec::new(), String::new());
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        command.push_str(line);
        command.push('\n');
        if !line.ends_with('\\') {
            commands.push(std::mem::take(&mut command));
        }
    }
    assert!(command.is_empty(), "a command does not end: {command}");
    commands
}

fn is_run_here(command: &str) -> bool {
    !NOT_HERE.iter().any(|beginning| command.starts_with(beginning))
}

/// A shell in which the documents' commands mean this server.
struct Shell {
    folder: tempfile::TempDir,
    /// What stands in the documents, and what it is here. In this order.
    meant: Vec<(String, String)>,
    ran: u32,
}

/// A refused call fails as `curl` alone would not; a stream is read for a moment.
const TOOLS: &str = r#"
set -u
onsale() { "$PROGRAM" "$@"; }
curl() {
    case "$*" in
    *queue/stream*) command curl --max-time 2 "$@" || [ $? -eq 28 ] ;;
    *) command curl --fail-with-body --max-time 20 --retry 10 --retry-delay 1 --retry-all-errors "$@" ;;
    esac
}
"#;

impl Shell {
    fn new(meant: &[(&str, &str)]) -> Self {
        let own = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
        Self { folder: tempfile::tempdir().expect("a folder"), meant: meant.iter().map(own).collect(), ran: 0 }
    }

    fn also(&mut self, from: &str, to: &str) {
        self.meant.push((from.to_owned(), to.to_owned()));
    }

    fn translated(&self, text: &str) -> String {
        self.meant.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// Runs the commands of a block in one shell, each of which must succeed. Returns what they printed.
    #[track_caller]
    fn run(&mut self, block: &str) -> String {
        let mut script = TOOLS.to_owned();
        for command in commands(block).iter().filter(|command| is_run_here(command)) {
            let command = self.translated(command);
            // A comment may follow, so the test of the result has a line of its own.
            let named = command.trim().replace('\'', r"'\''");
            let _ = write!(
                script,
                "{command}status=$?\n[ $status -eq 0 ] || {{ echo 'FAILED ('$status'): {named}' >&2; exit 1; }}\n"
            );
            self.ran += 1;
        }
        let output = self.bash(&script);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{out}\n{err}");
        out.into_owned()
    }

    fn bash(&self, script: &str) -> Output {
        let mut bash = launch::onsale(Path::new("bash"));
        bash.arg("-c").arg(script).current_dir(self.folder.path()).env("PROGRAM", program());
        bash.output().expect("bash starts")
    }
}

fn has_curl() -> bool {
    let has = Command::new("curl").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has {
        testkit::skip("curl is missing: the documents' commands were not run");
    }
    has
}

/// Every command is either run or one of those that are named above.
#[test]
fn no_document_has_a_command_of_an_unknown_kind() {
    for document in DOCUMENTS {
        let all: Vec<String> = blocks(&text_of(document)).iter().flat_map(|block| commands(block)).collect();
        assert!(all.len() >= 10, "{document}");
        for command in all.iter().filter(|command| is_run_here(command)) {
            let beginning = command.trim_start().trim_start_matches("sudo -u onsale ");
            let known = ["curl ", "onsale ", "COUPON=$(curl ", "ID=$(curl "];
            assert!(known.iter().any(|known| beginning.starts_with(known)), "{document}: {command}");
        }
    }
}

#[test]
fn the_commands_of_the_readmes_work_when_pasted() {
    if !has_curl() {
        return;
    }
    for (document, language) in [("README.md", "in English"), ("README.ko.md", "in Korean")] {
        let world = World::new();
        let url = format!("http://{}", world.server.address);
        let mut shell = Shell::new(&[("http://127.0.0.1:8080", &url), ("$ONSALE_KEY", &world.admin_key)]);
        for block in blocks(&text_of(document)) {
            let printed = shell.run(&block);
            assert!(!printed.contains("\"traceId\""), "{document}: {block}\n{printed}");
        }
        assert!(shell.ran >= 12, "{language}: {} commands", shell.ran);
    }
}

#[test]
fn the_commands_of_the_english_guide_work_in_their_order() {
    guide("docs/guide.en.md");
}

#[test]
fn the_commands_of_the_korean_guide_work_in_their_order() {
    guide("docs/guide.ko.md");
}

/// The Korean document has the same commands in the same order, so they are run once.
#[test]
fn the_commands_of_the_operations_guides_work_in_their_order() {
    let all = blocks(&text_of("docs/operations.en.md"));
    assert_eq!(all, blocks(&text_of("docs/operations.ko.md")));
    if !has_curl() {
        return;
    }
    let (_reserved, beside) = testkit::edge::reserved();
    let world =
        World::with(&[("ONSALE__DEMO__ENABLED", "false"), ("ONSALE__HTTP__MANAGEMENT_LISTEN", &beside.to_string())]);
    let file = configuration(&world, &beside.to_string());
    let config = format!("--config {}", file.display());
    let mut shell = Shell::new(&[
        ("sudo -u onsale ", ""),
        // What was lost is not the folder of the running server.
        ("restore --from /backup/evening --config /etc/onsale.toml", "restore --from /backup/evening --data lost"),
        ("/backup/", "backup-"),
        ("/tmp/onsale-drill", "drill"),
        ("--config /etc/onsale.toml", &config),
        ("http://127.0.0.1:8080", &format!("http://{}", world.server.address)),
        ("http://127.0.0.1:9080", &format!("http://{beside}")),
        ("$KEY", &world.admin_key),
    ]);
    let printed: String = all.iter().map(|block| shell.run(block)).collect();
    assert!(shell.ran >= 15, "{} commands", shell.ran);
    for said in ["it takes", "backup of ", "is whole", "the books balance"] {
        assert!(printed.contains(said), "no command said {said:?}: {printed}");
    }
}

/// Seconds until campaigns with an opening time open: after the draw is announced and a user is in line.
const OPENS_AFTER_SECONDS: i64 = 15;

fn guide(document: &str) {
    if !has_curl() {
        return;
    }
    let (_reserved, beside) = testkit::edge::reserved();
    let world = World::with(&[
        ("ONSALE__DEMO__ENABLED", "false"),
        ("ONSALE__QUEUE__LINES", "shop"),
        ("ONSALE__HTTP__MANAGEMENT_LISTEN", &beside.to_string()),
    ]);
    let file = configuration(&world, &beside.to_string());
    let tenant_key = testkit::onsale::make_key(world.folder.path(), &["--tenant", "default"]);
    let mut shell = Shell::new(&[
        ("sudo -u onsale ", ""),
        ("--config /etc/onsale.toml", &format!("--config {}", file.display())),
        ("sudo tee /etc/onsale.toml", "tee written.toml"),
        ("http://127.0.0.1:8080", &format!("http://{}", world.server.address)),
        ("http://127.0.0.1:9080", &format!("http://{beside}")),
        ("$TENANT_KEY", &tenant_key),
        ("$KEY", &world.admin_key),
        ("KEY_ID", &key_id(&world)),
        // There is no dead letter, and that is what the command says.
        ("dead-letters show 17", "dead-letters list; true"),
        ("dead-letters drop 17", "dead-letters list; true"),
    ]);
    for block in blocks(&text_of(document)) {
        if block.contains("opens_at") {
            let at = clock::at(clock::now_us() + OPENS_AFTER_SECONDS as u64 * 1_000_000);
            shell.meant.retain(|(from, _)| from != "2027-03-01T20:00:00+09:00");
            shell.also("2027-03-01T20:00:00+09:00", &format!("{}Z", at.to_string().trim_end_matches('Z')));
        }
        if block.contains("verify-draw") {
            wait_until("the draw was held", || {
                world.anyone().get("/queue/serving/gate:DRAWN").ok()["draw"]["seed"].is_string()
            });
        }
        if block.contains("/campaigns/CAMPAIGN/pause") {
            wait_until("the campaign is open", || {
                let status = world.admin().get("/api/v1/coupons/status/CAMPAIGN").ok()["status"].clone();
                status.as_str().is_some_and(|status| status.eq_ignore_ascii_case("active"))
            });
        }
        shell.run(&block);
        if block.contains("/draw -H") {
            let receipt = world.admin().post("/gate/events/DRAWN/enqueue?userId=ann").ok()["receipt"].clone();
            let key = world.anyone().get("/queue/receipt-key").ok()["publicKey"].clone();
            shell.also("--receipt RECEIPT", &format!("--receipt {}", receipt.as_str().expect("a receipt")));
            shell.also("--receipt-key KEY", &format!("--receipt-key {}", key.as_str().expect("a key")));
            shell.also("--user ID", "--user ann");
        }
    }
    assert!(shell.ran >= 30, "{} commands", shell.ran);
    let default = std::fs::read_to_string(shell.folder.path().join("written.toml")).expect("the guide writes it");
    assert!(default.contains("[http]"));
}

/// The guide's own configuration, for this server.
fn configuration(world: &World, beside: &str) -> PathBuf {
    let file = world.folder.path().join("guide.toml");
    let guide = text_of("docs/guide.en.md");
    let block = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a configuration");
    let text = block
        .replace("127.0.0.1:8080", &world.server.address.to_string())
        .replace("127.0.0.1:9080", beside)
        .replace("/var/lib/onsale", world.folder.path().to_str().expect("UTF-8"));
    assert!(text.contains(beside) && !text.contains("/var/lib"), "{text}");
    std::fs::write(&file, text).expect("written");
    file
}

/// A key that may be revoked.
fn key_id(world: &World) -> String {
    testkit::onsale::make_key(world.folder.path(), &["--service", "old"]);
    let listed = run(world.folder.path(), &["admin", "keys", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("text");
    let line = listed.lines().find(|line| line.contains("old")).expect("listed");
    line.split(' ').next().expect("an id").to_owned()
}
