//! The assertion language, predicates, and who statements belong to.

use super::{check, errors, profile, report};
use message::Severity;

/// Constraints of one owner.
fn context(level: &str, by: &str, statements: &str) -> String {
    format!(
        "<ConformanceContext UUID='T'><Constraints><{level}><{by}>{statements}</{}></{level}></Constraints></ConformanceContext>",
        by.split(' ').next().unwrap_or_default()
    )
}

fn statement(assertion: &str) -> String {
    let constraint = format!(
        "<Constraint ID='T-1' Target='4[1]'><Description>It SHALL be so</Description><Assertion>{assertion}</Assertion></Constraint>"
    );
    context("Segment", "ByID ID='OBX_T'", &constraint)
}

/// Whether an assertion about OBX breaks for each of some segments.
fn broken(assertion: &str, cases: &[(&str, bool)]) {
    let profile = profile(&[&statement(assertion)]);
    for (fields, expect) in cases {
        let found = errors(&profile, &format!("OBR|1\rOBX|{fields}\r"));
        assert_eq!(
            found.iter().any(|issue| issue.starts_with("T-1 ")),
            *expect,
            "{assertion} on OBX|{fields}: {found:?}"
        );
    }
}

#[test]
fn values_at_a_path() {
    broken("<Presence Path='4[1]'/>", &[("||C|x", false), ("||C", true), ("||C|\"\"", false)]);
    let text = "<PlainText Path='4[1]' Text='Ab' IgnoreCase='false'/>";
    broken(text, &[("||C|Ab", false), ("||C|ab", true), ("||C", false), ("||C|\\X4162\\", false)]);
    broken("<PlainText Path='4[1]' Text='Ab' IgnoreCase='true'/>", &[("||C|aB", false), ("||C|b", true)]);
    broken(
        "<PlainText Path='4[1]' Text='A' IgnoreCase='false' NotPresentBehavior='FAIL'/>",
        &[("||C", true), ("||C|A", false)],
    );
    broken("<PlainText Path='4[1]' Text='A' IgnoreCase='false' NotPresentBehavior='INCONCLUSIVE'/>", &[("||C", false)]);
    broken("<Format Path='4[1]' Regex='[A-Z]{2}'/>", &[("||C|AB", false), ("||C|ABC", true), ("||C|aAB", true)]);
    broken("<StringList Path='4[1]' CSV='A,B'/>", &[("||C|B", false), ("||C|C", true)]);
    broken("<StringList Path='4[1]' CSV='A,B' IgnoreCase='true'/>", &[("||C|b", false), ("||C|c", true)]);
    let numbers = "<NumberList Path='7[*]' CSV='1,2.5' AtLeastOnce='true'/>";
    broken(numbers, &[("||C||||2.50~3", false), ("||C||||3", true), ("||C||||1~x", true)]);
    broken("<NumberList Path='7[1]' CSV='1,2.5'/>", &[("||C||||2.50", false), ("||C||||3", true), ("||C||||x", true)]);
    broken("<StringFormat Path='4[1]' Format='LOINC'/>", &[("||C|2345-7", false), ("||C|2345-8", true)]);
    broken("<StringFormat Path='4[1]' Format='SNOMED'/>", &[("||C|73211009", false), ("||C|73211008", true)]);
}

#[test]
fn how_many_values() {
    let one = "<PlainText Path='7[*]' Text='1' IgnoreCase='false'";
    broken(&format!("{one}/>"), &[("||C||||1~1", false), ("||C||||1~2", true)]);
    broken(&format!("{one} AtLeastOnce='true'/>"), &[("||C||||2~1", false), ("||C||||2~2", true)]);
    broken(&format!("{one} Min='1' Max='2'/>"), &[("||C||||1~1~3", false), ("||C||||1~1~1", true), ("||C||||2", true)]);
}

