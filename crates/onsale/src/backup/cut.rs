//! One moment of several databases.

use anyhow::{Context, bail};
use domain::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often the write lock of a database is asked for. SQLite's own pauses grow to a tenth of a second, and would miss each
/// gap between two transactions of a busy journal.
const LOCK_PAUSE: Duration = Duration::from_micros(200);
/// After so many pauses all locks are given back and asked for again: a server that has one and waits for another is not kept
/// waiting for us. Far below the patience of its own writers (5 s).
const LOCK_PAUSES_MAX: i32 = 2_500;
/// Rounds until the command gives up.
const ROUNDS_MAX: u32 = 40;
const ROUND_PAUSE: Duration = Duration::from_millis(50);
/// Pages copied at once.
const PAGES: i32 = 1_024;

/// Views of several databases, all of one moment, at which none of them was being changed.
pub struct Cut {
    /// The moment.
    pub at: Timestamp,
    /// How long writers were kept waiting.
    pub held: Duration,
    views: Vec<View>,
}

struct View {
    name: &'static str,
    connection: Connection,
}

/// The two connections to one database.
struct Door {
    name: &'static str,
    writer: Connection,
    reader: Connection,
}

impl Door {
    fn open(folder: &Path, name: &'static str) -> anyhow::Result<Self> {
        let open = || -> rusqlite::Result<Self> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connect = || Connection::open_with_flags(folder.join(name), flags);
            let (writer, reader) = (connect()?, connect()?);
            writer.busy_handler(Some(wait))?;
            reader.busy_handler(Some(wait))?;
            Ok(Self { name, writer, reader })
        };
        open().with_context(|| format!("{} cannot be opened", folder.join(name).display()))
    }

    /// Takes the write lock; false when another has it for too long.
    fn lock(&self) -> anyhow::Result<bool> {
        match self.writer.execute_batch("BEGIN IMMEDIATE") {
            Ok(()) => Ok(true),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
            Err(error) => Err(error).with_context(|| format!("{} cannot be held", self.name)),
        }
    }

    /// Opens the view: what a transaction reads is what was committed at its first reading.
    fn look(&self) -> anyhow::Result<()> {
        let first = "SELECT count(*) FROM sqlite_master";
        let opened = self.reader.execute_batch("BEGIN").and_then(|()| self.reader.query_row(first, [], |_| Ok(())));
        opened.with_context(|| format!("{} cannot be read", self.name))
    }
}

fn wait(pauses: i32) -> bool {
    std::thread::sleep(LOCK_PAUSE);
    pauses < LOCK_PAUSES_MAX
}

/// Write locks that are given back when this is dropped.
struct Locks<'a>(Vec<&'a Door>);

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        for door in &self.0 {
            // Nothing was written: a connection that cannot roll back gives the lock up when it is closed.
            let _ = door.writer.execute_batch("ROLLBACK");
        }
    }
}

impl Cut {
    /// Takes a cut through these databases of the folder, which a server may be using. Locks are taken in the order of the
    /// names: the busiest database first, so that the others calm down meanwhile.
    ///
    /// # Errors
    /// When a database cannot be read, or its write lock was not to be had.
    pub fn take(folder: &Path, names: &[&'static str]) -> anyhow::Result<Self> {
        let doors = names.iter().copied().map(|name| Door::open(folder, name)).collect::<anyhow::Result<Vec<_>>>()?;
        for _ in 0..ROUNDS_MAX {
            if let Some((at, held)) = hold(&doors)? {
                let views = doors.into_iter().map(|door| View { name: door.name, connection: door.reader });
                return Ok(Self { at, held, views: views.collect() });
            }
            std::thread::sleep(ROUND_PAUSE);
        }
        bail!("the databases could not be held at one moment: one of them is being written all the time; try again")
    }

    /// The names of the databases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.views.iter().map(|view| view.name)
    }

    /// Copies the view of each database into a new file of the folder, and has SQLite read through the copy.
    ///
    /// # Errors
    /// When a copy cannot be written, or is not whole.
    pub fn copy_into(&self, folder: &Path) -> anyhow::Result<()> {
        for View { name, connection } in &self.views {
            let to = folder.join(name);
            files::create_new(&to).with_context(|| format!("{} cannot be made", to.display()))?;
            let found = copied(connection, &to).with_context(|| format!("{} cannot be copied", to.display()))?;
            if found != "ok" {
                bail!("the copy of {name} is not whole: {found}. Do not trust the database that it was copied from");
            }
        }
        Ok(())
    }
}

/// Holds all databases for a moment, and opens a view of each. Returns the moment and how long it took; none when one of them
/// could not be held.
fn hold(doors: &[Door]) -> anyhow::Result<Option<(Timestamp, Duration)>> {
    let begun = Instant::now();
    let mut locks = Locks(Vec::with_capacity(doors.len()));
    for door in doors {
        if !door.lock()? {
            return Ok(None);
        }
        locks.0.push(door);
    }
    for door in doors {
        door.look()?;
    }
    let at = clock::now();
    drop(locks);
    Ok(Some((at, begun.elapsed())))
}

/// Copies a view, and returns what SQLite says about the copy.
fn copied(view: &Connection, to: &Path) -> rusqlite::Result<String> {
    let mut copy = Connection::open(to)?;
    copy.pragma_update(None, "synchronous", "FULL")?;
    Backup::new(view, &mut copy)?.run_to_completion(PAGES, Duration::ZERO, None)?;
    let found = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    // Closed here, so that the `-wal` of the copy is gone before it is counted.
    copy.close().map_err(|(_, error)| error)?;
    Ok(found)
}
