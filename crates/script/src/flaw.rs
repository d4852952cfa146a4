//! Why a script could not be read, or ended before its end.

use message::Code;

/// A place in the author's file, from 1; 0 where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Place {
    /// The byte of `source` at which it stands.
    #[must_use]
    pub fn offset(self, source: &str) -> usize {
        let line = self.line.saturating_sub(1) as usize;
        let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
        let text = source.get(start..).unwrap_or("").lines().next().unwrap_or("");
        let column = self.column.saturating_sub(1) as usize;
        start.min(source.len()) + text.char_indices().nth(column).map_or(text.len(), |(at, _)| at)
    }
}

/// A script that cannot be read, or a run that ended before its end. The message it worked on is half changed: throw it
/// away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The code, with its page.
    pub code: Code,
    /// One sentence, without content (R10).
    pub text: String,
    /// Where in the script.
    pub place: Place,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}
impl std::error::Error for Stop {}

/// The first place of a stack of QuickJS that is in `file`, whose text stands one line lower in what was compiled.
pub(crate) fn place_in(stack: &str, file: &str) -> Place {
    let needle = format!("{file}:");
    for line in stack.lines() {
        let Some(at) = line.rfind(&needle) else { continue };
        let mut numbers = line[at + needle.len()..].split(|letter: char| !letter.is_ascii_digit());
        let mut next = || numbers.next().and_then(|digits| digits.parse::<u32>().ok());
        let (line, column) = (next(), next());
        if let Some(line) = line {
            return Place { line: line.saturating_sub(1), column: column.unwrap_or(0) };
        }
    }
    Place::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let stack = "    at get (sinew:prelude:10:4)\n    at inner (scripts/a.js:4:9)\n    at scripts/a.js:8:1\n";
        assert_eq!(place_in(stack, "scripts/a.js"), Place { line: 3, column: 9 });
        assert_eq!(place_in(stack, "scripts/b.js"), Place::default());
        let check = |line, column, expect| assert_eq!(Place { line, column }.offset("ab\ncäd\n"), expect);
        check(1, 1, 0);
        check(2, 1, 3);
        check(2, 3, 6);
        check(2, 99, 7);
        check(9, 9, 8);
    }
}
