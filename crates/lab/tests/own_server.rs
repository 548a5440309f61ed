//! The temporary server of the load test: started, used, stopped. This program is also that server, so it has its own
//! main function instead of the usual harness.

#[path = "it/stand_in/mod.rs"]
mod stand_in;

use lab::rush::{Options, run};
use stand_in::{ADMIN_KEY, Fault, StandIn};
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["admin", "keys", "create", "--admin", "--data", _] => println!("{ADMIN_KEY}"),
        ["serve", "--data", folder, "--listen", "127.0.0.1:0"] => serve(Path::new(folder)),
        _ => tests(&words),
    }
}

/// Serves until SIGTERM, with its process id in the data folder.
fn serve(data: &Path) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ONSALE_")) {
        assert!(name.starts_with("ONSALE__LIMITS__PER_IP_"), "{name} leaked from the caller");
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        std::fs::create_dir_all(data).expect("a folder");
        std::fs::write(data.join("pid"), std::process::id().to_string()).expect("written");
        println!("{{\"level\":\"INFO\",\"message\":\"listening on http://{address}\"}}");
        use tokio::signal::unix::{SignalKind, signal};
        let mut end = signal(SignalKind::terminate()).expect("signals");
        let ended = async move {
            end.recv().await;
        };
        let router = StandIn::new(Fault::None).router();
        axum::serve(listener, router).with_graceful_shutdown(ended).await.expect("served");
    });
}

type Test = fn(&Stage);

fn tests(arguments: &[&str]) {
    let all: [(&str, Test); 2] = [
        ("the_server_is_started_used_and_ended", the_server_is_started_used_and_ended),
        ("a_rush_that_fails_leaves_no_server_behind", a_rush_that_fails_leaves_no_server_behind),
    ];
    if arguments.contains(&"--list") {
        all.iter().for_each(|(name, _)| println!("{name}: test"));
        return;
    }
    let filters: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(**filter));
    let chosen: Vec<_> = all.into_iter().filter(|(name, _)| wanted(name)).collect();
    let stage = Stage::new();
    for (name, test) in &chosen {
        test(&stage);
        println!("test {name} ... ok");
    }
    println!("\ntest result: ok. {} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out", chosen.len());
}

/// A folder for all temporary files, so that leftovers are visible.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn options(&self) -> Options {
        Options {
            users: 500,
            connections: 20,
            stock: 50,
            keep_data: true,
            report: self.folder.path().join("report.html"),
            program: std::env::current_exe().expect("this program"),
            ..Options::default()
        }
    }

    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        tempfile::env::override_temp_dir(folder.path()).expect("first");
        Self { folder }
    }
}

/// Process ids of all servers whose data was kept.
fn servers() -> Vec<u32> {
    let folders = std::fs::read_dir(tempfile::env::temp_dir()).expect("a folder").flatten();
    let pids = folders.filter_map(|folder| std::fs::read_to_string(folder.path().join("data/pid")).ok());
    pids.map(|pid| pid.parse().expect("a number")).collect()
}

fn is_running(process: u32) -> bool {
    Path::new(&format!("/proc/{process}")).exists()
}

fn the_server_is_started_used_and_ended(stage: &Stage) {
    let report = run(stage.options()).expect("ran");
    assert!(report.books_balance() && report.own_server);
    assert_eq!((report.figures.issued, report.verdict.checks.len()), (50, 7));
    assert!(report.processor.server.is_some());
    let servers = servers();
    assert!(!servers.is_empty() && servers.into_iter().all(|process| !is_running(process)));
}

fn a_rush_that_fails_leaves_no_server_behind(stage: &Stage) {
    let before = servers().len();
    let campaign = Some(stand_in::REFUSED_CAMPAIGN.into());
    let failure = run(Options { campaign, ..stage.options() }).expect_err("refused");
    assert!(format!("{failure:#}").contains("status 400"), "{failure:#}");
    assert!(servers().len() > before, "it had been started");
    let servers = servers();
    assert!(!servers.is_empty() && servers.into_iter().all(|process| !is_running(process)));
}
