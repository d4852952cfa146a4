//! Paths: where something is in a message. `PID-5.1`, `PID-3[2].4.1`, `OBX[*]-5`, `PID-3[.5=MR].1`, `PID-3[+]`.
//!
//! A [`Path`] is read once and evaluated for many messages. Numbers are from 1. Promises: what [`std::fmt::Display`]
//! prints reads back as the same path.
//! Never: evaluation, which is the tree's ([`crate::Message`]), and knowledge of which segments exist.

mod parse;
mod print;

use crate::structure::standard;
use crate::{Error, codes};

/// Highest number of a segment occurrence, field, repetition or component in a path: an edit that has to make the
/// fields before it stays small.
pub const NUMBER_MAX: u16 = 9_999;

/// A place in a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// Groups in front (`ORDER_OBSERVATION[2].`), found by the structure that the dictionary has for the message.
    pub groups: Vec<Group>,
    /// The segment id.
    pub segment: [u8; 3],
    /// Which of the segments with this id.
    pub occurrence: Index,
    /// What inside the segment; empty for the whole segment.
    pub member: Member,
}

/// A group of the message structure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// `ORDER_OBSERVATION`.
    pub name: Box<str>,
    /// Which of the groups with this name.
    pub occurrence: Index,
}

/// A place inside a segment or inside something smaller: `-5.1`, `.4.1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Member {
    /// The field and its repetition; `None` in a member of something smaller than a segment.
    pub field: Option<(u16, Index)>,
    /// The component.
    pub component: Option<u16>,
    /// The subcomponent.
    pub subcomponent: Option<u16>,
}

/// Which of several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Index {
    /// Nothing said: the first as a value, any in a condition.
    #[default]
    Unsaid,
    /// `[2]`.
    At(u16),
    /// `[*]`.
    All,
    /// `[+]`: a new one behind the last; a target only.
    Append,
    /// `[.5=MR]`: those whose member has this value.
    Where(Box<Filter>),
}

/// `[.5=MR]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The component that is compared.
    pub component: u16,
    /// Its subcomponent, if one is named.
    pub subcomponent: Option<u16>,
    /// The decoded value that it must have.
    pub value: Box<str>,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// [`Error::InvalidPath`] with the character and what is wrong with it.
    ///
    /// ```
    /// let path = hl7v2::Path::parse("PID-3[.5=MR].1")?;
    /// assert_eq!(path.to_string(), "PID-3[.5=MR].1");
    /// # Ok::<(), hl7v2::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Path, Error> {
        Ok(parse::path(text)?.0)
    }

    /// Reads a path and says what was tolerated: `PID.5.1` is read as `PID-5.1`, with a hint.
    ///
    /// # Errors
    /// As [`Path::parse`].
    pub fn parse_with_hint(text: &str) -> Result<(Path, Option<String>), Error> {
        parse::path(text)
    }

    /// A field of the first segment with this id, for paths known when the program is written.
    #[must_use]
    pub const fn field(segment: &[u8; 3], field: u16) -> Path {
        Path {
            groups: Vec::new(),
            segment: *segment,
            occurrence: Index::Unsaid,
            member: Member { field: Some((field, Index::Unsaid)), component: None, subcomponent: None },
        }
    }

    /// The same with a component.
    #[must_use]
    pub const fn component(segment: &[u8; 3], field: u16, component: u16) -> Path {
        let mut path = Path::field(segment, field);
        path.member.component = Some(component);
        path
    }

    /// `Ok` when a message can answer the path.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a group that no structure of the standard has; [`Error::InvalidPath`] for numbers that [`Path::parse`] refuses.
    pub fn check_evaluable(&self) -> Result<(), Error> {
        for group in &self.groups {
            if !standard::is_group(&group.name) || matches!(group.occurrence, Index::Append | Index::Where(_)) {
                return Err(Error::unknown_group(self, &group.name));
            }
        }
        let index = |index: &Index| match index {
            Index::At(number) => Some(*number),
            _ => None,
        };
        let field = self.member.field.as_ref();
        let numbers = [
            index(&self.occurrence),
            field.map(|(number, _)| *number),
            field.and_then(|(_, repetition)| index(repetition)),
            self.member.component,
            self.member.subcomponent,
        ];
        numbers.into_iter().flatten().try_for_each(|value| number(u64::from(value), 0).map(|_| ()))
    }

    /// The path names a whole segment.
    #[must_use]
    pub fn is_segment(&self) -> bool {
        self.member.field.is_none()
    }

    /// `[*]` or a filter stands somewhere: the path may name several values.
    #[must_use]
    pub fn is_multiple(&self) -> bool {
        let several = |index: &Index| matches!(index, Index::All | Index::Where(_));
        several(&self.occurrence) || self.member.field.as_ref().is_some_and(|(_, repetition)| several(repetition))
    }

    /// `[+]` stands somewhere: the path can only be written to.
    #[must_use]
    pub fn is_target_only(&self) -> bool {
        self.occurrence == Index::Append
            || self.member.field.as_ref().is_some_and(|(_, repetition)| *repetition == Index::Append)
    }

    /// The segment id as text.
    #[must_use]
    pub fn segment_name(&self) -> &str {
        std::str::from_utf8(&self.segment).unwrap_or("???")
    }
}

impl Member {
    /// Reads a member: `-5.1` or `5.1` of a segment after `-`, `.4.1` of a repetition.
    ///
    /// # Errors
    /// As [`Path::parse`].
    pub fn parse(text: &str) -> Result<Member, Error> {
        parse::member(text)
    }

    /// A component.
    #[must_use]
    pub const fn component(component: u16) -> Member {
        Member { field: None, component: Some(component), subcomponent: None }
    }
}

impl std::str::FromStr for Path {
    type Err = Error;
    fn from_str(text: &str) -> Result<Path, Error> {
        Path::parse(text)
    }
}

/// The number `value` if it may stand in a path.
pub(crate) fn number(value: u64, at: usize) -> Result<u16, Error> {
    u16::try_from(value).ok().filter(|number| (1..=NUMBER_MAX).contains(number)).ok_or(Error::InvalidPath {
        code: codes::E1032,
        at,
        text: format!("numbers in a path are from 1 to {NUMBER_MAX}").into(),
        hint: None,
    })
}
