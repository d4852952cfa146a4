//! What a site says of a format: separators, header and columns of rows; the places that a JSON or XML message has.

use crate::charset::Charset;
use std::sync::Arc;

/// A description of a format, and the usual one of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Its name: `lab-csv`; for the usual one that of the format.
    pub name: Arc<str>,
    /// How columns are told apart.
    pub columns_by: Columns,
    /// The first row names the columns.
    pub has_header: bool,
    /// The columns, in order. None: as the header has them.
    pub columns: Vec<Column>,
    /// How bytes are characters.
    pub charset: Option<Charset>,
    /// What stands behind each row that is written.
    pub line_end: LineEnd,
    /// Places that there are, beside columns; none: any.
    pub places: Vec<Place>,
    /// Prefixes of namespaces, with what they stand for. The prefix `""` is that of elements without one.
    pub namespaces: Vec<(Arc<str>, Arc<str>)>,
    /// JSON and XML are written with line ends and blanks between their parts.
    pub is_indented: bool,
}

/// How columns are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// By a character between them; a column that holds it stands in quotes.
    Separator {
        /// `,`
        separator: char,
        /// `"`; none: no column can hold a separator.
        quote: Option<char>,
    },
    /// By where they stand in the line.
    Position,
}

/// What ends a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnd {
    /// CR LF, as RFC 4180 has it.
    #[default]
    CrLf,
    /// LF.
    Lf,
    /// CR.
    Cr,
}

impl LineEnd {
    /// Its characters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LineEnd::CrLf => "\r\n",
            LineEnd::Lf => "\n",
            LineEnd::Cr => "\r",
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What lines call it.
    pub name: Arc<str>,
    /// What the header calls it.
    pub header: Arc<str>,
    /// First and last character in the line, from 1, where columns are told apart by that.
    pub at: Option<(usize, usize)>,
    /// Text stands at the right of its place.
    pub is_right: bool,
    /// What fills its place.
    pub fill: char,
}

impl Column {
    /// A column that the header calls as lines do.
    #[must_use]
    pub fn named(name: &str) -> Column {
        Column { name: name.into(), header: name.into(), at: None, is_right: false, fill: ' ' }
    }
}

/// A place of a JSON or XML message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The names on the way, `@id` for an attribute: `patient`, `name`, `family`.
    pub names: Vec<Arc<str>>,
    /// Which of them stand several times.
    pub repeats: Vec<bool>,
    /// Of JSON: what is written there.
    pub kind: Option<Simple>,
}

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simple {
    /// `"…"`
    Text,
    /// `12.5`
    Number,
    /// `true`
    Truth,
}

impl Layout {
    /// Comma, quotes, a header.
    #[must_use]
    pub fn csv() -> Layout {
        Layout::separated("csv", ',')
    }
    /// Tabs, quotes, a header.
    #[must_use]
    pub fn tsv() -> Layout {
        Layout::separated("tsv", '\t')
    }
    /// The usual one of a format that has no rows.
    #[must_use]
    pub fn plain(name: &str) -> Layout {
        Layout { has_header: false, ..Layout::separated(name, ',') }
    }

    fn separated(name: &str, separator: char) -> Layout {
        Layout {
            name: name.into(),
            columns_by: Columns::Separator { separator, quote: Some('"') },
            has_header: true,
            columns: Vec::new(),
            charset: None,
            line_end: LineEnd::default(),
            places: Vec::new(),
            namespaces: Vec::new(),
            is_indented: false,
        }
    }

    /// As this one, but with the separator that the content itself seems to have.
    #[must_use]
    pub fn for_content(&self, head: &[u8]) -> Layout {
        match (crate::detect::separator_of(head), self.columns_by) {
            (Some(found), Columns::Separator { quote, .. }) => {
                Layout { columns_by: Columns::Separator { separator: found.into(), quote }, ..self.clone() }
            }
            (None, _) | (Some(_), Columns::Position) => self.clone(),
        }
    }

    /// The column of that name, and its number from 0.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns.iter().enumerate().find(|(_, column)| *column.name == *name)
    }

    /// It says which places there are.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        !self.columns.is_empty() || !self.places.is_empty()
    }
}