#[test]
fn comparisons() {
    let simple = |operator: &str, kind: &str| {
        format!("<SimpleValue Path='7[1]' Operator='{operator}' Value='10' Type='{kind}'/>")
    };
    broken(&simple("GT", "Number"), &[("||C||||11", false), ("||C||||9", true), ("||C||||x", false)]);
    broken(&simple("LE", "Number"), &[("||C||||10.0", false), ("||C||||10.1", true)]);
    broken(&simple("NE", "Number"), &[("||C||||10.0", true)]);
    let same = "<PathValue Path1='4[1]' Operator='EQ' Path2='3[1].1[1]'/>";
    broken(same, &[("||C|C", false), ("||C|D", true), ("||C", true), ("||^x", false)]);
    let later = "<PathValue Path1='9[1].1[1]' Operator='GE' Path2='8[1].1[1]'/>";
    broken(later, &[("||C|||||20260101|202601011200", false), ("||C|||||20260102|20260101", true)]);
    let exact = "<SimpleValue Path='7[1]' Operator='EQ' Value='10' Type='Number' IdenticalEquality='true'/>";
    broken(exact, &[("||C||||10", false), ("||C||||10.0", true)]);
    let cut = "<SimpleValue Path='7[1]' Operator='EQ' Value='10.5' Type='Number' Truncated='true'/>";
    broken(cut, &[("||C||||10", false), ("||C||||10.51", false), ("||C||||10.6", true)]);
    let same_day = "<PathValue Path1='9[1].1[1]' Operator='EQ' Path2='8[1].1[1]' Truncated='true'/>";
    broken(same_day, &[("||C|||||20260101|202601011200", false), ("||C|||||20260102|202601011200", true)]);
    // A text beside a number is read as one.
    let mixed = "<PathValue Path1='4[1]' Operator='EQ' Path2='7[1]'/>";
    broken(mixed, &[("||C|2.0|||2", false), ("||C|2.0|||2.5", true), ("||C|x|||x", false)]);
    let any = "<PathValue Path1='4[1]' Operator='EQ' Path2='7[*]' Path2Mode='AtLeastOne'/>";
    broken(any, &[("||C|2|||1~2", false), ("||C|3|||1~2", true)]);
    let whole = "<ComplexPathValue Path1='3[1]' Operator='EQ' Path2='6[1]'/>";
    broken(whole, &[("||C^x^S|||C^x^S", false), ("||C^x^S|||C^y^S", true), ("||C^x^S|||C^x", true), ("||C|||", true)]);
    broken(&whole.replace("/>", " Strict='false'/>"), &[("||C^x^S|||C^x", false), ("||C^x|||D^x", true)]);
}

#[test]
fn combinations() {
    let (a, b) = ("<PlainText Path='4[1]' Text='A' IgnoreCase='false'/>", "<Presence Path='6[1]'/>");
    let cases = |both: bool, first: bool, second: bool, none: bool| {
        [("||C|A||U", both), ("||C|A", first), ("||C|B||U", second), ("||C|B", none)]
    };
    for word in ["AND", "FORALL"] {
        broken(&format!("<{word}>{a}{b}</{word}>"), &cases(false, true, true, true));
    }
    for word in ["OR", "EXIST"] {
        broken(&format!("<{word}>{a}{b}</{word}>"), &cases(false, false, false, true));
    }
    broken(&format!("<XOR>{a}{b}</XOR>"), &cases(true, false, false, true));
    broken(&format!("<IMPLY>{a}{b}</IMPLY>"), &cases(false, true, false, false));
    broken(&format!("<NOT>{b}</NOT>"), &cases(true, false, true, false));
    broken(&format!("<FORALL>{a}{b}<Presence Path='7[1]'/></FORALL>"), &[("||C|A||U|1", false), ("||C|A||U", true)]);
    let inside = |more: &str| format!("<SubContext Path='6[*]'{more}><Presence Path='3[1]'/></SubContext>");
    broken(&inside(""), &[("||C|||U^u^S~V^v^S", false), ("||C|||U^u^S~V", true), ("||C", false)]);
    broken(&inside(" AtLeastOnce='true'"), &[("||C|||U^u^S~V", false), ("||C|||U~V", true)]);
    broken(&inside(" MinOccurrence='2' MaxOccurrence='*'"), &[("||C|||U^u^S~V", true)]);
    // What cannot be applied breaks nothing, and neither does its opposite.
    for unknown in [
        "<Presence Path='4[1].3[1]'/>",
        "<NOT><Presence Path='4[1].3[1]'/></NOT>",
        "<Plugin QualifiedClassName='a.B'/>",
    ] {
        let text = statement(unknown);
        let sources = [super::PROFILE, &text].map(|text| crate::profile::Source { name: "x", bytes: text.as_bytes() });
        let profile = crate::profile::Profile::read(&sources).0.expect("a profile");
        assert!(errors(&profile, "OBR|1\rOBX|||C|x\r").is_empty(), "{unknown}");
    }
}

