//! A kill at any moment: what was answered is in the books, and nothing twice.

use crate::support::{API, start};
use sandbox::SandboxSettings;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::http::Client;

const FOLDER: &str = "SANDBOX_TEST_FOLDER";
const LIMIT: Duration = Duration::from_secs(60);

/// Not a test of its own: the process that is killed.
#[test]
fn serve_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (http, _, _stop) = start(&runtime, &folder, SandboxSettings::default(), None);
    println!("\nlistens {http}");
    std::thread::sleep(Duration::from_secs(120));
}

fn spawn(folder: &Path) -> (Child, SocketAddr) {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .args(["--exact", "crash::serve_until_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("its words")).lines();
    let address = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("listens ")?.parse().ok());
    (child, address.expect("an address"))
}

#[test]
fn after_kills_the_books_have_what_was_answered() {
    let folder = TempDir::new().expect("a folder");
    let paid = Mutex::new(Vec::new());
    let refunded = Mutex::new(Vec::new());
    for trial in 0..5 {
        let (mut child, address) = spawn(folder.path());
        let count = || paid.lock().expect("a lock").len();
        let before = count();
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (paid, refunded) = (&paid, &refunded);
                scope.spawn(move || work(address, &format!("{trial}-{worker}"), paid, refunded));
            }
            std::thread::sleep(Duration::from_millis(300 + 40 * trial));
            // A busy machine has paid little by then.
            let begun = Instant::now();
            while count() < before + 5 && begun.elapsed() < LIMIT {
                std::thread::sleep(Duration::from_millis(5));
            }
            child.kill().expect("kills");
            child.wait().expect("ends");
        });
    }
    let (mut child, address) = spawn(folder.path());
    let client = Client::new(address);
    let (paid, refunded) = (paid.into_inner().expect("a list"), refunded.into_inner().expect("a list"));
    assert!(paid.len() > 20 && !refunded.is_empty(), "{} paid, {} refunded", paid.len(), refunded.len());
    for key in &paid {
        assert_eq!(client.get(&format!("/sandbox/portone/payments/{key}")).ok()["captured"], 100, "{key}");
    }
    let store = client.with("Authorization", "PortOne sandbox-api-secret");
    for key in &refunded {
        let again = cancel(&store, key).expect("an answer");
        assert_eq!(again, (200, "SUCCEEDED".to_owned()), "{key}: the kept answer");
        let books = client.get(&format!("/sandbox/portone/payments/{key}")).ok();
        assert_eq!((&books["status"], &books["refunded"]), (&json!("CANCELLED"), &json!(100)), "{key}");
    }
    child.kill().expect("kills");
    child.wait().expect("ends");
}

fn cancel(store: &Client, key: &str) -> std::io::Result<(u16, String)> {
    let body = json!({"reason": "r", "currentCancellableAmount": 100}).to_string();
    let client = store.with("Idempotency-Key", &format!("refund-{key}-0123456789"));
    let reply = client.try_call("POST", &format!("{API}/payments/{key}/cancel"), Some(body.as_bytes()), LIMIT)?;
    let status = reply.json_or_null()["cancellation"]["status"].as_str().unwrap_or_default().to_owned();
    Ok((reply.status, status))
}

/// Pays and cancels until the server dies.
fn work(address: SocketAddr, name: &str, paid: &Mutex<Vec<String>>, refunded: &Mutex<Vec<String>>) {
    let client = Client::new(address);
    let store = client.with("Authorization", "PortOne sandbox-api-secret");
    for number in 0.. {
        let key = format!("{name}-{number}");
        let path = format!("/sandbox/portone/payments/{key}/pay");
        match client.try_call("POST", &path, Some(b"{\"amount\":100}"), LIMIT) {
            Ok(reply) if reply.status == 200 => paid.lock().expect("a lock").push(key.clone()),
            _ => return,
        }
        if number % 2 == 0 {
            match cancel(&store, &key) {
                Ok((200, _)) => refunded.lock().expect("a lock").push(key),
                _ => return,
            }
        }
    }
}
