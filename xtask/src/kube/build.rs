//! Kubernetes' own programs, made from their Go modules: nothing of a cluster is needed to be told what an API server
//! thinks of a manifest. Made once, and kept outside the target folder.

use crate::commands::{output_of, run};
use anyhow::{Context, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What keeps the API server's objects.
const ETCD_VERSION: &str = "v3.6.16";
const ETCD: Module = Module { package: "go.etcd.io/etcd/server/v3", program: "etcd" };
const HELM_VERSION: &str = "v3.22.0";
const HELM: Module = Module { package: "helm.sh/helm/v3/cmd/helm", program: "helm" };
const OF_KUBERNETES: [Module; 2] = [
    Module { package: "k8s.io/kubernetes/cmd/kube-apiserver", program: "kube-apiserver" },
    Module { package: "k8s.io/kubernetes/cmd/kubectl", program: "kubectl" },
];

/// A program, and the package that makes it.
struct Module {
    package: &'static str,
    program: &'static str,
}

/// The programs of one version of Kubernetes.
pub struct Programs {
    /// `etcd`.
    pub etcd: PathBuf,
    /// `kube-apiserver`.
    pub api: PathBuf,
    /// `kubectl`.
    pub kubectl: PathBuf,
}

/// Where they are kept: `ONSALE_KUBE_CACHE`, else the user's cache folder. Servers of root run as another user, who cannot
/// look into root's home.
fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/tmp".into())).join(".cache");
    let usual = || match rustix::process::geteuid().is_root() {
        true => PathBuf::from("/var/cache"),
        false => std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from),
    };
    std::env::var_os("ONSALE_KUBE_CACHE").map_or_else(|| usual().join("onsale-kube"), PathBuf::from)
}

/// The programs of a version such as `v1.36.3`; what is missing is made.
///
/// # Errors
/// Without Go, or when a module cannot be had or built.
pub fn programs(version: &str) -> anyhow::Result<Programs> {
    let etcd = cache().join(format!("etcd-{ETCD_VERSION}"));
    if !etcd.join(ETCD.program).is_file() {
        make(&etcd, &[ETCD], |folder| go(folder, &["get", &format!("{}@{ETCD_VERSION}", ETCD.package)]))?;
    }
    let kubernetes = cache().join(format!("kubernetes-{version}"));
    if OF_KUBERNETES.iter().any(|module| !kubernetes.join(module.program).is_file()) {
        make(&kubernetes, &OF_KUBERNETES, |folder| require_kubernetes(folder, version))?;
    }
    Ok(Programs {
        etcd: etcd.join(ETCD.program),
        api: kubernetes.join("kube-apiserver"),
        kubectl: kubernetes.join("kubectl"),
    })
}

/// Helm: the one on the path, else one that is made.
///
/// # Errors
/// As for [`programs`].
pub fn helm() -> anyhow::Result<PathBuf> {
    let mut own = Command::new(HELM.program);
    if crate::commands::works(own.args(["version", "--short"])) {
        return Ok(HELM.program.into());
    }
    let folder = cache().join(format!("helm-{HELM_VERSION}"));
    if !folder.join(HELM.program).is_file() {
        let mut install = Command::new("go");
        install.args(["install", &format!("{}@{HELM_VERSION}", HELM.package)]);
        run(install.env("GOBIN", &folder).env("CGO_ENABLED", "0").env("GOFLAGS", "-buildvcs=false"))
            .context(WITHOUT_GO)?;
    }
    Ok(folder.join(HELM.program))
}

const WITHOUT_GO: &str = "Go 1.26 or newer is needed (https://go.dev/dl) to make Kubernetes' programs";

fn go(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(folder).env("GOFLAGS", "-mod=mod").env("CGO_ENABLED", "0");
    run(&mut command)
}

/// Makes programs into `place` from a module that only names them; `require` says which versions.
fn make(place: &Path, modules: &[Module], require: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("making {}: about six minutes of two cores for Kubernetes, once", place.display());
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("go.mod"), "module programs\n\ngo 1.26\n")?;
    let imports: String = modules.iter().map(|module| format!("import _ \"{}\"\n", module.package)).collect();
    std::fs::write(folder.path().join("programs.go"), format!("//go:build programs\n\npackage programs\n\n{imports}"))?;
    require(folder.path()).context(WITHOUT_GO)?;
    std::fs::create_dir_all(place).with_context(|| place.display().to_string())?;
    for module in modules {
        // Beside its place first: a build that is broken off leaves nothing that looks whole.
        let (beside, whole) = (place.join(format!("{}.partial", module.program)), place.join(module.program));
        let output = beside.display().to_string();
        go(folder.path(), &["build", "-trimpath", "-ldflags", "-s -w", "-o", &output, module.package])?;
        std::fs::rename(&beside, &whole).with_context(|| whole.display().to_string())?;
    }
    Ok(())
}

/// Kubernetes' modules under `staging` are published apart, as v0.N; its own go.mod names folders instead.
fn require_kubernetes(folder: &Path, version: &str) -> anyhow::Result<()> {
    let Some(staging) = version.strip_prefix("v1.") else { bail!("{version} is no version such as v1.36.3") };
    go(folder, &["mod", "edit", &format!("-require=k8s.io/kubernetes@{version}")])?;
    let download = ["mod", "download", "-json", &format!("k8s.io/kubernetes@{version}")];
    let told = output_of(Command::new("go").args(download).current_dir(folder).env("GOFLAGS", "-mod=mod"))?;
    let told: Value = serde_json::from_str(&told)?;
    let own = std::fs::read_to_string(told["GoMod"].as_str().context("go names no go.mod")?)?;
    let staged = own.lines().filter_map(|line| line.trim().strip_suffix(" v0.0.0"));
    for module in staged.filter(|module| module.starts_with("k8s.io/")) {
        go(folder, &["mod", "edit", &format!("-replace={module}={module}@v0.{staging}")])?;
    }
    // Tests of dependencies need modules that nobody publishes; what is built needs none of them.
    let _ = go(folder, &["mod", "tidy"]);
    Ok(())
}
