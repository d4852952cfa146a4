//! Code tables: CSV files that turn the codes of one system into those of another.
//!
//! Owns reading (`from,from_name,to,to_system,to_name`, `*` = default, RFC 4180 quoting, columns in any order, further
//! columns kept) and looking up. Promises: a lookup is by hash and without allocation; a table that reads without errors has
//! one row a code and one default at most.

pub(crate) mod csv;

use crate::{codes, list::ValueList, suggest};
use message::{Diagnostic, limits};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// Columns of one table.
pub const COLUMNS_MAX: usize = 64;
/// Findings that are listed for one table; the rest is summed up in one more.
const FINDINGS_MAX: usize = 50;

/// One code table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    name: Arc<str>,
    columns: Vec<Box<str>>,
    text: String,
    /// JSON writes every cell as it is.
    is_plain: bool,
    /// Where each cell ends in `text`, row after row.
    ends: Vec<u32>,
    /// Rows sorted by `from`, the default row left out.
    order: Vec<u32>,
    /// Rows by the hash of `from`, one more than their number; 0 where there is none. Twice as many as rows at least.
    slots: Vec<u32>,
    default: Option<u32>,
    from: usize,
    to: usize,
    to_name: Option<usize>,
    to_system: Option<usize>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub struct Row<'t> {
    table: &'t Table,
    row: u32,
}

impl<'t> Row<'t> {
    /// The code that the row is for.
    #[must_use]
    pub fn code(self) -> &'t str {
        self.table.cell(self.row, self.table.from)
    }
    /// The code of the other system.
    #[must_use]
    pub fn to(self) -> &'t str {
        self.table.cell(self.row, self.table.to)
    }
    /// The display name beside it; `""` when the table has none.
    #[must_use]
    pub fn to_name(self) -> &'t str {
        self.table.to_name.map_or("", |column| self.table.cell(self.row, column))
    }
    /// The code system of `to`; `""` when the table has none.
    #[must_use]
    pub fn to_system(self) -> &'t str {
        self.table.to_system.map_or("", |column| self.table.cell(self.row, column))
    }
    /// A cell of the row as a value of FHIR.
    pub(crate) fn value(self, cell: &'t str) -> fhir::Value<'t> {
        if self.table.is_plain { fhir::Value::Known(fhir::Known::of_plain(cell)) } else { fhir::Value::Text(cell) }
    }
    /// The cell of any column, by its number from [`Table::column`].
    #[must_use]
    pub fn cell(self, column: usize) -> &'t str {
        self.table.cell(self.row, column)
    }
    /// The row is the default, `*`.
    #[must_use]
    pub fn is_default(self) -> bool {
        self.table.default == Some(self.row)
    }
}

impl Table {
    /// Reads a table. With errors among the findings the table is what could be read of it.
    #[must_use]
    pub fn parse(name: &str, file: &Arc<str>, text: &str) -> (Table, Vec<Diagnostic>) {
        let mut reader = Reader { file, found: Vec::new(), hidden: 0 };
        let table = reader.read(name, text);
        if reader.hidden > 0 {
            let more = format!("{} more findings in this table are not listed", reader.hidden);
            reader.found.push(Diagnostic::note(codes::E2324, more).at(file, 0..0, ""));
        }
        (table, reader.found)
    }