#[test]
fn numbers_null_and_value_sets() {
    broken("<isNULL Path='4[1]'/>", &[("||C|\"\"", false), ("||C|x", true)]);
    let set = "<ValueSet Path='3[1]' ValueSetID='SERVICES' BindingStrength='R' BindingLocation='1'/>";
    broken(set, &[("||A^a^LOCAL", false), ("||Q^q^LOCAL", true), ("||E^e^LOCAL", true), ("||A^a^OTHER", true)]);
    // A part of a coded element has no code system of its own; nor has the name of an authority.
    let part = "<ValueSet Path='3[1].1[1]' ValueSetID='SERVICES' BindingStrength='R' BindingLocation='1'/>";
    broken(part, &[("||A^a^LOCAL", false), ("||A^a^OTHER", false), ("||Q^q^LOCAL", true)]);
    let authority = statement("<ValueSet Path='4[1]' ValueSetID='SERVICES' BindingStrength='R' BindingLocation='1'/>")
        .replace("OBX_T", "CX");
    let of_type = authority.replace("<Segment>", "<Datatype>").replace("</Segment>", "</Datatype>");
    check(&[&of_type], "PID|||1^^^A&ISO~2^^^B\rOBR|1\r", &[]);
    check(&[&of_type], "PID|||1^^^A&ISO~2^^^Q\rOBR|1\r", &["T-1 PID-3[2].4"]);
    let profile = profile(&[&statement("<SetID Path='1[1]'/>")]);
    assert!(errors(&profile, "OBR|1\rOBX|1||C\rOBX|1||C\r").is_empty(), "OBX is the first of each observation");
    let group = context(
        "Group",
        "ByID ID='OBSERVATION_T'",
        "<Constraint ID='T-2' Target='1[1].1[1]'><Description>In order.</Description><Assertion><SetID Path='1[1].1[1]'/></Assertion></Constraint>",
    );
    check(&[&group], "OBR|1\rOBX|1||C\rOBX|2||C\r", &[]);
    check(&[&group], "OBR|1\rOBX|1||C\rOBX|3||C\rOBR\rOBX|1||C\r", &["T-2 OBX[2]-1"]);
    check(&[&group], "OBR|1\rOBX|01||C\r", &["T-2 OBX-1"]);
    let all = context(
        "Message",
        "ByID ID='RES'",
        "<Constraint ID='T-3'><Description>d</Description><Assertion><IZSetID Parent='3[*]' Element='3[*].1[1].1[1]'/></Assertion></Constraint>",
    );
    check(&[&all], "OBR|1\rOBX|1||C\rOBX|2||C\rOBR\rOBX|1||C\r", &[]);
    check(&[&all], "OBR|1\rOBX|1||C\rOBX|2||C\rOBR\rOBX|3||C\r", &[]);
    check(&[&all], "OBR|1\rOBX|1||C\rOBX|2||C\rOBR\rOBX|2||C\r", &["T-3 ORDER"]);
}

#[test]
fn owners_and_severities() {
    let by = |level: &str, by: &str, path: &str| {
        context(
            level,
            by,
            &format!(
                "<Constraint ID='T-4'><Description>d</Description><Assertion><Presence Path='{path}'/></Assertion></Constraint>"
            ),
        )
    };
    let line = "PID|||1~2\rOBR|1\rOBX|||C\r";
    check(&[&by("Segment", "ByName Name='OBX'", "4[1]")], line, &["T-4 OBX-4"]);
    check(&[&by("Datatype", "ByID ID='CX'", "4[1].2[1]")], line, &["T-4 PID-3.4.2", "T-4 PID-3[2].4.2"]);
    check(&[&by("Datatype", "ByName Name='CWE'", "3[1]")], line, &["T-4 OBX-3.3"]);
    check(&[&by("Group", "ByName Name='ORDER'", "3[1].1[1].6[1]")], line, &["T-4 OBX-6"]);
    check(&[&by("Message", "ByName Name='ORU_R01'", "2[1].7[1]")], line, &["T-4 PID-7"]);
    check(&[&by("Message", "ByID ID='RES_SHORT'", "2[1].7[1]")], line, &[]);
    let severity = |attribute: &str| {
        let text = statement("<Presence Path='4[1]'/>").replace("ID='T-1'", &format!("ID='T-1' {attribute}"));
        report(&profile(&[&text]), line).issues.iter().find(|issue| issue.code == "T-1").map(|issue| issue.severity)
    };
    assert_eq!(severity(""), Some(Severity::Error));
    assert_eq!(severity("Classification='W'"), Some(Severity::Warning));
    assert_eq!(severity("Classification='A'"), Some(Severity::Note));
    assert_eq!(severity("Strength='SHOULD'"), Some(Severity::Warning));
    assert_eq!(severity("Strength='SHALL'"), Some(Severity::Error));
}

