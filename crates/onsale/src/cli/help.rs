//! `onsale completions` and `onsale man`.

use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

/// `onsale completions`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale completions bash > ~/.local/share/bash-completion/completions/onsale
  onsale completions zsh > ~/.zfunc/_onsale      with ~/.zfunc in fpath, before compinit
  onsale completions fish > ~/.config/fish/completions/onsale.fish

The Debian package has put them where bash, zsh and fish look.")]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `onsale man`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  onsale man ~/.local/share/man/man1             then: man onsale, man onsale-serve
  sudo onsale man /usr/local/share/man/man1")]
pub struct ManArguments {
    /// The folder to write to; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
