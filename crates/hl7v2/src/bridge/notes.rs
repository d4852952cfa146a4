//! What a bridge found, up to a limit, and how much of it is a loss.

use crate::codes;
use message::{Code, Diagnostic};

/// Most findings that one bridge tells one by one; the last one says how many more there are.
pub const FINDINGS_MAX: usize = 256;

/// What a bridge did that is not plain.
#[derive(Clone, Debug, Default)]
pub struct Bridged {
    /// Warnings E1150 to E1154, each with its place.
    pub found: Vec<Diagnostic>,
    /// Places whose content was removed (E1150, E1151), those that are not told one by one included.
    pub losses: usize,
}

#[derive(Default)]
pub(super) struct Notes {
    bridged: Bridged,
    /// Findings beyond [`FINDINGS_MAX`].
    untold: usize,
}

impl Notes {
    pub(super) fn add(&mut self, code: Code, place: &str, text: String) {
        self.bridged.losses += usize::from(code == codes::E1150 || code == codes::E1151);
        if self.bridged.found.len() < FINDINGS_MAX {
            self.bridged.found.push(Diagnostic::warning(code, text).at_path(place, None));
        } else {
            self.untold += 1;
        }
    }

    /// Adds where the standard has the content now to the last finding.
    pub(super) fn hint(&mut self, hint: Option<&str>) {
        if let (Some(hint), Some(last), 0) = (hint, self.bridged.found.last_mut(), self.untold) {
            last.hint = Some(hint.to_owned());
        }
    }

    pub(super) fn finish(mut self) -> Bridged {
        if self.untold > 0 {
            let text = format!("{} more findings of this kind or another are not told one by one", self.untold);
            self.bridged.found.push(Diagnostic::warning(codes::E1154, text));
        }
        self.bridged
    }
}
