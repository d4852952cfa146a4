//! A place that is counted: a segment, a field of every such segment, a component of every repetition of a field.

use serde::{Serialize, Serializer};
use std::fmt;

/// `PID`, `PID-3`, `PID-3.5`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The id of the segment.
    pub segment: [u8; 3],
    /// From 1; 0 for the segment itself.
    pub field: u16,
    /// From 1; 0 for the field as a whole.
    pub component: u16,
}

impl Place {
    /// A place.
    #[must_use]
    pub const fn new(segment: [u8; 3], field: u16, component: u16) -> Place {
        Place { segment, field, component }
    }

    /// Reads `PID`, `PID-3` or `PID-3.5`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Place> {
        let (id, rest) = text.split_once('-').unwrap_or((text, ""));
        let segment: [u8; 3] = id.as_bytes().try_into().ok()?;
        if !segment.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            return None;
        }
        let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0);
        match (rest, rest.split_once('.')) {
            ("", _) if !text.contains('-') => Some(Place::new(segment, 0, 0)),
            (field, None) => Some(Place::new(segment, number(field)?, 0)),
            (_, Some((field, component))) => Some(Place::new(segment, number(field)?, number(component)?)),
        }
    }

    /// The place, or one above or below it: `PID-3` has to do with `PID-3.5`.
    #[must_use]
    pub fn is_within(self, outer: Place) -> bool {
        self.segment == outer.segment
            && (outer.field == 0 || self.field == outer.field)
            && (outer.component == 0 || self.component == outer.component)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.segment).unwrap_or("???"))?;
        if self.field > 0 {
            write!(f, "-{}", self.field)?;
        }
        if self.component > 0 {
            write!(f, ".{}", self.component)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["PID", "PID-3", "PID-3.5", "ZX1-70.25"] {
            assert_eq!(Place::parse(text).map(|place| place.to_string()).as_deref(), Some(text));
        }
        for none in ["", "PI", "pid-3", "PID-", "PID-0", "PID-3.", "PID-3.0", "PID-3.5.1", "PID-x", "PIDD-3"] {
            assert_eq!(Place::parse(none), None, "{none}");
        }
    }

    #[test]
    fn within() {
        let check = |inner: &str, outer: &str, expect: bool| {
            assert_eq!(Place::parse(inner).unwrap().is_within(Place::parse(outer).unwrap()), expect, "{inner} {outer}");
        };
        check("PID-3.5", "PID-3", true);
        check("PID-3.5", "PID", true);
        check("PID-3", "PID-3.5", false);
        check("PV1-3", "PID-3", false);
    }
}
