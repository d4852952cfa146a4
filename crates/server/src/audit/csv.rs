//! Records as rows for spreadsheets.
//!
//! Promises: no cell is a formula (CWE-1236): what a person typed must not run where somebody else opens the file.

use super::Record;

/// The first line.
pub const HEAD: &str = "number,at,who,act,object,reason,origin,refused,patients,hash";

/// A cell: quoted, and with an apostrophe before what a spreadsheet would calculate (OWASP ASVS 5.0 §1.2.10).
#[must_use]
pub fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠']);
    let text = text.replace('"', "\"\"");
    if is_formula { format!("\"'{text}\"") } else { format!("\"{text}\"") }
}

/// A record as a line, without its end.
#[must_use]
pub fn line(record: &Record) -> String {
    let patients = record.patients.join(" ");
    let texts = [&record.at, &record.who, &record.act, &record.object, &record.reason, &record.origin];
    let cells: Vec<String> = texts.into_iter().map(|text| cell(text)).collect();
    format!("{},{},{},{},{}", record.number, cells.join(","), record.is_refused, cell(&patients), cell(&record.hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for bad in ["=1+1", "+A1", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert!(cell(bad).starts_with("\"'"), "{bad:?}");
        }
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        let record = Record { reason: "=HYPERLINK(\"x\")".into(), ..super::super::sample() };
        assert!(line(&record).contains("\"'=HYPERLINK(\"\"x\"\")\""), "{}", line(&record));
    }
}
