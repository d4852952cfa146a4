//! Which data types a receiver reads as which.

/// Types whose values have the same form, the wider ones first in each row: HL7 renamed them from version to version.
const FAMILIES: &[&[&str]] = &[
    &["DTM", "TS"],
    &["CWE", "CE", "CNE", "CF"],
    &["CX", "CK"],
    &["XPN", "PN", "PPN"],
    &["XAD", "AD", "SAD"],
    &["XTN", "TN"],
    &["XCN", "CN"],
    &["ST", "TX", "FT", "ID", "IS", "GTS", "SNM"],
];

/// What a reader of the first takes without loss, although it is another type: the second.
const WIDER: &[(&str, &str)] = &[
    ("DTM", "DT"),
    ("TS", "DT"),
    ("NM", "SI"),
    ("ST", "NM"),
    ("ST", "SI"),
    ("ST", "DT"),
    ("ST", "DTM"),
    ("ST", "TM"),
    ("CWE", "IS"),
    ("CWE", "ID"),
    ("CWE", "ST"),
    ("CE", "IS"),
    ("CE", "ID"),
    ("CE", "ST"),
    ("HD", "IS"),
    ("HD", "ST"),
    ("EI", "ST"),
    ("CX", "ST"),
    ("XPN", "ST"),
    ("FN", "ST"),
    ("SAD", "ST"),
    ("XON", "ST"),
];

fn family(name: &str) -> Option<usize> {
    FAMILIES.iter().position(|family| family.contains(&name))
}

/// What is sent as `sent` can be read as `read`. Unknown types are not judged.
pub(super) fn fits(sent: &str, read: &str) -> bool {
    let is_unsaid =
        |name: &str| name.is_empty() || name.eq_ignore_ascii_case("varies") || name.starts_with("CM") || name == "-";
    if sent == read || is_unsaid(sent) || is_unsaid(read) {
        return true;
    }
    let is_kin = family(sent).is_some_and(|own| Some(own) == family(read));
    let is_wider = WIDER.iter().any(|(wide, narrow)| {
        let same =
            |known: &str, name: &str| known == name || family(known).is_some_and(|own| Some(own) == family(name));
        same(wide, read) && same(narrow, sent)
    });
    is_kin || is_wider
}

/// A date with its time, whatever the version calls it: its parts need no comparison.
pub(super) fn is_moment(name: &str) -> bool {
    matches!(name, "TS" | "DTM" | "DT")
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn what_can_be_read_as_what() {
        let check = |sent: &str, read: &str, expect: bool| assert_eq!(fits(sent, read), expect, "{sent} as {read}");
        check("CE", "CWE", true);
        check("TS", "DTM", true);
        check("DT", "TS", true);
        check("DTM", "DT", false);
        check("IS", "CE", true);
        check("CWE", "IS", false);
        check("NM", "SI", false);
        check("SI", "NM", true);
        check("varies", "NM", true);
        check("XPN", "XAD", false);
    }
}
