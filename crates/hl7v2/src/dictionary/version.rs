//! The versions of the standard.

use crate::{Message, Path};
use std::fmt;

/// A version of HL7 v2, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Version {
    V2_1,
    V2_2,
    V2_3,
    V2_3_1,
    V2_4,
    V2_5,
    V2_5_1,
    V2_6,
    V2_7,
    V2_7_1,
    V2_8,
    V2_8_1,
    V2_8_2,
    V2_9,
}

/// MSH-12.1.
const VERSION_ID: Path = Path::component(b"MSH", 12, 1);

impl Version {
    /// All of them, oldest first.
    pub const ALL: [Version; 14] = [
        Version::V2_1,
        Version::V2_2,
        Version::V2_3,
        Version::V2_3_1,
        Version::V2_4,
        Version::V2_5,
        Version::V2_5_1,
        Version::V2_6,
        Version::V2_7,
        Version::V2_7_1,
        Version::V2_8,
        Version::V2_8_1,
        Version::V2_8_2,
        Version::V2_9,
    ];

    /// Table 0104: `2.5.1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Version::V2_1 => "2.1",
            Version::V2_2 => "2.2",
            Version::V2_3 => "2.3",
            Version::V2_3_1 => "2.3.1",
            Version::V2_4 => "2.4",
            Version::V2_5 => "2.5",
            Version::V2_5_1 => "2.5.1",
            Version::V2_6 => "2.6",
            Version::V2_7 => "2.7",
            Version::V2_7_1 => "2.7.1",
            Version::V2_8 => "2.8",
            Version::V2_8_1 => "2.8.1",
            Version::V2_8_2 => "2.8.2",
            Version::V2_9 => "2.9",
        }
    }

    /// Its place in [`Version::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Exactly this version: `2.5.1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Version> {
        Version::ALL.into_iter().find(|version| version.as_str() == text)
    }

    /// The version to read a message with whose MSH-12 says `text`: spaces and a `v` in front are overlooked, an unknown
    /// patch level falls to the newest known below it (`2.3.2` to 2.3.1, `2.0D` to 2.1), what is newer than all to the
    /// newest. `None` when it does not begin with `2`.
    ///
    /// ```
    /// use hl7v2::dictionary::Version;
    /// assert_eq!(Version::nearest(" v2.5.2"), Some(Version::V2_5_1));
    /// assert_eq!(Version::nearest("2.10"), Some(Version::V2_9));
    /// assert_eq!(Version::nearest(""), None);
    /// ```
    #[must_use]
    pub fn nearest(text: &str) -> Option<Version> {
        let wanted = numbers(text.trim().trim_start_matches(['v', 'V']))?;
        let below = Version::ALL.into_iter().rev().find(|version| numbers(version.as_str()) <= Some(wanted));
        (wanted[0] == 2).then(|| below.unwrap_or(Version::V2_1))
    }

    /// The version to read a message with, by its MSH-12; `None` where it says none.
    #[must_use]
    pub fn of(message: &Message) -> Option<Version> {
        Version::nearest(&message.text(&VERSION_ID))
    }

    pub(super) const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// Up to three numbers with dots between; what follows them is overlooked.
fn numbers(text: &str) -> Option<[u16; 3]> {
    let mut out = [0; 3];
    for (place, part) in text.split('.').take(3).enumerate() {
        let digits = part.len() - part.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        match part[..digits].parse() {
            Ok(number) => out[place] = number,
            Err(_) if place == 0 => return None,
            Err(_) => break,
        }
    }
    Some(out)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
