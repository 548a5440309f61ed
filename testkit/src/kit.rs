//! Folders that servers run in, and how long they live.

use crate::error::{KitError, Result};
use crate::process::{self, bare};
use crate::servers;
use crate::{account, port::Port};
use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// Set for a run without servers: `cargo xtask test --quick`. Tests that need one are then skipped by name.
pub const OFF: &str = "ONSALE_TESTKIT_OFF";
/// Held by the kit's owner for as long as it lives.
const ALIVE_FILE: &str = "alive";
/// Servers' folders must be open to the user that servers run as.
const FOLDER_MODE: u32 = 0o755;
/// Removes the folder when its owner was killed before it could.
const TIDY: &str = "flock -s \"$1\" true; n=0
while [ -e \"$2\" ] && [ \"$n\" -lt 100 ]; do rm -rf -- \"$2\" && exit; sleep 0.1; n=$((n + 1)); done";

/// A folder in which servers run, and the end of their lives. Clones are the same kit.
#[derive(Clone, Debug)]
pub struct Kit(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    life: Life,
    /// Ports that were given to the kit's user, kept until the kit goes.
    ports: Mutex<Vec<Port>>,
}

#[derive(Debug)]
enum Life {
    /// Servers and folder go with the kit, or with this process if it is killed.
    Temporary { alive: File, janitor: Child },
    /// Servers go with the owner of this file.
    Joined { alive: PathBuf },
    /// Servers stay until a command ends them.
    Named,
}

impl Kit {
    /// A new temporary folder. When the last clone and the last server are dropped, or this process ends in any way, the
    /// servers end and the folder is removed.
    ///
    /// # Errors
    /// When the folder cannot be made, or servers are [not wanted](OFF).
    pub fn temporary() -> Result<Self> {
        check_wanted()?;
        let _order = lock(&prefix().with_extension("lock"))?;
        sweep();
        let folder = new_folder()?;
        let path = folder.join(ALIVE_FILE);
        let alive = lock(&path)?;
        let mut command = bare(Path::new("sh"), Path::new("/"));
        command.args(["-c", TIDY, "janitor"]).arg(&path).arg(&folder).process_group(0);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let janitor = quiet.spawn().map_err(|error| KitError::failed(format!("sh cannot be started: {error}")))?;
        Ok(Self::new(folder, Life::Temporary { alive, janitor }))
    }

    /// A folder that stays, with servers that go on after this process has ended: `cargo xtask up`.
    ///
    /// # Errors
    /// When the folder cannot be made, or the user that servers run as cannot get to it.
    pub fn named(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|error| KitError::file(folder, &error))?;
        let folder = folder.canonicalize().map_err(|error| KitError::file(folder, &error))?;
        account::check_reach(&folder)?;
        Ok(Self::new(folder, Life::Named))
    }

    /// The temporary kit of another process, which ends the servers started here; none if that process has ended.
    pub(crate) fn joined(folder: &Path) -> Option<Self> {
        let alive = folder.join(ALIVE_FILE);
        let is_free = File::open(&alive).ok()?.try_lock_shared().is_ok();
        (!is_free).then(|| Self::new(folder.to_owned(), Life::Joined { alive }))
    }

    fn new(folder: PathBuf, life: Life) -> Self {
        Self(Arc::new(Inner { folder, life, ports: Mutex::default() }))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// A free port on the loopback address, which no other caller is given as long as the kit lives.
    ///
    /// # Errors
    /// When none was found.
    pub fn free_port(&self) -> Result<u16> {
        let port = Port::free()?;
        let number = port.number();
        self.0.ports.lock().unwrap_or_else(PoisonError::into_inner).push(port);
        Ok(number)
    }

    /// The file whose lock says that the servers' owner lives; none when they outlive it.
    pub(crate) fn alive(&self) -> Option<PathBuf> {
        match &self.0.life {
            Life::Temporary { .. } => Some(self.0.folder.join(ALIVE_FILE)),
            Life::Joined { alive } => Some(alive.clone()),
            Life::Named => None,
        }
    }

    /// Whether a server ends when its handle is dropped.
    pub(crate) fn ends_servers(&self) -> bool {
        matches!(self.0.life, Life::Temporary { .. })
    }

    /// A new folder for a server, such as `redis-3`.
    pub(crate) fn claim(&self, kind: &str) -> Result<PathBuf> {
        let mut number = 1;
        loop {
            let folder = self.0.folder.join(format!("{kind}-{number}"));
            match make_folder(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(KitError::file(&folder, &error)),
                Ok(()) => return account::hand_over(&folder).map(|()| folder),
            }
        }
    }

    /// The folder of a server with a fixed name, created if it is missing, and a lock on it: one process at a time may
    /// use the folder, as long as it holds the file.
    pub(crate) fn place(&self, name: &str) -> Result<(PathBuf, File)> {
        let order = lock(&self.0.folder.join(format!("{name}.lock")))?;
        let folder = self.0.folder.join(name);
        if !folder.is_dir() {
            make_folder(&folder).map_err(|error| KitError::file(&folder, &error))?;
            account::hand_over(&folder)?;
        }
        Ok((folder, order))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Life::Temporary { alive, janitor } = &mut self.life else { return };
        // Those that others started here; the handles of our own have ended theirs.
        let _ = servers::kill_all(&self.folder);
        let _ = janitor.kill();
        let _ = janitor.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
        let _ = alive.unlock();
    }
}

/// Whether this is a run with servers.
pub(crate) fn check_wanted() -> Result<()> {
    let refusal = || KitError::missing(format!("servers are not wanted in this run ({OFF} is set)"));
    std::env::var_os(OFF).is_none().then_some(()).ok_or_else(refusal)
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().mode(FOLDER_MODE).create(folder)?;
    // Whatever mask this process has.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(FOLDER_MODE))
}

/// The file, locked. Waits for the process that holds it.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let file = File::options().create(true).append(true).open(path).map_err(|error| KitError::file(path, &error))?;
    file.lock().map_err(|error| KitError::file(path, &error))?;
    Ok(file)
}

