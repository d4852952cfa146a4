//! `sinew lsp`: the language server, for an editor on the other end of standard input and output.

use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;

/// Serve an editor: findings, meanings, completion, layout (Language Server Protocol)
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew lsp                        an editor starts it and talks to it over standard input and output

Findings are those of sinew check, over the files as the editor has them, saved or not. Hover, completion, definition, symbols and
layout know HL7 v2, FHIR R4, the steps, and what the workspace holds. It opens no network and writes no file.
How to set up an editor: docs/how-to/edit-in-an-editor.md
Exit: 0 after shutdown, 1 the editor went away, 3 what comes in is not the protocol.")]
pub struct Lsp {
    /// What editors pass; it is the only way there is
    #[arg(long, hide = true)]
    stdio: bool,
}

impl Lsp {
    pub fn run(self, _screen: &Screen) -> Result {
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
        match lsp::serve(&mut input, &mut output, connectors::catalogue()) {
            Ok(0) => Ok(Exit::Ok),
            Ok(_) => Ok(Exit::Problems),
            Err(error) => Err(Failure::unreachable(format!("the editor: {error}"))),
        }
    }
}
