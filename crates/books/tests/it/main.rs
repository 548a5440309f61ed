//! The readers, on files and servers.

mod readers;
mod sandbox;