/// The beginning of the names of this user's temporary folders.
fn prefix() -> PathBuf {
    std::env::temp_dir().join(format!("onsale-testkit-{}", rustix::process::geteuid().as_raw()))
}

fn new_folder() -> Result<PathBuf> {
    let mut number = 0;
    loop {
        let name = format!("{}-{}-{number}", prefix().display(), std::process::id());
        let folder = PathBuf::from(name);
        match make_folder(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(KitError::file(&folder, &error)),
            Ok(()) => return Ok(folder),
        }
    }
}

/// Removes the folders of kits whose owner and janitor were both killed.
fn sweep() {
    let prefix = prefix();
    let Some((above, name)) = prefix.parent().zip(prefix.file_name()) else { return };
    let name = format!("{}-", name.to_string_lossy());
    for entry in std::fs::read_dir(above).into_iter().flatten().flatten() {
        let folder = entry.path();
        // Any user can create a folder of that name among the temporary folders.
        let owner = entry.metadata().ok().filter(std::fs::Metadata::is_dir).map(|metadata| metadata.uid());
        let is_ours = owner == Some(rustix::process::geteuid().as_raw())
            && entry.file_name().to_string_lossy().starts_with(&name);
        let is_left = || File::open(folder.join(ALIVE_FILE)).map_or(true, |alive| alive.try_lock().is_ok());
        if is_ours && is_left() {
            let _ = servers::kill_all(&folder);
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
}

/// Empties the folder of a server that does not run.
pub(crate) fn empty(folder: &Path) -> Result<()> {
    if let Some(left) = process::recorded(folder) {
        process::end("what runs in a half-made folder", &left.with_descendants())?;
    }
    std::fs::remove_dir_all(folder).map_err(|error| KitError::file(folder, &error))?;
    make_folder(folder).map_err(|error| KitError::file(folder, &error))?;
    account::hand_over(folder)
}