    /// The name by which lines refer to it.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }
    /// Number of rows, the default included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() / self.columns.len().max(1)
    }
    /// No rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// The number of a column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| **column == *name)
    }
    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[Box<str>] {
        &self.columns
    }
    /// The row of a code, without the default.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<Row<'_>> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash(code) & mask;
        loop {
            let row = self.slots[at].checked_sub(1)?;
            if self.cell(row, self.from) == code {
                return Some(Row { table: self, row });
            }
            at = (at + 1) & mask;
        }
    }
    /// The row of a code, else the default row, if there is one.
    #[must_use]
    pub fn row(&self, code: &str) -> Option<Row<'_>> {
        self.find(code).or_else(|| self.default.map(|row| Row { table: self, row }))
    }
    /// The codes that rows are found by, in order, without the default.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(|row| self.cell(*row, self.from))
    }
    /// The first row that has this code in `to`, without the default.
    #[must_use]
    pub fn back(&self, code: &str) -> Option<Row<'_>> {
        self.rows().find(|row| !row.is_default() && row.to() == code)
    }
    /// Every row, the default included, in the order of the file.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let count = u32::try_from(self.len()).unwrap_or(u32::MAX);
        (0..count).map(|row| Row { table: self, row })
    }

    /// Fills the slots from the order.
    fn index(&mut self) {
        self.slots = vec![0; if self.order.is_empty() { 0 } else { (self.order.len() * 2).next_power_of_two() }];
        let mask = self.slots.len().wrapping_sub(1);
        for row in &self.order {
            let mut at = hash(self.cell(*row, self.from)) & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = row + 1;
        }
    }

    #[inline]
    fn cell(&self, row: u32, column: usize) -> &str {
        let index = row as usize * self.columns.len() + column;
        let end = self.ends.get(index).copied().unwrap_or(0) as usize;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0) as usize;
        self.text.get(start..end).unwrap_or("")
    }
}

/// Spreads codes over slots.
#[inline]
fn hash(text: &str) -> usize {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let whole =
        chunks.iter().fold(text.len() as u64, |sum, chunk| (sum ^ u64::from_le_bytes(*chunk)).wrapping_mul(FACTOR));
    let last = rest.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    ((whole ^ last).wrapping_mul(FACTOR) >> 32) as usize
}

