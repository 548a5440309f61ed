//! The sandbox of one process.

use crate::books::{Books, OpenError};
use crate::portone::sender::Sender;
use crate::settings::SandboxSettings;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Most calls at once that wait because they were asked to.
const WAITING_MAX: usize = 4_096;

/// The sandbox over its books. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub settings: SandboxSettings,
    pub books: Books,
    pub sender: Sender,
    /// Places of the calls that wait.
    pub waiting: Arc<Semaphore>,
}

impl Sandbox {
    /// The name of the books in the data folder.
    pub const FILE: &str = "sandbox.sqlite";

    /// Opens the books in this folder, or makes both. Several processes may have the same books open.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(folder: &Path, settings: SandboxSettings) -> Result<Self, OpenError> {
        files::make_folder(folder)?;
        let books = Books::open(&folder.join(Self::FILE))?;
        let sender = Sender::new(&settings.portone)?;
        let waiting = Arc::new(Semaphore::new(WAITING_MAX));
        Ok(Self(Arc::new(Parts { settings, books, sender, waiting })))
    }

    /// The settings in force.
    pub fn settings(&self) -> &SandboxSettings {
        &self.0.settings
    }
}
