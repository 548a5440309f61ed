//! A real API server with its store, on loopback. There is no scheduler and no kubelet: objects are judged and kept, and
//! nothing runs.

use super::build::Programs;
use crate::commands::run;
use anyhow::{Context, bail};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::{Kit, Program, ProgramSpec};

const START_LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(250);

/// A running API server.
pub struct Api {
    kubectl: PathBuf,
    config: PathBuf,
    folder: PathBuf,
    _servers: Vec<Program>,
    _kit: Kit,
}

/// What `kubectl` said.
pub struct Said {
    /// Whether it ended with status 0.
    pub is_good: bool,
    /// Standard output.
    pub output: String,
    /// Standard error: warnings of the API server stand here.
    pub errors: String,
}

impl Api {
    /// Starts it, empty.
    ///
    /// # Errors
    /// When one of its programs does not start.
    pub fn start(programs: &Programs) -> anyhow::Result<Self> {
        let kit = Kit::temporary()?;
        let (store, peer, api) = (kit.free_port()?, kit.free_port()?, kit.free_port()?);
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let token = uuid::Uuid::new_v4().to_string();
        let files = kit.folder().join("files");
        std::fs::create_dir(&files)?;
        std::fs::write(files.join("tokens.csv"), format!("{token},admin,1,\"system:masters\"\n"))?;
        run(Command::new("openssl")
            .args(["genrsa", "-out"])
            .arg(files.join("sa.key"))
            .arg("2048")
            .stderr(Stdio::null()))?;
        readable(&files)?;
        let etcd = [
            format!("--listen-client-urls={}", url(store)),
            format!("--advertise-client-urls={}", url(store)),
            format!("--listen-peer-urls={}", url(peer)),
            format!("--initial-advertise-peer-urls={}", url(peer)),
            format!("--initial-cluster=default={}", url(peer)),
        ];
        let own = |name: &str| files.join(name).display().to_string();
        let server = [
            format!("--etcd-servers={}", url(store)),
            "--cert-dir=certificates".to_owned(),
            format!("--secure-port={api}"),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--service-account-key-file={}", own("sa.key")),
            format!("--service-account-signing-key-file={}", own("sa.key")),
            "--service-account-issuer=https://localhost".to_owned(),
            format!("--token-auth-file={}", own("tokens.csv")),
            "--authorization-mode=RBAC".to_owned(),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            // Nobody makes accounts without a controller.
            "--disable-admission-plugins=ServiceAccount".to_owned(),
        ];
        let mut servers = vec![Program::open(&kit, spec("etcd", &programs.etcd, &etcd))?];
        servers.push(Program::open(&kit, spec("api", &programs.api, &server))?);
        let config = files.join("kubeconfig");
        std::fs::write(&config, kubeconfig(api, &token))?;
        let api = Self { kubectl: programs.kubectl.clone(), config, folder: files, _servers: servers, _kit: kit };
        api.wait()?;
        Ok(api)
    }

    fn wait(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let said = self.kubectl(&["get", "--raw", "/readyz"], "")?;
            if said.is_good && said.output.trim() == "ok" {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the API server is not ready: {}", said.errors);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Runs `kubectl` with this input.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> anyhow::Result<Said> {
        let mut command = Command::new(&self.kubectl);
        command.arg("--kubeconfig").arg(&self.config).args(arguments);
        // Its cache of what the server knows is this server's.
        command.env("HOME", &self.folder).env("KUBECACHEDIR", self.folder.join("cache")).env_remove("KUBECONFIG");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| self.kubectl.display().to_string())?;
        let mut pipe = child.stdin.take().context("kubectl has no input")?;
        let text = input.to_owned();
        let writing = std::thread::spawn(move || pipe.write_all(text.as_bytes()));
        let output = child.wait_with_output()?;
        let _ = writing.join();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Said { is_good: output.status.success(), output: text(&output.stdout), errors: text(&output.stderr) })
    }

    /// Applies manifests as a user would, and lets the server refuse what it does not know.
    ///
    /// # Errors
    /// When `kubectl` cannot be started.
    pub fn apply(&self, namespace: &str, manifests: &str) -> anyhow::Result<Said> {
        let how = ["apply", "--server-side", "--validate=strict", "--field-manager=xtask", "--filename=-"];
        self.kubectl(&[&["--namespace", namespace], &how[..]].concat(), manifests)
    }

    /// Objects of these kinds, as the server has kept them, with its own defaults.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn objects(&self, namespace: &str, kinds: &str) -> anyhow::Result<Vec<Value>> {
        let said = self.kubectl(&["--namespace", namespace, "get", kinds, "--output=json"], "")?;
        if !said.is_good {
            bail!("{kinds} cannot be read: {}", said.errors);
        }
        let mut list: Value = serde_json::from_str(&said.output)?;
        Ok(list["items"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }
}

/// The servers run as another user, where root starts them.
fn readable(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for entry in std::fs::read_dir(folder)? {
        std::fs::set_permissions(entry?.path(), std::fs::Permissions::from_mode(0o644))?;
    }
    Ok(std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?)
}

fn spec(name: &str, program: &Path, arguments: &[String]) -> ProgramSpec {
    ProgramSpec {
        name: name.to_owned(),
        program: program.to_owned(),
        arguments: arguments.iter().map(Into::into).collect(),
        environment: Vec::new(),
        http_ports: Vec::new(),
    }
}

fn kubeconfig(port: u16, token: &str) -> String {
    // Its certificate is made at its start, and it listens on loopback alone.
    format!(
        "apiVersion: v1\nkind: Config\n\
         clusters: [{{name: here, cluster: {{server: 'https://127.0.0.1:{port}', insecure-skip-tls-verify: true}}}}]\n\
         users: [{{name: admin, user: {{token: '{token}'}}}}]\n\
         contexts: [{{name: here, context: {{cluster: here, user: admin}}}}]\ncurrent-context: here\n"
    )
}
