//! Generated calls of every route in the API document, good ones and bad ones, by Schemathesis.

use crate::commands::{cargo, run};
use crate::steps::Steps;
use crate::venv::Venv;
use crate::workspace::{root, target};
use anyhow::{Context, bail};
use launch::{Launch, create_key};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Fewer calls than this prove too little.
const CASES_MIN: u64 = 2_000;
/// Calls of one operation at most; those of the document make well over 6,000 of it.
const CASES_PER_ROUTE_MAX: &str = "40";
/// Passwords are hashed quickly: what is asked is the form of answers.
const QUICK_HASHES: (&str, &str) = ("ONSALE__USER__BCRYPT_COST", "4");
/// The same calls each time.
const SEED: &str = "20261121";
/// No 5xx, and nothing that the document does not say.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance";
const VENV: Venv = Venv {
    name: "schemathesis-venv",
    packages: include_str!("../schemathesis.txt"),
    packages_file: "xtask/schemathesis.txt",
    program: "schemathesis",
    without: "for the generated calls; test --quick does without them",
};

/// Runs the command by itself.
///
/// # Errors
/// The first step that failed.
pub fn run_alone() -> anyhow::Result<()> {
    let mut steps = Steps::default();
    steps.take("build", || {
        // As the tests are built, so that the one serves for the other.
        run(cargo(&["test", "--workspace", "--locked", "--no-run"]).current_dir(root()))
    })?;
    let outcome = take_step(&mut steps);
    steps.print();
    outcome
}

/// Takes the step; the program has been built.
///
/// # Errors
/// When a call was answered in another way than the document says, or too few were made.
pub fn take_step(steps: &mut Steps) -> anyhow::Result<()> {
    let target = target()?;
    let folder = steps.take("schemathesis", || VENV.install(&target))?;
    let schemathesis = folder.join("bin").join(VENV.program);
    steps.take("API document", || call_all(&schemathesis, &target))
}

fn call_all(schemathesis: &Path, target: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let onsale = target.join("debug/onsale");
    let data = folder.path().join("data");
    let key = create_key(&onsale, folder.path(), &data, &["--admin"])?;
    // It would sign up by itself, and knows no identity verifications.
    std::fs::write(folder.path().join("schemathesis.toml"), "[auth]\nauto-signup = false\n")?;
    let launch = Launch::serve(&onsale, &data).folder(folder.path());
    let mut server = launch
        .environment([("ONSALE__LIMITS__ENABLED", "false"), ("ONSALE__LOG__LEVEL", "warn"), QUICK_HASHES])
        .start()?;
    let report = folder.path().join("report.json");
    let mut command = Command::new(schemathesis);
    command.arg("run").arg(format!("{}/openapi.json", server.url())).arg("--header").arg(format!("X-Api-Key: {key}"));
    command.args(["--checks", CHECKS, "--seed", SEED, "--max-examples", CASES_PER_ROUTE_MAX, "--continue-on-failure"]);
    // Streams do not end. The page for browsers without cookies is 503 on purpose, so that nothing keeps it.
    for path in ["/queue/stream/{line}", "/api/v1/admin/stream", "/wait/{line}"] {
        command.args(["--exclude-path", path]);
    }
    // A busy machine is no fault of the program's.
    command.args([
        "--phases",
        "examples,coverage,fuzzing",
        "--suppress-health-check",
        "all",
        "--request-timeout",
        "30",
    ]);
    command.args(["--no-color", "--warnings", "off", "--report", "json", "--report-json-path"]).arg(&report);
    let ended = run(command.current_dir(folder.path()));
    let log = server.log_tail();
    if !log.is_empty() {
        println!("the end of the server's log:\n{log}");
    }
    if !server.is_running() {
        bail!("the server ended under the generated calls");
    }
    ended?;
    count(&report)
}

fn count(report: &Path) -> anyhow::Result<()> {
    let report: Value = serde_json::from_slice(&std::fs::read(report).context("Schemathesis left no report")?)?;
    let cases = report["test_cases"]["generated"].as_u64().context("the report counts no cases")?;
    println!("{cases} calls, none answered with 5xx or in another way than the document says");
    if cases < CASES_MIN {
        bail!("only {cases} calls were made; {CASES_MIN} are wanted");
    }
    Ok(())
}
