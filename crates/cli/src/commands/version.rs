//! `sinew version`.

use crate::{
    outcome::{Exit, Result},
    screen::Screen,
};
use clap::Args;

/// Print the version
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sinew version\n  sinew version --json")]
pub struct Version {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Version {
    pub fn run(self, screen: &Screen) -> Result {
        let version = env!("CARGO_PKG_VERSION");
        if self.json {
            screen.line(serde_json::json!({"schema": "sinew.version/1", "version": version}).to_string());
        } else {
            screen.line(format!("sinew {version}"));
        }
        Ok(Exit::Ok)
    }
}
