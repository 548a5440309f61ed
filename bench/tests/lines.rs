//! The benchmark of lines runs with few users and one short round; no number is checked.

use std::path::Path;
use testkit::onsale::find_program;
use testkit::{Flavor, Kit, RedisNode, available};

/// Runs a section; the names of its rows. Those that count what must not happen are judged.
fn rows(program: &Path, section: &str) -> Vec<String> {
    let results = tempfile::tempdir().expect("a folder");
    let mut command = launch::onsale(Path::new(env!("CARGO_BIN_EXE_bench")));
    command.args(["lines", "--quick", "--only", section, "--results"]).arg(results.path());
    let output = command.arg("--program").arg(program).output().expect("the benchmark starts");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    let kept = std::fs::read_dir(results.path()).expect("ours").next().expect("a file").expect("ours").path();
    let table: serde_json::Value = serde_json::from_slice(&std::fs::read(kept).expect("kept")).expect("JSON");
    let rows = table["rows"].as_array().expect("rows");
    for row in rows {
        let is_count = ["inversions", "got worse", "out of order"]
            .iter()
            .any(|word| row["name"].as_str().is_some_and(|name| name.contains(word)));
        assert!(!is_count || row["figure"] == 0.0, "{row}");
    }
    rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_embedded_rows_can_be_measured() {
    let Some(program) = available(find_program()) else { return };
    let rows = rows(&program, "embedded");
    for name in ["rank at", "enter at", "start with", "moved out of", "busiest second", "inversions", "got worse"] {
        assert!(rows.iter().any(|row| row.contains(name)), "no row {name:?} in {rows:?}");
    }
}

#[test]
fn the_rows_on_redis_can_be_measured() {
    let redis = Kit::temporary().and_then(|kit| RedisNode::start(&kit, Flavor::Redis).map(drop));
    let Some(()) = available(redis) else { return };
    let Some(program) = available(find_program()) else { return };
    let rows = rows(&program, "redis");
    for name in ["rank at", "enter at", "admitted by the server", "inversions", "got worse"] {
        assert!(rows.iter().any(|row| row.contains(name)), "no row {name:?} in {rows:?}");
    }
}
