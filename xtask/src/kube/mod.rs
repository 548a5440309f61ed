//! `cargo xtask kube`: the chart of `deploy/kubernetes`, rendered by Helm and put before real API servers of two versions.

mod api;
mod build;
mod judge;
mod network;
mod settings;

use crate::commands::output_of;
use crate::steps::Steps;
use crate::workspace::root;
use anyhow::{Context, bail};
use api::{Api, Said};
use clap::Args;
use std::path::Path;
use std::process::Command;

/// The oldest version that the chart's users are likely to have, and a new one.
const VERSIONS: [&str; 2] = ["v1.34.4", "v1.36.3"];
/// A field that no version has: whether the server looks at all.
const WRONG_FIELD: (&str, &str) = ("readinessProbe:", "readinessProb:");

/// `cargo xtask kube`.
#[derive(Args)]
pub struct KubeArguments {
    /// A version of Kubernetes such as v1.36.3; repeat for more
    #[arg(long, value_name = "VERSION", default_values_t = VERSIONS.map(str::to_owned))]
    version: Vec<String>,
    /// Only render, into a folder for each version in this one
    #[arg(long, value_name = "DIR")]
    render: Option<std::path::PathBuf>,
}

/// One way to install the chart.
struct Set {
    /// Its namespace, and its name in what is printed.
    name: &'static str,
    /// Files of values in `deploy/kubernetes`, later ones winning.
    values: &'static [&'static str],
    /// Further values.
    more: &'static [&'static str],
    /// Whether each role is apart.
    is_whole: bool,
    /// Whether a pod may do what the profile "restricted" of Kubernetes forbids.
    has_root: bool,
}

const fn set(name: &'static str, values: &'static [&'static str], more: &'static [&'static str]) -> Set {
    Set { name, values, more, is_whole: false, has_root: false }
}

const SETS: [Set; 4] = [
    set("small", &["values-small.yaml"], &["small.secretName=onsale-payment"]),
    Set { is_whole: true, ..set("whole", &["values-whole.yaml"], &[]) },
    Set { has_root: true, ..set("kind", &["values-kind.yaml"], &[]) },
    Set { is_whole: true, ..set("kind-whole", &["values-whole.yaml", "values-kind.yaml"], &["mode=whole"]) },
];

/// Runs the command.
///
/// # Errors
/// The first step that failed.
pub fn run(arguments: &KubeArguments) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let outcome = take_steps(&mut steps, arguments);
    steps.print();
    outcome
}

fn take_steps(steps: &mut Steps, arguments: &KubeArguments) -> anyhow::Result<()> {
    let helm = steps.take("Helm", build::helm)?;
    let secrets = steps.take("secrets", secrets)?;
    for version in &arguments.version {
        let render = || SETS.iter().map(|set| render(&helm, set, version)).collect::<anyhow::Result<Vec<_>>>();
        let rendered = steps.take(&format!("render for {version}"), render)?;
        if let Some(folder) = &arguments.render {
            write(&folder.join(version), &rendered)?;
            continue;
        }
        let programs = steps.take(&format!("Kubernetes {version}"), || build::programs(version))?;
        let api = steps.take(&format!("API server {version}"), || Api::start(&programs))?;
        steps.take(&format!("manifests on {version}"), || {
            let judged = SETS.iter().zip(&rendered).map(|(set, text)| faults_of(&api, set, text, &secrets));
            report(&judged.collect::<anyhow::Result<Vec<_>>>()?.concat())
        })?;
    }
    Ok(())
}

fn write(folder: &Path, rendered: &[String]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (set, text) in SETS.iter().zip(rendered) {
        let file = folder.join(format!("{}.yaml", set.name));
        std::fs::write(&file, text).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

fn report(faults: &[String]) -> anyhow::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} faults:\n  {}", faults.len(), faults.join("\n  "))
}

/// What Helm makes of the chart, with the hooks.
fn render(helm: &Path, set: &Set, version: &str) -> anyhow::Result<String> {
    let folder = root().join("deploy/kubernetes");
    let mut command = Command::new(helm);
    command.args(["template", "onsale"]).arg(folder.join("onsale")).args(["--namespace", set.name]);
    command.args(["--kube-version", version]);
    for values in set.values {
        command.arg("--values").arg(folder.join(values));
    }
    for more in set.more {
        command.args(["--set", more]);
    }
    output_of(&mut command).with_context(|| format!("the set {}", set.name))
}

/// What the shipped script makes, with keys that are thrown away.
fn secrets() -> anyhow::Result<String> {
    let keys = tempfile::tempdir()?;
    let mut command = Command::new("sh");
    command.arg(root().join("deploy/kubernetes/secrets.sh")).arg("--keys").arg(keys.path());
    command.args(["--hot", "redis+cluster://10.20.0.1:6379", "--bus", "kafka://10.20.1.1:9092"]);
    command.args(["--ledger", "postgres://onsale:secret@10.20.2.1/ticketing"]);
    output_of(&mut command)
}

/// Everything that is wrong with a set, by the server and by us.
fn faults_of(api: &Api, set: &Set, manifests: &str, secrets: &str) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut note = |said: Said, what: &str| {
        if !said.is_good || said.errors.contains("Warning") {
            faults.push(format!("{}: {what}: {}", set.name, said.errors.trim()));
        }
    };
    let enforce = if set.has_root { "baseline" } else { "restricted" };
    let namespace = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {}, labels: {{pod-security.kubernetes.io/enforce: {enforce}, \
         pod-security.kubernetes.io/warn: {enforce}}}}}\n",
        set.name
    );
    note(api.apply(set.name, &namespace)?, "its namespace");
    note(api.apply(set.name, secrets)?, "secrets");
    let refused = api.apply(set.name, &manifests.replacen(WRONG_FIELD.0, WRONG_FIELD.1, 1))?;
    if refused.is_good || !refused.errors.contains(WRONG_FIELD.1.trim_end_matches(':')) {
        bail!("{}: the server has taken a wrong field, so that it says nothing: {}", set.name, refused.errors);
    }
    let applied = api.apply(set.name, manifests)?;
    let count = applied.output.lines().count();
    note(applied, "apply");
    let objects = judge::Objects::read(api, set.name)?;
    note(
        api.kubectl(&["--namespace", set.name, "create", "--dry-run=server", "--filename=-"], &objects.pods())?,
        "pods",
    );
    let own = objects.faults(set.is_whole).into_iter().map(|fault| format!("{}: {fault}", set.name));
    faults.extend(own);
    println!("{:<10} {count} objects, {} faults", set.name, faults.len());
    Ok(faults)
}
