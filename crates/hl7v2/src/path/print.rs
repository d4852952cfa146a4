//! Paths as text, in the form that reads back.

use super::{Filter, Group, Index, Member, Path};
use std::fmt;

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for group in &self.groups {
            write!(f, "{group}.")?;
        }
        write!(f, "{}{}{}", self.segment_name(), self.occurrence, self.member)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.occurrence)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((field, repetition)) = &self.field {
            write!(f, "-{field}{repetition}")?;
        }
        if let Some(component) = self.component {
            write!(f, ".{component}")?;
        }
        self.subcomponent.map_or(Ok(()), |subcomponent| write!(f, ".{subcomponent}"))
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Index::Unsaid => Ok(()),
            Index::At(number) => write!(f, "[{number}]"),
            Index::All => f.write_str("[*]"),
            Index::Append => f.write_str("[+]"),
            Index::Where(filter) => write!(f, "[{filter}]"),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ".{}", self.component)?;
        if let Some(subcomponent) = self.subcomponent {
            write!(f, ".{subcomponent}")?;
        }
        let is_bare = !self.value.is_empty() && self.value.chars().all(|c| c.is_alphanumeric() || "-_.:/".contains(c));
        if is_bare {
            return write!(f, "={}", self.value);
        }
        f.write_str("=\"")?;
        for character in self.value.chars() {
            if matches!(character, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{character}")?;
        }
        f.write_str("\"")
    }
}
