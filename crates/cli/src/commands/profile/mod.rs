//! `sinew profile`: what messages are at a place, written down, learned from traffic, and compared.

mod diff;
mod laid_out;
mod learn;
mod learned;
mod list;
mod show;
mod side;

use crate::{outcome::Result, screen::Screen};
use clap::{Args, Subcommand};

/// List and show profiles, learn one from traffic, compare two
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew profile list
  sinew profile show patient-feed
  sinew profile learn feed/ --name epic-adt --out shared/profiles/epic-adt.flow
  sinew profile diff feed/ guide/Global
  sinew profile diff 'hl7v2 2.3 ADT_A01' 'hl7v2 2.5.1 ADT_A01'")]
pub struct Profile {
    #[command(subcommand)]
    action: Action,
}

/// Each in its file.
#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Show(show::Show),
    Learn(learn::Learn),
    Diff(diff::Diff),
}

impl Profile {
    pub fn run(self, screen: &Screen) -> Result {
        match self.action {
            Action::List(list) => list.run(screen),
            Action::Show(show) => show.run(screen),
            Action::Learn(learn) => learn.run(screen),
            Action::Diff(diff) => diff.run(screen),
        }
    }
}
