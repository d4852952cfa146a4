//! Columns: aligns neighbouring lines and writes them out. Works on characters, knows no tokens.

/// First words up to this many characters are aligned; a longer one stands for itself.
const WORD_CHARS_MAX: usize = 12;
/// Targets of assignments that are aligned.
const TARGET_CHARS_MAX: usize = 32;
/// Values of assignments before whose first step a column is kept.
const VALUE_CHARS_MAX: usize = 24;
/// Lines up to this many characters share a column for comments.
const COMMENTED_CHARS_MAX: usize = 72;

/// What a line holds.
pub(super) enum Content {
    Empty,
    /// A comment alone; lines around it stay neighbours.
    Comment(String),
    /// Not aligned: block starts and ends, statements of several lines.
    Fixed(String),
    /// A word and the rest.
    Plain(Vec<String>),
    /// Target, `= value`, and the steps if there are any.
    Assignment(Vec<String>),
}

/// A line before it is written.
pub(super) struct Line {
    pub(super) indent: usize,
    pub(super) content: Content,
    /// The comment behind it.
    pub(super) comment: Option<String>,
}

/// Aligns the lines and joins them, each with a line end.
pub(super) fn write(mut lines: Vec<Line>, newline: &str) -> String {
    align_cells(&mut lines);
    let texts: Vec<String> = lines.iter().map(text).collect();
    let mut out = String::new();
    let mut column = 0;
    for (number, line) in lines.iter().enumerate() {
        out.push_str(&texts[number]);
        if let Some(comment) = &line.comment {
            let is_first = number == 0 || lines[number - 1].comment.is_none();
            if is_first {
                column = comment_column(&lines[number..], &texts[number..]);
            }
            let width = width(&texts[number]);
            let gap = if matches!(line.content, Content::Comment(_)) { 0 } else { 2.max(column.saturating_sub(width)) };
            out.extend(std::iter::repeat_n(' ', gap));
            out.push_str(comment);
        }
        out.push_str(newline);
    }
    out
}

/// Characters of the last line of `text`: a block text may go over several.
fn width(text: &str) -> usize {
    text.rsplit('\n').next().unwrap_or("").chars().count()
}

/// The column in which the comments of the lines from here on stand, as far as they follow one another.
fn comment_column(lines: &[Line], texts: &[String]) -> usize {
    let group = lines.iter().zip(texts).take_while(|(line, _)| line.comment.is_some());
    let widths = group.map(|(_, text)| width(text)).filter(|width| *width <= COMMENTED_CHARS_MAX);
    widths.max().map_or(0, |widest| widest + 2)
}

fn text(line: &Line) -> String {
    let indent = "  ".repeat(line.indent);
    match &line.content {
        Content::Empty => String::new(),
        Content::Comment(text) | Content::Fixed(text) => indent + text,
        Content::Plain(cells) | Content::Assignment(cells) => indent + &cells.join(" "),
    }
}

/// Neighbours of the same kind and level form a run.
fn align_cells(lines: &mut [Line]) {
    let mut start = 0;
    while start < lines.len() {
        let mut end = start + 1;
        if is_aligned(&lines[start]) {
            while end < lines.len() && continues(&lines[start], &lines[end]) {
                end += 1;
            }
            align_run(&mut lines[start..end]);
        }
        start = end;
    }
}

fn is_aligned(line: &Line) -> bool {
    matches!(line.content, Content::Plain(_) | Content::Assignment(_))
}

fn continues(first: &Line, next: &Line) -> bool {
    let is_same_kind = std::mem::discriminant(&first.content) == std::mem::discriminant(&next.content);
    first.indent == next.indent && (is_same_kind || matches!(next.content, Content::Comment(_)))
}

fn align_run(run: &mut [Line]) {
    let is_assignment = matches!(run[0].content, Content::Assignment(_));
    let limits: &[usize] = if is_assignment { &[TARGET_CHARS_MAX, VALUE_CHARS_MAX] } else { &[WORD_CHARS_MAX] };
    for (column, limit) in limits.iter().enumerate() {
        let width_of = |cells: &Vec<String>| cells.get(column).map_or(0, |cell| cell.chars().count());
        let has_more = |cells: &&mut Vec<String>| cells.len() > column + 1;
        let widest = cells_of(run).filter(has_more).map(|cells| width_of(cells)).filter(|width| width <= limit).max();
        for cells in cells_of(run).filter(has_more) {
            let missing = widest.unwrap_or(0).saturating_sub(width_of(cells));
            cells[column].extend(std::iter::repeat_n(' ', missing));
        }
    }
}

fn cells_of(run: &mut [Line]) -> impl Iterator<Item = &mut Vec<String>> {
    run.iter_mut().filter_map(|line| match &mut line.content {
        Content::Plain(cells) | Content::Assignment(cells) => Some(cells),
        Content::Empty | Content::Comment(_) | Content::Fixed(_) => None,
    })
}
