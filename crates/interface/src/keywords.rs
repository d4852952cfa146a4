//! The words of the language that belong to interfaces and tests: one table from which the checker, "did you mean" and
//! the reference are made. Adding a word is adding an entry here and an arm where its line is read.
//!
//! Promises: every example checks without findings.

mod entries;

pub use entries::KEYWORDS;

use crate::{
    codes,
    compile::{
        line::Line,
        reader::{Reader, did_you_mean},
    },
};

/// Where a word may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Within {
    /// At the top of a `*.flow` file.
    File,
    /// In an `interface` block.
    Interface,
    /// On a `receive` line or in its block.
    Receive,
    /// In a `route` block.
    Route,
    /// In a `send` block.
    Send,
    /// In a `test` block.
    Test,
}

impl Within {
    /// The block in words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Within::File => "at the top of a flow file",
            Within::Interface => "in `interface`",
            Within::Receive => "in `receive`",
            Within::Route => "in `route`",
            Within::Send => "in `send`",
            Within::Test => "in `test`",
        }
    }
}

/// One word at one place.
#[derive(Debug)]
pub struct Keyword {
    /// The word that starts the line.
    pub word: &'static str,
    /// Where it may stand.
    pub within: Within,
    /// How the line is written.
    pub syntax: &'static str,
    /// What it means, in sentences.
    pub description: &'static str,
    /// A line that checks without findings; empty for words of later releases.
    pub example: &'static str,
    /// `{ … }` may follow.
    pub has_block: bool,
    /// Known, but not in this release.
    pub is_later: bool,
}

/// The entry of the word that starts `line`; reports an unknown, misplaced or later word.
pub(crate) fn expect(reader: &mut Reader<'_>, line: Line<'_>, within: Within) -> Option<&'static Keyword> {
    let word = line.word();
    let here = KEYWORDS.iter().find(|keyword| keyword.within == within && keyword.word == word);
    if let Some(keyword) = here {
        if !keyword.is_later {
            return Some(keyword);
        }
        let message = format!("`{word}` comes with a later release");
        reader.error(codes::E3104, line.tree, line.word_span(), message, Some(keyword.description.to_owned()));
        return None;
    }
    if word.is_empty() {
        return None; // the parser has said what is wrong with this line
    }
    let elsewhere = KEYWORDS.iter().find(|keyword| keyword.word == word);
    let mut known: Vec<&str> =
        KEYWORDS.iter().filter(|keyword| keyword.within == within).map(|keyword| keyword.word).collect();
    if within == Within::Send {
        known.extend(reader.surroundings.connectors.iter().map(|connector| connector.spec().name));
    }
    let hint = match elsewhere {
        Some(keyword) => Some(format!("`{word}` belongs {}", keyword.within.describe())),
        None => did_you_mean(word, known.iter().copied()).or_else(|| Some(format!("known here: {}", known.join(", ")))),
    };
    let message = format!("`{word}` is not a word that is known {}", within.describe());
    reader.error(codes::E3101, line.tree, line.word_span(), message, hint);
    None
}
