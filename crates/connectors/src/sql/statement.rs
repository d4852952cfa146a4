//! A statement as it is written, with `:name` and `:{path}` where values go, and as a database wants it.
//!
//! Promises: values are bound by the database, never put into the text (so nothing in a message can become SQL).

use crate::codes;
use message::Reason;

/// How a database marks the places of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `$1`, the same for the same name.
    PostgreSql,
    /// `?`, one for each place; a backslash escapes inside quotes.
    MySql,
    /// `?1`, the same for the same name.
    Sqlite,
}

/// A statement that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// As the database gets it.
    pub(crate) text: String,
    /// What belongs to each place, in its order.
    pub(crate) places: Vec<String>,
}

impl Statement {
    /// Reads it.
    pub(crate) fn read(setting: &str, sql: &str, dialect: Dialect) -> Result<Statement, Reason> {
        let complain = |why: &str| Err(Reason::new(codes::E6621, format!("`{setting}`: {why}")));
        let mut statement = Statement { text: String::with_capacity(sql.len()), places: Vec::new() };
        let mut rest = sql.trim().trim_end_matches(';');
        if rest.is_empty() {
            return complain("there is no statement");
        }
        while let Some(first) = rest.chars().next() {
            let taken = if let Some(length) = skipped(rest, dialect) {
                statement.text.push_str(&rest[..length]);
                length
            } else if first == ':' {
                match name(rest) {
                    Some((name, length)) if !name.trim().is_empty() => {
                        statement.place(name.trim(), dialect);
                        length
                    }
                    Some(_) => return complain("`:{}` names nothing"),
                    None => {
                        statement.text.push(':');
                        1
                    }
                }
            } else if first == ';' {
                return complain("only one statement; give several as a list: [\"…\", \"…\"]");
            } else {
                statement.text.push(first);
                first.len_utf8()
            };
            rest = &rest[taken..];
        }
        Ok(statement)
    }

    fn place(&mut self, name: &str, dialect: Dialect) {
        let known = self.places.iter().position(|place| place == name);
        let number = match known {
            Some(at) if dialect != Dialect::MySql => at + 1,
            Some(_) | None => {
                self.places.push(name.to_owned());
                self.places.len()
            }
        };
        match dialect {
            Dialect::PostgreSql => self.text.push_str(&format!("${number}")),
            Dialect::MySql => self.text.push('?'),
            Dialect::Sqlite => self.text.push_str(&format!("?{number}")),
        }
    }
}

/// The length of what begins here and holds no places: a comment, something quoted, a `::` of PostgreSQL.
fn skipped(text: &str, dialect: Dialect) -> Option<usize> {
    let until = |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("--") {
        return Some(until(2, "\n"));
    }
    if text.starts_with("/*") {
        return Some(until(2, "*/"));
    }
    if text.starts_with("::") {
        return Some(2);
    }
    let first = text.chars().next()?;
    if matches!(first, '\'' | '"' | '`') {
        return Some(quoted(text, first, dialect == Dialect::MySql && first != '`'));
    }
    if first == '$' && dialect == Dialect::PostgreSql {
        let end = text[1..].find('$')? + 2;
        let tag = &text[..end];
        let is_tag = tag[1..end - 1].chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        return is_tag.then(|| until(end, tag));
    }
    None
}

/// The length of `'it''s'`; a doubled quote is two quoted texts in a row, which comes to the same.
fn quoted(text: &str, quote: char, has_backslash: bool) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if has_backslash => is_escaped = true,
            _ if letter == quote => return at + letter.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// `:name` or `:{path}` and its length.
fn name(text: &str) -> Option<(&str, usize)> {
    if let Some(rest) = text.strip_prefix(":{") {
        let end = rest.find('}')?;
        return Some((&rest[..end], end + 3));
    }
    let rest = &text[1..];
    let is_inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let end = rest.find(|letter| !is_inside(letter)).unwrap_or(rest.len());
    let is_name = rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    is_name.then_some((&rest[..end], end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let check = |dialect, sql: &str, expect: &str, places: &[&str]| {
            let statement = Statement::read("query", sql, dialect).unwrap();
            assert_eq!(
                (&*statement.text, statement.places),
                (expect, places.iter().map(|p| (*p).to_owned()).collect())
            );
        };
        use Dialect::*;
        let sql = "SELECT a::text FROM t WHERE b > :last AND c = ':no' AND d = :last -- :no\n AND e = :{PID-5.1};";
        let expect = "SELECT a::text FROM t WHERE b > $1 AND c = ':no' AND d = $1 -- :no\n AND e = $2";
        check(PostgreSql, sql, expect, &["last", "PID-5.1"]);
        check(MySql, "SET a = :x, b = :y, c = :x", "SET a = ?, b = ?, c = ?", &["x", "y", "x"]);
        check(Sqlite, "SET a = :x, b = :y, c = :x", "SET a = ?1, b = ?2, c = ?1", &["x", "y"]);
        check(PostgreSql, "SELECT $$ :no $$, $t$ :no $t$, :yes", "SELECT $$ :no $$, $t$ :no $t$, $1", &["yes"]);
        check(MySql, r"SELECT 'it\'s :no', :yes", r"SELECT 'it\'s :no', ?", &["yes"]);
        check(PostgreSql, r"SELECT 'back\', :yes", r"SELECT 'back\', $1", &["yes"]);
        check(
            PostgreSql,
            "SELECT 'it''s :no', /* :no */ \":no\", :yes",
            "SELECT 'it''s :no', /* :no */ \":no\", $1",
            &["yes"],
        );
        check(Sqlite, "SELECT a[1:2], ':unclosed", "SELECT a[1:2], ':unclosed", &[]);
    }

    #[test]
    fn what_is_no_statement() {
        let check = |sql: &str| assert_eq!(Statement::read("query", sql, Dialect::Sqlite).unwrap_err().code, "E6621");
        check("");
        check(" ; ");
        check("SELECT 1; DROP TABLE t");
        check("SELECT :{}");
    }
}
