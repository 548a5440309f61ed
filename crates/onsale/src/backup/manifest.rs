//! What a backup has.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The format that this program writes and reads.
const FORMAT: u32 = 1;
/// Bytes read at once.
const PART_BYTES: usize = 1 << 16;

/// The list of a backup's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this list.
    pub format: u32,
    /// The version of the program that took the backup.
    pub program: String,
    /// The moment of the backup. What was acknowledged before it is in the backup, and nothing that was decided after it.
    pub taken_at: String,
    /// How long writers were kept waiting, in milliseconds.
    pub held_ms: u64,
    /// The files, by name.
    pub files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The hash of what it contains, in hexadecimal digits.
    pub sha256: String,
}

impl Entry {
    /// The entry of a file as it is.
    pub fn of(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let (bytes, sha256) =
            measured(&folder.join(name)).with_context(|| format!("{name} of {} cannot be read", folder.display()))?;
        Ok(Self { name: name.to_owned(), bytes, sha256 })
    }
}

impl Manifest {
    /// The file of the list. It is written when everything else is on the disk.
    pub const FILE: &str = "backup.json";

    /// The list of these files of the folder, as they are.
    pub fn of(folder: &Path, names: &[&str], taken_at: String, held_ms: u64) -> anyhow::Result<Self> {
        let files = names.iter().map(|name| Entry::of(folder, name)).collect::<anyhow::Result<_>>()?;
        Ok(Self { format: FORMAT, program: env!("CARGO_PKG_VERSION").to_owned(), taken_at, held_ms, files })
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }

    /// Writes the list into the folder.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        let written = files::write(&folder.join(Self::FILE), text.as_bytes());
        written.with_context(|| format!("{} cannot be written into {}", Self::FILE, folder.display()))
    }

    /// Reads the list of a backup.
    ///
    /// # Errors
    /// When there is none, or another version of the program wrote it.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let (name, place) = (Self::FILE, folder.display());
        let text = files::read(&folder.join(name)).with_context(|| format!("{name} of {place} cannot be read"))?;
        let Some(text) = text else {
            bail!("{place} is no backup, or one that was cut short: it has no {name}");
        };
        let read = serde_json::from_str::<Self>(&text).with_context(|| format!("{name} of {place} is damaged"))?;
        if read.format != FORMAT {
            bail!("{place} is a backup of format {}, this program reads format {FORMAT}", read.format);
        }
        Ok(read)
    }
}

/// Size and hash of a file.
fn measured(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut part) = (Sha256::new(), 0, vec![0; PART_BYTES]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok((bytes, hex::encode(hash.finalize()))),
            read => {
                hash.update(&part[..read]);
                bytes += read as u64;
            }
        }
    }
}
