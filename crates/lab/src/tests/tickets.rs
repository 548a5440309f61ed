//! A whole sale at a server of the program, by hand: `ONSALE_PROGRAM=target/debug/onsale cargo test -p lab -- --ignored sale`.

use crate::report::CheckStatus;
use crate::rush::Options;
use crate::rush::tickets::{TicketOptions, run};
use books::read::{Places, read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[test]
#[ignore = "needs the program: ONSALE_PROGRAM"]
fn a_whole_sale_balances() {
    let Some(program) = std::env::var_os("ONSALE_PROGRAM") else { return };
    let number =
        |name: &str, default: u32| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let folder = tempfile::tempdir().expect("a folder");
    let read = |data: Option<&Path>| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let places = Places::embedded(data.expect("a temporary server"), 4);
        Ok(runtime.block_on(read(&places))?)
    };
    let crowd = Options {
        users: number("ONSALE_USERS", 400),
        stock: number("ONSALE_SEATS", 100),
        connections: 64,
        program: PathBuf::from(program),
        report: folder.path().join("report.html"),
        ..Options::default()
    };
    let options = TicketOptions { crowd, books: Some(Arc::new(read)), ..TicketOptions::default() };
    let report = run(options).expect("a report");
    println!("{}", crate::report::summary(&report, Path::new("report.html")));
    let failed: Vec<_> = report.verdict.checks.iter().filter(|check| check.status == CheckStatus::Failed).collect();
    assert!(failed.is_empty(), "{failed:?} {:?}", report.verdict.warnings);
    assert!(report.tickets.expect("a sale").tickets > 0);
}
