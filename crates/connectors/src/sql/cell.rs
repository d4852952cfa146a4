//! A value of a database, and how it is written in JSON.
//!
//! | in the database | in JSON |
//! |---|---|
//! | NULL | `null` |
//! | boolean | `true`, `false` |
//! | whole numbers | a number |
//! | decimals | a text with exactly the digits that the database has, because readers of JSON round numbers |
//! | floating point | the shortest number that is the same; `"NaN"`, `"Infinity"` as text |
//! | text, uuid, enumerations, xml | a text |
//! | json | as it is |
//! | date, time, timestamp | ISO 8601: `2026-03-01`, `07:08:09.5`, `2026-03-01T07:08:09.5`, with `Z` or an offset where the type has a zone |
//! | binary | Base64 (RFC 4648 §4) |
//! | arrays of PostgreSQL | an array |

use crate::codes;
use base64::{Engine, engine::general_purpose::STANDARD};
use message::Reason;
use serde_json::Value;
use std::fmt::Write;

/// A value, read or to be bound.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Already JSON.
    Json(String),
    List(Vec<Cell>),
}

/// Rows of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Cell {
    /// As a text, where it has one: what a watermark is compared by, and what databases read that convert texts.
    pub(crate) fn to_text(&self) -> Option<String> {
        match self {
            Cell::Null => None,
            Cell::Bool(value) => Some(value.to_string()),
            Cell::Int(value) => Some(value.to_string()),
            Cell::Unsigned(value) => Some(value.to_string()),
            Cell::Float(value) => Some(value.to_string()),
            Cell::Text(text) | Cell::Json(text) => Some(text.clone()),
            Cell::Bytes(bytes) => Some(STANDARD.encode(bytes)),
            Cell::List(_) => Some(self.to_json()),
        }
    }

    /// The bytes of a column that holds whole messages.
    pub(crate) fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Cell::Bytes(bytes) => Some(bytes),
            other => other.to_text().map(String::into_bytes),
        }
    }

    /// About how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Cell::Null | Cell::Bool(_) | Cell::Int(_) | Cell::Unsigned(_) | Cell::Float(_) => 8,
            Cell::Text(text) | Cell::Json(text) => text.len(),
            Cell::Bytes(bytes) => bytes.len(),
            Cell::List(cells) => cells.iter().map(Cell::size).sum(),
        }
    }

    /// In JSON.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Cell::Null => out.push_str("null"),
            Cell::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            // Writing to a text does not fail.
            Cell::Int(value) => drop(write!(out, "{value}")),
            Cell::Unsigned(value) => drop(write!(out, "{value}")),
            Cell::Float(value) => write_float(*value, out),
            Cell::Text(text) => write_text(text, out),
            Cell::Bytes(bytes) => write_text(&STANDARD.encode(bytes), out),
            Cell::Json(text) => out.push_str(text),
            Cell::List(cells) => {
                out.push('[');
                for (number, cell) in cells.iter().enumerate() {
                    if number > 0 {
                        out.push(',');
                    }
                    cell.write(out);
                }
                out.push(']');
            }
        }
    }

    /// What a page of the notebook or a message says.
    pub(crate) fn of_json(value: &Value) -> Cell {
        match value {
            Value::Null => Cell::Null,
            Value::Bool(value) => Cell::Bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(value), _, _) => Cell::Int(value),
                (None, Some(value), _) => Cell::Unsigned(value),
                (None, None, Some(value)) => Cell::Float(value),
                (None, None, None) => Cell::Text(number.to_string()),
            },
            Value::String(text) => Cell::Text(text.clone()),
            Value::Array(_) | Value::Object(_) => Cell::Json(value.to_string()),
        }
    }
}

impl Rows {
    /// One row as an object, its properties in the order of the columns.
    pub(crate) fn object(columns: &[String], row: &[Cell]) -> String {
        let mut out = String::from("{");
        for (number, (name, cell)) in columns.iter().zip(row).enumerate() {
            if number > 0 {
                out.push(',');
            }
            write_text(name, &mut out);
            out.push(':');
            cell.write(&mut out);
        }
        out.push('}');
        out
    }

    /// Where a column is.
    pub(crate) fn column(columns: &[String], name: &str) -> Option<usize> {
        columns
            .iter()
            .position(|column| column == name)
            // Databases fold the case of names that are not quoted, each in its own way.
            .or_else(|| columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }

    /// Two properties of one name would be one.
    pub(crate) fn check(columns: &[String]) -> Result<(), Reason> {
        let twice = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name));
        match twice {
            None => Ok(()),
            Some((_, name)) => {
                let text = format!("`query` gives two columns `{name}`; name one of them with AS");
                Err(Reason::new(codes::E6621, text))
            }
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    // A text is always JSON.
    out.push_str(&Value::String(text.to_owned()).to_string());
}

fn write_float(value: f64, out: &mut String) {
    match serde_json::Number::from_f64(value) {
        Some(number) => out.push_str(&number.to_string()),
        None if value.is_nan() => out.push_str("\"NaN\""),
        None => out.push_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_json() {
        let check = |cell: Cell, expect: &str| assert_eq!(cell.to_json(), expect);
        check(Cell::Null, "null");
        check(Cell::Bool(true), "true");
        check(Cell::Int(i64::MIN), "-9223372036854775808");
        check(Cell::Unsigned(u64::MAX), "18446744073709551615");
        check(Cell::Float(0.1), "0.1");
        check(Cell::Float(f64::NAN), "\"NaN\"");
        check(Cell::Float(f64::NEG_INFINITY), "\"-Infinity\"");
        check(Cell::Text("a \"b\"\n\u{1}ä".to_owned()), "\"a \\\"b\\\"\\n\\u0001ä\"");
        check(Cell::Bytes(b"any carnal pleas".to_vec()), "\"YW55IGNhcm5hbCBwbGVhcw==\"");
        check(Cell::Json("{\"a\": 1.50}".to_owned()), "{\"a\": 1.50}");
        check(Cell::List(vec![Cell::Int(1), Cell::Null]), "[1,null]");
    }

    #[test]
    fn a_row_is_an_object() {
        let columns = ["Id".to_owned(), "name".to_owned()];
        assert_eq!(Rows::object(&columns, &[Cell::Int(1), Cell::Text("Anna".into())]), "{\"Id\":1,\"name\":\"Anna\"}");
        assert_eq!(Rows::column(&columns, "id"), Some(0));
        assert!(Rows::check(&columns).is_ok() && Rows::check(&["a".to_owned(), "a".to_owned()]).is_err());
    }
}
