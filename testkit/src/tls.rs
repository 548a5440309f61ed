//! Certificates made for a test, and servers that use them.

use crate::account;
use crate::error::{KitError, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// An authority that signs certificates of servers.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

/// A server's certificate, with its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// In PEM.
    pub(crate) chain: String,
    /// In PEM, PKCS 8.
    pub(crate) key: String,
    pub(crate) authority: PathBuf,
}

fn failed(error: &rcgen::Error) -> KitError {
    KitError::failed(format!("a certificate cannot be made: {error}"))
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    std::fs::write(path, text).map_err(|error| KitError::file(path, &error))?;
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, permissions).map_err(|error| KitError::file(path, &error))
}

impl Authority {
    /// Makes one. Its own certificate lies in `folder`, under its name.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn make(folder: &Path, name: &str) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new()).map_err(|error| failed(&error))?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().map_err(|error| failed(&error))?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(|error| failed(&error))?;
        let file = folder.join(format!("{name}.pem"));
        write(&file, &issuer.pem(), 0o644)?;
        Ok(Self { issuer, file })
    }

    /// The file with its certificate.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// A certificate for these names and addresses.
    ///
    /// # Errors
    /// When one is neither.
    pub fn sign(&self, names: &[&str]) -> Result<Certificate> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).map_err(|error| failed(&error))?;
        let key = KeyPair::generate().map_err(|error| failed(&error))?;
        let signed = params.signed_by(&key, &self.issuer).map_err(|error| failed(&error))?;
        Ok(Certificate { chain: signed.pem(), key: key.serialize_pem(), authority: self.file.clone() })
    }

    /// A certificate for this machine, as servers of tests are called: `127.0.0.1`, `::1` and `localhost`.
    ///
    /// # Errors
    /// As [`Authority::sign`].
    pub fn sign_here(&self) -> Result<Certificate> {
        self.sign(&["127.0.0.1", "::1", "localhost"])
    }
}

/// The files of a certificate as a server reads them.
pub(crate) struct Files {
    pub chain: PathBuf,
    pub key: PathBuf,
    pub authority: PathBuf,
}

impl Certificate {
    /// In PEM, for a server of the test's own.
    #[must_use]
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// In PEM, PKCS 8.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Writes the files into a server's folder, the key for the server alone.
    pub(crate) fn write(&self, folder: &Path) -> Result<Files> {
        let files = Files {
            chain: folder.join("server.crt"),
            key: folder.join("server.key"),
            authority: folder.join("authority.crt"),
        };
        write(&files.chain, &self.chain, 0o644)?;
        write(&files.key, &self.key, 0o600)?;
        std::fs::copy(&self.authority, &files.authority).map_err(|error| KitError::file(&self.authority, &error))?;
        for file in [&files.chain, &files.key, &files.authority] {
            account::hand_over(file)?;
        }
        Ok(files)
    }

    /// Both in one file, as Kafka reads them.
    pub(crate) fn write_store(&self, folder: &Path) -> Result<PathBuf> {
        let store = folder.join("server.pem");
        write(&store, &format!("{}{}", self.key, self.chain), 0o600)?;
        account::hand_over(&store)?;
        Ok(store)
    }
}
