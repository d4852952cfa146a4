//! Lists of values: the patients of a study, the facilities of a region; `in list:NAME` asks for one of them.
//!
//! Owns reading. A `.txt` file has one value on each line; a `.csv` file has a header, and its values stand in the column
//! `value`, else in the first one. Blanks around a value do not belong to it, lines that begin with `#` are for people.
//! Promises: to ask costs the same whether the list has ten values or a million; values compare as they are written.
//! Never: shows a value, because a value may be a patient's number (R10).

use crate::{codes, table::csv};
use message::Diagnostic;
use std::{collections::HashMap, fmt, ops::Range, sync::Arc};

/// Values of one list.
const VALUES_MAX: usize = 1_000_000;
/// Bytes of one value: more is no identifier.
const VALUE_BYTES_MAX: usize = 256;
/// Findings that are told of one list; the rest is summed up in one more.
const FINDINGS_MAX: usize = 20;

/// One list of values.
#[derive(Clone)]
pub struct ValueList {
    name: Arc<str>,
    /// With the line of each.
    values: HashMap<Box<str>, u32>,
}

impl fmt::Debug for ValueList {
    /// Without values (R10).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueList {{ {}, {} values }}", self.name, self.values.len())
    }
}

impl ValueList {
    /// Reads a list; `file` decides by its ending how it is written. With errors among the findings the list is what
    /// could be read of it.
    #[must_use]
    pub fn parse(name: &str, file: &Arc<str>, text: &str) -> (ValueList, Vec<Diagnostic>) {
        let list = ValueList { name: name.into(), values: HashMap::new() };
        let mut reader = Reader { list, file, found: Vec::new(), hidden: 0 };
        if file.ends_with(".csv") {
            reader.columns(text)
        } else {
            reader.lines(text)
        }
        if reader.list.values.is_empty() && reader.found.is_empty() {
            let finding = Diagnostic::warning(codes::E2621, "the list is empty: no message is in it");
            reader.report(finding.hint("write one value on each line"), 0..0);
        }
        if reader.hidden > 0 {
            let more = format!("{} more findings in this list are not listed", reader.hidden);
            reader.found.push(Diagnostic::note(codes::E2621, more).at(file, 0..0, ""));
        }
        (reader.list, reader.found)
    }

    /// The name by which lines refer to it.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The list has this value.
    #[must_use]
    pub fn contains(&self, value: &str) -> bool {
        self.values.contains_key(value)
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// No values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Every value in a fixed order, for who counts or hashes them.
    #[must_use]
    pub fn sorted(&self) -> Vec<&str> {
        let mut values: Vec<&str> = self.values.keys().map(|value| &**value).collect();
        values.sort_unstable();
        values
    }
}

struct Reader<'f> {
    list: ValueList,
    file: &'f Arc<str>,
    found: Vec<Diagnostic>,
    hidden: usize,
}

impl Reader<'_> {
    fn report(&mut self, finding: Diagnostic, span: Range<usize>) {
        if self.found.len() < FINDINGS_MAX {
            self.found.push(finding.at(self.file, span, ""));
        } else {
            self.hidden += 1;
        }
    }

    fn lines(&mut self, text: &str) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut start = 0;
        for (line, written) in (1u32..).zip(text.split('\n')) {
            let span = start..start + written.trim_end().len();
            start += written.len() + 1;
            if !self.add(written, line, span) {
                return;
            }
        }
    }

    fn columns(&mut self, text: &str) {
        let mut records = csv::Records::new(text);
        let Some(header) = records.next().filter(|header| !header.is_blank()) else {
            let finding = Diagnostic::error(codes::E2621, "the file has no header");
            return self.report(finding.hint("the first line names the columns: `value,remark`"), 0..0);
        };
        let column = header.cells.iter().position(|cell| cell.trim() == "value").unwrap_or(0);
        for record in records {
            if record.is_unclosed {
                let finding = Diagnostic::error(codes::E2621, format!("line {}: a quote is not closed", record.line));
                return self.report(finding, record.span);
            }
            let value = record.cells.get(column).map_or("", |cell| cell);
            if !self.add(value, record.line, record.span) {
                return;
            }
        }
    }

    /// `false` when there is no room for more.
    fn add(&mut self, written: &str, line: u32, span: Range<usize>) -> bool {
        let value = written.trim();
        if value.is_empty() || value.starts_with('#') {
            return true;
        }
        if value.len() > VALUE_BYTES_MAX {
            let what = format!("line {line} is longer than {VALUE_BYTES_MAX} bytes, so it is no value");
            self.report(Diagnostic::error(codes::E2621, what).hint("write one value on each line"), span);
            return true;
        }
        if self.list.values.len() >= VALUES_MAX {
            let what = format!("a list has at most {VALUES_MAX} values");
            self.report(Diagnostic::error(codes::E2621, what), span);
            return false;
        }
        if let Some(first) = self.list.values.get(value) {
            let what = format!("line {line} has the value of line {first} again");
            self.report(Diagnostic::warning(codes::E2622, what).hint("leave one of them out"), span);
            return true;
        }
        self.list.values.insert(value.into(), line);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(file: &str, text: &str) -> (ValueList, Vec<String>) {
        let (list, found) = ValueList::parse("vip", &file.into(), text);
        (list, found.iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect())
    }

    #[test]
    fn one_value_a_line() {
        let (list, found) = parse("vip.txt", "\u{feff}# study 7\n4711\r\n\n  00048812  \nNORTH CLINIC\n");
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(list.sorted(), ["00048812", "4711", "NORTH CLINIC"]);
        assert!(list.contains("4711") && !list.contains("471") && !list.contains("48812") && !list.contains(""));
    }

    #[test]
    fn a_column_of_a_csv() {
        let (list, found) = parse("vip.csv", "remark,value\n\"a, b\",4711\nx,\n# note,9\n");
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(list.sorted(), ["4711", "9"]);
        let (list, _) = parse("vip.csv", "mrn,name\n7,Quist\n");
        assert_eq!(list.sorted(), ["7"], "the first column, where none is called value");
    }

    #[test]
    fn what_is_wrong_is_told_by_line_and_never_by_value() {
        let check = |file: &str, text: &str, expect: &str| {
            let (list, found) = parse(file, text);
            assert!(found.join("\n").contains(expect), "{found:?}");
            assert!(!format!("{found:?}{list:?}").contains("Quist"), "{found:?}");
        };
        check("vip.txt", "Quist\nb\nQuist\n", "E2622 line 3 has the value of line 1 again");
        check("vip.txt", "# nothing\n", "E2621 the list is empty");
        check("vip.csv", "", "E2621 the file has no header");
        check("vip.csv", "value\n\"Quist\n", "E2621 line 2: a quote is not closed");
        check("vip.txt", &"Quist".repeat(60), "E2621 line 1 is longer than 256 bytes");
        check("vip.txt", &"Quist\n".repeat(40), "19 more findings");
    }
}
