//! The clients against the sandbox, which speaks the real protocols, and against services that misbehave.

mod hostile;
mod hostile_mail;
mod mail;
mod sandboxed;
mod support;
