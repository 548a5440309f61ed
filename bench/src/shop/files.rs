//! Seats and the plan of a large hall, over NGINX that serves a file of the same bytes.

use super::Arguments;
use super::place::Place;
use super::reads::get;
use crate::comparison::{load_at, ratio_of};
use crate::table::{Row, Table};
use anyhow::ensure;
use lab::load::Until;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const CONNECTIONS: usize = 64;
const START_LIMIT: Duration = Duration::from_secs(10);

/// Compares both.
pub fn rows(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let base = format!("/events/schedules/{}", place.schedule);
    for (name, path) in [("seats", format!("{base}/seats")), ("plan", format!("{base}/plan"))] {
        let body = place.server.ask("GET", &path)?;
        let Some(nginx) = Nginx::serving(body.as_bytes())? else {
            println!("      files: skipped, nginx is not installed");
            return Ok(());
        };
        let until = Until::Elapsed(Duration::from_secs(arguments.seconds));
        let (ours, theirs) = (get(&path), get("/file.json"));
        let mut pairs = Vec::new();
        for _ in 0..arguments.rounds {
            let own = load_at(&place.server, place.server.address, CONNECTIONS, until, (None, &ours))?.0;
            // The processor of the other side is not weighed: it is another program's.
            let other = load_at(&place.server, nginx.address, CONNECTIONS, until, (None, &theirs))?.0;
            pairs.push((own, other));
        }
        let ratio = ratio_of(&pairs);
        let name = format!("{name} ({} KiB) over nginx with a file of the same bytes: requests/s", body.len() / 1_024);
        table.push(Row::at_least(name, ratio.rate, "x", 0.8).made_of(ratio.raw()));
    }
    Ok(())
}

/// NGINX with one file.
struct Nginx {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Nginx {
    fn serving(body: &[u8]) -> anyhow::Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("file.json"), body)?;
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let place = folder.path().display();
        let configuration = format!(
            "daemon off; master_process on; worker_processes 2; pid {place}/pid; error_log {place}/error.log;\n\
             events {{ worker_connections 4096; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; open_file_cache max=10; keepalive_requests 1000000000;\n\
             types {{ application/json json; }}\n\
             server {{ listen {address}; root {place}; }} }}\n"
        );
        std::fs::write(folder.path().join("nginx.conf"), configuration)?;
        // The workers are another user's.
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let mut command = Command::new("nginx");
        command.arg("-c").arg(folder.path().join("nginx.conf")).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = command.spawn() else { return Ok(None) };
        let nginx = Self { child, address, _folder: folder };
        let listens = || TcpStream::connect(address).map(drop).map_err(|error| error.to_string());
        testkit::until("nginx", START_LIMIT, listens)?;
        ensure!(crate::server::ask(address, "GET", "/file.json")?.len() == body.len(), "nginx serves something else");
        Ok(Some(nginx))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers on SIGTERM.
        let pid = rustix::process::Pid::from_raw(self.child.id() as i32);
        let _ = pid.map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::TERM));
        let _ = self.child.wait();
    }
}