#[test]
fn predicates() {
    let predicate = |target: &str, usages: [&str; 2], condition: &str| {
        format!(
            "<ConformanceContext UUID='T'><Predicates><Segment><ByID ID='OBR_T'><Predicate ID='[OBR_T]x' Target='{target}' TrueUsage='{}' \
             FalseUsage='{}'><Description>If it is so</Description><Condition>{condition}</Condition></Predicate></ByID></Segment>\
             </Predicates></ConformanceContext>",
            usages[0], usages[1]
        )
    };
    let placer = "<Presence Path='2[1]'/>";
    let needed = predicate("3[1]", ["R", "X"], placer);
    check(&[&needed], "OBR||P|F\r", &[]);
    check(&[&needed], "OBR||P\r", &["[OBR_T]x OBR-3"]);
    check(&[&needed], "OBR|||F\r", &["[OBR_T]x OBR-3"]);
    check(&[&needed], "OBR|1\r", &[]);
    // Below a parent that is missing or null nothing is asked.
    let part = predicate("3[1].4[1]", ["R", "O"], placer);
    check(&[&part], "OBR||P\r", &[]);
    check(&[&part], "OBR||P|\"\"\r", &[]);
    check(&[&part], "OBR||P|F\r", &["[OBR_T]x OBR-3.4"]);
    check(&[&predicate("6[*]", ["X", "O"], placer)], "OBR||P||||C~D\r", &["[OBR_T]x OBR-6", "[OBR_T]x OBR-6[2]"]);
    let unnamed = needed.replace("ID='[OBR_T]x' ", "");
    check(&[&unnamed], "OBR||P\r", &["[OBR_T]3[1] OBR-3"]);
}

#[test]
fn programs_and_pairs() {
    let program = |class: &str, description: &str| {
        let constraint = format!(
            "<Constraint ID='T-5'><Description>{description}</Description><Assertion><Plugin QualifiedClassName='{class}'/></Assertion></Constraint>"
        );
        context("Message", "ByID ID='RES'", &constraint)
    };
    let unique = program(
        "a.B",
        "The value of OBR-2 (Number) SHALL NOT be valued identical to another instance of OBR-2 (Number) in the message.",
    );
    check(&[&unique], "OBR||P^^^N\rOBR||P^^^M\r", &[]);
    check(&[&unique], "OBR||P^^^N\rOBR||P^^^N^\r", &["T-5 "]);
    let form = program(
        "a.OBX_3a",
        "If OBX-3.3 is valued 'LN', OBX-3.1 (Identifier) SHALL be a valid LOINC code identifier format.",
    );
    check(&[&form], "OBR|1\rOBX|||2345-7^x^LN\r", &[]);
    check(&[&form], "OBR|1\rOBX|||2345-8^x^LN\r", &["T-5 "]);
    check(&[&form], "OBR|1\rOBX|||2345-8^x^L\r", &[]);
    let pairs = "<ConformanceContext UUID='T'><CoConstraints><Segment><ByID ID='OBX_T'><CoConstraint><Description>Weight is in kg</Description>\
        <Assertion><PlainCoConstraint KeyPath='3[1].1[1]' KeyValue='W'><PlainText Path='6[1].1[1]' Text='kg' IgnoreCase='false'/>\
        </PlainCoConstraint></Assertion></CoConstraint></ByID></Segment></CoConstraints></ConformanceContext>";
    check(&[pairs], "OBR|1\rOBX|||W|||kg\rOBX|||H|||cm\r", &[]);
    check(&[pairs], "OBR|1\rOBX|||W|||lb\r", &["E1093 OBX-6.1"]);
}
