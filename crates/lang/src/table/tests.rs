//! Tables of code tables: text, findings, lookups.

use super::*;

fn read(text: &str) -> (Table, Vec<String>) {
    let (table, found) = Table::parse("units", &Arc::from("units.csv"), text);
    (table, found.iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect())
}

#[test]
fn looks_up() {
    let (table, found) = read("to,from,note\r\n4W,4WEST,\"a, \"\"b\"\"\nc\"\r\nX,*,\r\n5E,5EAST,\r\n");
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(table.len(), 3);
    assert_eq!(table.find("4WEST").map(Row::to), Some("4W"));
    assert_eq!(table.find("5EAST").map(Row::to), Some("5E"));
    assert_eq!(table.row("nowhere").map(|row| (row.to(), row.is_default())), Some(("X", true)));
    assert!(table.find("nowhere").is_none() && table.find("*").is_none());
    let note = table.column("note").unwrap();
    assert_eq!(table.find("4WEST").map(|row| row.cell(note)), Some("a, \"b\"\nc"));
}

#[test]
fn findings() {
    let check = |text: &str, expect: &[&str]| assert_eq!(read(text).1, expect, "{text}");
    check("", &["E2323 the file is empty"]);
    check("from,to\n", &["E2323 the table has no rows"]);
    check("From,to\nA,B\n", &["E2320 the header has no column `from`"]);
    check("from,to,to\nA,B\n", &["E2320 two columns are called `to`"]);
    check("from,to\nA,B\nC,D\nA,E\n", &["E2321 line 4 has the same code in `from` as line 2"]);
    check("from,to\n*,B\n*,D\n", &["E2322 line 3 is a second default row; the first is line 2"]);
    check("from,to\nA,\"B\n", &["E2324 line 2: a quote is not closed", "E2323 the table has no rows"]);
    check("from,to\nA,B,C\n", &["E2324 line 2 has 3 cells, the header has 2"]);
    check("from,to\n,B\n", &["E2324 line 2 has no code in `from`"]);
    check("\u{feff}from,to\n\nA,B", &[]);
}

#[test]
fn many_findings_are_summed_up() {
    let mut text = String::from("from,to\n");
    for _ in 0..200 {
        text.push_str(",x\n");
    }
    let (_, found) = read(&text);
    assert_eq!(found.len(), 51);
    assert!(found[50].contains("150 more"));
}
