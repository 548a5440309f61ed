//! What commands print. `println!` panics where nobody reads any more (`onsale audit list | head`) or the disk is full, and
//! so does `eprintln!`: a lint forbids both.

use std::fmt::{self, Arguments, Display, Formatter};
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

/// The exit status of a command whose reader has left: that of a program which the signal ends, as everywhere else.
pub const READER_LEFT: u8 = 128 + 13;

/// Standard output took no more.
#[derive(Debug)]
pub struct OutputError(io::Error);

impl Display for OutputError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "standard output cannot be written: {}", self.0)
    }
}

impl std::error::Error for OutputError {}

impl OutputError {
    /// Whether nobody reads any more. Then there is nobody to complain to.
    pub fn has_no_reader(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

/// Prints a line to standard output. Use [`say!`].
///
/// # Errors
/// [`OutputError`].
pub fn line(text: Arguments<'_>) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(OutputError)
}

/// Prints a text to standard output as it is.
///
/// # Errors
/// [`OutputError`].
pub fn text(text: &str) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(OutputError)
}

/// Prints a line to standard error, if anybody reads it. Use [`note!`].
pub fn note(text: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints to standard error as it is, if anybody reads it.
pub fn note_text(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Standard output for many lines, with one write for many of them. Its errors are [`OutputError`]s.
pub struct Lines(BufWriter<StdoutLock<'static>>);

impl Lines {
    /// Takes standard output.
    pub fn new() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(wrapped)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(wrapped)
    }
}

/// As an error whose cause [`cause`] finds.
fn wrapped(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), OutputError(error))
}

/// The failed output among the causes of an error.
pub fn cause(error: &anyhow::Error) -> Option<&OutputError> {
    error.chain().find_map(|cause| {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause.downcast_ref().or_else(|| inner.and_then(|inner| inner.downcast_ref()))
    })
}

/// A line on standard output: `say!("{} keys", 3)?`.
macro_rules! say {
    () => { $crate::out::line(format_args!("")) };
    ($($text:tt)*) => { $crate::out::line(format_args!($($text)*)) };
}

/// A line on standard error, for people: `note!("id {id}")`.
macro_rules! note {
    ($($text:tt)*) => { $crate::out::note(format_args!($($text)*)) };
}
