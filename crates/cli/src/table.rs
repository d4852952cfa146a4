//! Tables for people: columns as wide as their longest cell, aligned, with a bold head on a terminal.

use crate::screen::Screen;

/// Rows under a head.
pub struct Table {
    head: Vec<&'static str>,
    is_right: Vec<bool>,
    rows: Vec<Vec<Cell>>,
}

/// A cell: its text, and the SGR style it is painted in.
pub struct Cell(pub String, pub &'static str);

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell(text.into(), "")
    }
}

impl Table {
    /// Column names; a leading `>` aligns the column to the right.
    pub fn new(head: &[&'static str]) -> Table {
        Table {
            head: head.iter().map(|name| name.trim_start_matches('>')).collect(),
            is_right: head.iter().map(|name| name.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// There is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines. On a pipe the head is left out of nothing: the lines are the same, without colours.
    pub fn lines(&self, screen: &Screen) -> Vec<String> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.0.chars().count());
            cells.chain(std::iter::once(self.head.get(column).map_or(0, |name| name.len()))).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let head: Vec<Cell> = self.head.iter().map(|name| Cell((*name).to_owned(), "1")).collect();
        std::iter::once(&head).chain(&self.rows).map(|row| self.line(screen, row, &widths)).collect()
    }

    fn line(&self, screen: &Screen, row: &[Cell], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, Cell(text, style)) in row.iter().enumerate() {
            let gap = widths.get(column).copied().unwrap_or(0).saturating_sub(text.chars().count());
            let is_last = column + 1 == row.len();
            let text = if style.is_empty() { text.clone() } else { screen.paint(style, text) };
            if self.is_right.get(column).copied().unwrap_or(false) {
                line.push_str(&" ".repeat(gap));
                line.push_str(&text);
            } else {
                line.push_str(&text);
                if !is_last {
                    line.push_str(&" ".repeat(gap));
                }
            }
            if !is_last {
                line.push_str("  ");
            }
        }
        line
    }

    /// Prints.
    pub fn print(&self, screen: &Screen) {
        self.lines(screen).iter().for_each(|line| screen.line(line));
    }
}

/// `1.2 s`, `5m`, `3h`: an age for a table, from microseconds.
pub fn age(micros: i64) -> String {
    let seconds = micros.max(0) / 1_000_000;
    match seconds {
        0..=9 => format!("{:.1}s", micros.max(0) as f64 / 1e6),
        10..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        7_200..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `1 interface`, `2 interfaces`.
pub fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