struct Reader<'f> {
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

    fn read(&mut self, name: &str, text: &str) -> Table {
        let mut records = csv::Records::new(text);
        let mut table = self.header(name, &mut records);
        let mut lines: Vec<u32> = Vec::new();
        for record in records {
            if record.is_blank() {
                continue;
            }
            if record.is_unclosed {
                self.report(
                    Diagnostic::error(codes::E2324, format!("line {}: a quote is not closed", record.line)),
                    record.span,
                );
                break;
            }
            if lines.len() >= limits::TABLE_ROWS_MAX || table.text.len() + text.len() > u32::MAX as usize {
                let what = format!("a table has at most {} rows", limits::TABLE_ROWS_MAX);
                self.report(Diagnostic::error(codes::E2325, what), record.span);
                break;
            }
            if record.cells.len() > table.columns.len() {
                let what = format!(
                    "line {} has {} cells, the header has {}",
                    record.line,
                    record.cells.len(),
                    table.columns.len()
                );
                let hint = "a comma inside a cell needs quotes around the cell";
                self.report(Diagnostic::error(codes::E2324, what).hint(hint), record.span.clone());
            }
            for column in 0..table.columns.len() {
                table.text.push_str(record.cells.get(column).map_or("", |cell| cell));
                table.ends.push(u32::try_from(table.text.len()).unwrap_or(u32::MAX));
            }
            lines.push(record.line);
            self.check_row(&mut table, lines.len() - 1, &lines, record.span);
        }
        if lines.is_empty() && !table.columns.is_empty() {
            self.report(Diagnostic::warning(codes::E2323, "the table has no rows").hint("add `from,to` pairs"), 0..0);
        }
        table.is_plain = fhir::Known::is_plain(&table.text);
        self.sort(&mut table, &lines);
        table
    }

    /// Reads the header and finds the columns with a meaning.
    fn header(&mut self, name: &str, records: &mut csv::Records<'_>) -> Table {
        let mut table = Table {
            name: Arc::from(name),
            columns: Vec::new(),
            text: String::new(),
            is_plain: false,
            ends: Vec::new(),
            order: Vec::new(),
            slots: Vec::new(),
            default: None,
            from: 0,
            to: 0,
            to_name: None,
            to_system: None,
        };
        let Some(header) = records.next() else {
            let hint = "the first line is `from,from_name,to,to_system,to_name`";
            self.report(Diagnostic::error(codes::E2323, "the file is empty").hint(hint), 0..0);
            return table;
        };
        table.columns = header.cells.iter().take(COLUMNS_MAX).map(|cell| Box::from(cell.trim())).collect();
        for (index, column) in table.columns.iter().enumerate() {
            if table.columns[..index].contains(column) {
                let what = format!("two columns are called `{column}`");
                self.report(Diagnostic::error(codes::E2320, what), header.span.clone());
            }
        }
        for needed in ["from", "to"] {
            if table.column(needed).is_none() {
                let mut finding = Diagnostic::error(codes::E2320, format!("the header has no column `{needed}`"));
                finding.hint = suggest::did_you_mean(needed, table.columns.iter().map(|column| &**column))
                    .map(|_| format!("call the column `{needed}`"))
                    .or_else(|| Some("the first line is `from,from_name,to,to_system,to_name`".to_owned()));
                self.report(finding, header.span.clone());
            }
        }
        table.from = table.column("from").unwrap_or(0);
        table.to = table.column("to").unwrap_or(0);
        table.to_name = table.column("to_name");
        table.to_system = table.column("to_system");
        table
    }

    fn check_row(&mut self, table: &mut Table, row: usize, lines: &[u32], span: Range<usize>) {
        let number = u32::try_from(row).unwrap_or(u32::MAX);
        let line = lines.get(row).copied().unwrap_or(0);
        match table.cell(number, table.from) {
            "" => {
                let what = format!("line {line} has no code in `from`");
                self.report(Diagnostic::error(codes::E2324, what).hint("`*` in `from` makes the default row"), span);
            }
            "*" => match table.default {
                Some(first) => {
                    let first = lines.get(first as usize).copied().unwrap_or(0);
                    let what = format!("line {line} is a second default row; the first is line {first}");
                    self.report(Diagnostic::error(codes::E2322, what), span);
                }
                None => table.default = Some(number),
            },
            _ => table.order.push(number),
        }
    }

    /// Sorts the rows for the lookup and finds codes that are there twice.
    fn sort(&mut self, table: &mut Table, lines: &[u32]) {
        let mut order = std::mem::take(&mut table.order);
        order.sort_by(|left, right| {
            table.cell(*left, table.from).cmp(table.cell(*right, table.from)).then(left.cmp(right))
        });
        let line = |row: u32| lines.get(row as usize).copied().unwrap_or(0);
        for pair in order.windows(2) {
            if table.cell(pair[0], table.from) == table.cell(pair[1], table.from) {
                let what = format!("line {} has the same code in `from` as line {}", line(pair[1]), line(pair[0]));
                self.report(Diagnostic::error(codes::E2321, what).hint("a code has one row"), 0..0);
            }
        }
        order.dedup_by(|later, earlier| table.cell(*later, table.from) == table.cell(*earlier, table.from));
        table.order = order;
        table.index();
    }
}

/// The code tables and lists of values that lines may name.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    by_name: BTreeMap<Arc<str>, Arc<Table>>,
    lists: BTreeMap<Arc<str>, Arc<ValueList>>,
}

impl Tables {
    /// Adds a table under its name; an earlier one of that name is replaced and given back.
    pub fn insert(&mut self, table: Table) -> Option<Arc<Table>> {
        self.by_name.insert(table.name.clone(), Arc::new(table))
    }
    /// Takes the tables and lists of another that this one has not.
    pub fn extend_from(&mut self, other: &Tables) {
        for (name, table) in &other.by_name {
            self.by_name.entry(name.clone()).or_insert_with(|| table.clone());
        }
        for (name, list) in &other.lists {
            self.lists.entry(name.clone()).or_insert_with(|| list.clone());
        }
    }
    /// The table of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Table>> {
        self.by_name.get(name)
    }
    /// Every name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }
    /// Adds a list of values under its name; an earlier one of that name is replaced.
    pub fn insert_list(&mut self, list: ValueList) {
        self.lists.insert(list.name().clone(), Arc::new(list));
    }
    /// The list of values of that name.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<&Arc<ValueList>> {
        self.lists.get(name)
    }
    /// Every list of values, by name.
    pub fn lists(&self) -> impl Iterator<Item = &Arc<ValueList>> {
        self.lists.values()
    }
    /// Every table, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.by_name.values()
    }
}

#[cfg(test)]
mod tests;
