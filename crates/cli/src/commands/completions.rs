//! `sinew completions`: what a shell needs to complete commands and flags.

use crate::{
    arguments::Sinew,
    outcome::{Exit, Result},
    screen::Screen,
};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew completions bash > ~/.local/share/bash-completion/completions/sinew
  sinew completions zsh > ~/.zfunc/_sinew
  sinew completions fish > ~/.config/fish/completions/sinew.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(self, screen: &Screen) -> Result {
        let mut out = Vec::new();
        clap_complete::generate(self.shell, &mut Sinew::command(), "sinew", &mut out);
        screen.bytes(&out);
        Ok(Exit::Ok)
    }
}
