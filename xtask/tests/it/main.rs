//! The project's commands, run as people run them.

mod release;
