//! The layers around every handler.

pub(super) mod access;
pub(super) mod body;
pub mod budget;
pub mod cors;
pub(super) mod frame;
mod logged_path;
pub mod render;
pub mod security;

#[cfg(test)]
mod tests;
