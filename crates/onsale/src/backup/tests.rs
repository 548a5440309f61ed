use super::cut::Cut;
use super::manifest::Manifest;
use super::{check, put_back, take};
use crate::safety;
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// Two databases of the program, as a decision and its row are: whoever writes, writes to the first and then to the second.
const NAMES: [&str; 2] = ["hot.sqlite", "coupon_service.sqlite"];

/// What the refusal says, and what was done to the backup.
type Change = (&'static str, fn(&Path));

/// Ends the writer when this is dropped, also by a failed assertion.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn open(folder: &Path, name: &str) -> Connection {
    let connection = Connection::open(folder.join(name)).expect("opens");
    connection.busy_timeout(std::time::Duration::from_secs(10)).expect("patience");
    connection.pragma_update(None, "journal_mode", "WAL").expect("set");
    connection.pragma_update(None, "synchronous", "OFF").expect("set");
    connection.execute_batch("CREATE TABLE IF NOT EXISTS facts (fact INTEGER PRIMARY KEY)").expect("made");
    connection
}

fn add(connection: &Connection, fact: i64) {
    connection.execute("INSERT INTO facts VALUES (?1)", [fact]).expect("added");
}

fn count(folder: &Path, name: &str) -> i64 {
    let connection = Connection::open(folder.join(name)).expect("opens");
    connection.query_row("SELECT count(*) FROM facts", [], |row| row.get(0)).expect("counted")
}

/// A data folder with both databases and a key.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in NAMES {
        open(folder.path(), name);
    }
    files::write(&folder.path().join("cookie.key"), b"0123").expect("written");
    files::write(&folder.path().join("hot.lock"), b"").expect("written");
    folder
}

fn backup_of(folder: &TempDir) -> TempDir {
    let out = tempfile::tempdir().expect("a folder");
    take(folder.path(), out.path()).expect("taken");
    out
}

#[test]
fn a_cut_has_no_row_without_its_decision_while_both_are_written() {
    let (folder, is_over) = (folder(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let both = NAMES.map(|name| open(folder.path(), name));
            for fact in 0.. {
                both.iter().for_each(|connection| add(connection, fact));
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        let (_ending, mut seen) = (Ending(&is_over), 0);
        for _ in 0..25 {
            let out = tempfile::tempdir().expect("a folder");
            Cut::take(folder.path(), &NAMES).expect("taken").copy_into(out.path()).expect("copied");
            let [decided, stored] = NAMES.map(|name| count(out.path(), name));
            assert!((0..=1).contains(&(decided - stored)), "{decided} decisions, {stored} rows");
            assert!(decided >= seen, "{decided} after {seen}");
            seen = decided;
        }
        assert!(seen > 0, "nothing was written meanwhile");
    });
}

#[test]
fn what_is_written_after_the_moment_is_not_in_the_copy() {
    let (folder, out) = (folder(), tempfile::tempdir().expect("a folder"));
    let writer = open(folder.path(), NAMES[1]);
    add(&writer, 1);
    let cut = Cut::take(folder.path(), &NAMES).expect("taken");
    add(&writer, 2);
    cut.copy_into(out.path()).expect("copied");
    assert_eq!((count(out.path(), NAMES[1]), count(folder.path(), NAMES[1])), (1, 2));
}

#[test]
fn what_was_backed_up_is_put_back_and_nothing_else() {
    let folder = folder();
    add(&open(folder.path(), NAMES[0]), 7);
    files::write(&folder.path().join("notes.txt"), b"mine").expect("written");
    let out = tempfile::tempdir().expect("a folder");
    let taken = take(folder.path(), out.path()).expect("taken");
    assert_eq!(taken.strangers, ["notes.txt"]);
    let names: Vec<&str> = taken.manifest.files.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["hot.sqlite", "coupon_service.sqlite", "cookie.key"]);
    let back = tempfile::tempdir().expect("a folder");
    assert_eq!(put_back(out.path(), back.path()).expect("put back"), taken.manifest);
    assert_eq!(count(back.path(), NAMES[0]), 1);
    assert_eq!(files::read(&back.path().join("cookie.key")).expect("read").as_deref(), Some("0123"));
    assert!(!safety::is_half_restored(back.path()));
}

#[test]
fn a_backup_that_was_changed_or_cut_short_is_refused() {
    let folder = folder();
    let changes: [Change; 4] = [
        ("the backup is damaged", |out| files::write(&out.join("cookie.key"), b"0124").expect("written")),
        ("cannot be read", |out| std::fs::remove_file(out.join("cookie.key")).expect("removed")),
        ("or one that was cut short", |out| std::fs::remove_file(out.join(Manifest::FILE)).expect("removed")),
        ("which is no file of this program", |out| {
            let mut manifest = Manifest::read(out).expect("read");
            manifest.files[0].name = "../hot.sqlite".to_owned();
            manifest.write(out).expect("written");
        }),
    ];
    for (said, change) in changes {
        let (out, back) = (backup_of(&folder), tempfile::tempdir().expect("a folder"));
        check(out.path()).expect("whole");
        change(out.path());
        let error = put_back(out.path(), back.path()).expect_err("refused");
        assert!(format!("{error:#}").contains(said), "{error:#} has no {said:?}");
        let left = std::fs::read_dir(back.path()).expect("read").count();
        assert_eq!(left, 0, "a refused backup leaves nothing behind");
    }
}

#[test]
fn data_is_never_written_over() {
    let folder = folder();
    let out = backup_of(&folder);
    add(&open(folder.path(), NAMES[0]), 1);
    let error = put_back(out.path(), folder.path()).expect_err("refused");
    assert!(format!("{error:#}").contains("there is data"), "{error:#}");
    assert_eq!(count(folder.path(), NAMES[0]), 1);
    let error = take(folder.path(), out.path()).expect_err("refused");
    assert!(format!("{error:#}").contains("is not empty"), "{error:#}");
}

#[test]
fn a_folder_whose_restore_was_cut_short_is_refused() {
    let (folder, back) = (folder(), tempfile::tempdir().expect("a folder"));
    let out = backup_of(&folder);
    files::write(&back.path().join(safety::UNFINISHED_FILE), b"").expect("written");
    let error = put_back(out.path(), back.path()).expect_err("refused");
    assert!(format!("{error:#}").contains(safety::UNFINISHED_FILE), "{error:#}");
    let error = safety::demand_whole(back.path()).expect_err("refused");
    assert!(format!("{error:#}").contains("cut short"), "{error:#}");
    safety::demand_whole(folder.path()).expect("whole");
}
