//! Tables of conditions over one message: what holds, what is refused, what is warned of.

use super::*;
use crate::{Run, Scope, Tables, path::ReadPath, steps::tests::example_tables, syntax};
use hl7v2::Message;
use message::{Diagnostic, Timestamp};

const NOW: Timestamp = Timestamp(1_772_348_889_000_000);

const MESSAGE: &str = "MSH|^~\\&|LAB|NORTH|||20260301||ADT^A01|1|P|2.5.1\r\
    PID|1||77^^^NORTH^MR~88^^^SOUTH^PI||Doe^Jane||19991231|F|||\"\"\r\
    PV1|1|I|4WEST^12\r\
    OBX|1|NM|GLU||5.50||||||F|||202603010800+0100\r\
    OBX|2|NM|NA||140||||||P\r\
    OBX|3|ST|TXT||see note\r";

fn parse(text: &str, tables: &Tables) -> (Option<Condition>, Vec<Diagnostic>) {
    let (tree, mut found) = syntax::parse("interface.flow", format!("when {text}"));
    let scope = Scope::new(tables);
    let mut cursor = syntax::Cursor::new(&tree, &tree.statements[0]);
    cursor.take();
    let condition = Condition::parse(&mut cursor, &scope, &mut found);
    assert!(condition.is_none() || cursor.is_done(), "{text}: something is left over");
    (condition, found)
}

fn check(text: &str, expect: bool) {
    let tables = example_tables();
    let (condition, found) = parse(text, &tables);
    assert!(found.is_empty(), "{text}: {found:?}");
    let (message, _) = Message::parse(MESSAGE);
    let mut run = Run::new(NOW, 7);
    assert_eq!(condition.unwrap().holds(&View::new(&message), &mut run), Ok(expect), "{text}");
}

fn told(text: &str, is_error: bool, expect: &str) {
    let tables = example_tables();
    let (condition, found) = parse(text, &tables);
    let texts: Vec<String> =
        found.iter().map(|f| format!("{} {} ({})", f.code, f.message, f.hint.as_deref().unwrap_or(""))).collect();
    assert!(texts.iter().any(|text| text.contains(expect)), "{text}: {texts:?}");
    assert_eq!(found.iter().any(Diagnostic::is_error), is_error, "{text}: {texts:?}");
    assert_eq!(condition.is_none(), is_error, "{text}");
}

#[test]
fn comparisons() {
    check("PV1-2 = I", true);
    check("PV1-2 = \"I\"", true);
    check("PV1-2 != I", false);
    check("PV1-2 != O", true);
    check("PID-99 != O", true);
    check("PID-99 = O", false);
    check("OBX[1]-5 = 5.5", true);
    check("OBX[1]-5 > 5", true);
    check("OBX[2]-5 > 15", true);
    check("OBX[2]-5 <= 140", true);
    check("OBX[3]-5 > 9", false);
    check("OBX[3]-5 < 9", false);
    check("OBX[3]-5 > now", false);
    check("PV1-3.1 < 5", false);
    check("PV1-3.1 < \"5A\"", true);
    check("PID-7 < 2000", true);
    check("PID-7 = 1999", true);
    check("PID-7 >= 20000101", false);
    check("OBX-14 <= 202603010700+0000", true);
    check("PID-7 < now", true);
    check("now > 2020", true);
    check("PID-3[1].1 < PID-3[2].1", true);
    check("MSH-4 = PID-3.4", true);
    check("PV1-3.1 = 4WEST", true);
}

#[test]
fn several_values() {
    check("PID-3.5 = PI", true);
    check("PID-3.5 != PI", false);
    check("any PID-3.5 != PI", true);
    check("PID-3.5 not in [PI, MR]", false);
    check("any PID-3.5 not in [PI]", true);
    check("PID-3[1].5 = PI", false);
    check("PID-3[.5=PI].1 = 88", true);
    check("PID-3[*].1 = 88", true);
    check("OBX-11 = F", true);
    check("all OBX-11 = F", false);
    check("all OBX-2 in [NM, ST]", true);
    check("all OBX-11 in [F, P]", false);
    check("all OBX[1]-11 = F", true);
    check("all NTE-3 = x", true);
    check("any NTE-3 = x", false);
    check("all OBX-2 != XX", true);
    check("count OBX > 2", true);
    check("count PID-3 = 2", true);
    check("count PID-3 != 2", false);
    check("count NTE = 0", true);
    check("count OBX-11 < 3", true);
}

#[test]
fn words() {
    check("event in [A01, A04]", true);
    check("event not in [A01, A04]", false);
    check("event not in [A02]", true);
    check("PV1-3.1 in table:units", true);
    check("PV1-3.2 in table:units", false);
    check("PID-8 in table:sexes", true);
    check("patient matches \"^7+$\"", true);
    check("patient not matches \"^7+$\"", false);
    check("OBX-5 starts see", true);
    check("OBX-5 ends with note", true);
    check("OBX-5 contains \"e n\"", true);
    check("OBX-5 not contains urgent", true);
    check("PID-8 exists", true);
    check("PID-9 exists", false);
    check("PID-9 empty", true);
    check("PID-11 exists", true);
    check("PID-11 is null", true);
    check("PID-11 is not null", false);
    check("PID-9 is null", false);
    check("PID-9 is empty", true);
    check("PID-8 is not empty", true);
    check("PID-8 not empty", true);
    check("OBX exists", true);
    check("NTE exists", false);
    check("NTE empty", true);
    check("ZPD-1 empty", true);
    check("type = ADT and facility = NORTH and application = LAB and version = 2.5.1", true);
    check("visit empty", true);
}

#[test]
fn logic() {
    check("PV1-2 = I and PID-8 = F", true);
    check("PV1-2 = O and PID-8 = F or PID-8 = F", true);
    check("PV1-2 = O and (PID-8 = F or PID-8 = F)", false);
    check("not PV1-2 = O", true);
    check("not (PV1-2 = I and PID-8 = M)", true);
    check("not not PV1-2 = I", true);
}

#[test]
fn steps_on_the_left() {
    check("PID-7 | age >= 26", true);
    check("PID-7 | age < 18", false);
    check("PID-5.1 | upper = DOE and PID-8 = F", true);
    check("PID-3[*].1 | count = 2", true);
    check("PV1-3.1 | code units = 4W", true);
}

#[test]
fn refused() {
    told("", true, "E2201 a condition is missing here");
    told("PID-19", true, "E2201 a comparison is missing (did you mean `PID-19 exists`?");
    told("PV1-2 = ", true, "E2201 something to compare with is missing");
    told("PV1-2 == I", true, "E22");
    told("PV1-2 equals I", true, "E2202 `equals` is no comparison (did you mean `=`?)");
    told("PV1-2 contians I", true, "did you mean `contains`?");
    told("PV1-2 in A01", true, "E2201 a list is missing after `in`");
    told("PV1-2 in secret:x", true, "E2201 `in` takes a list, `table:NAME` or `list:NAME`");
    told("PV1-2 in table:unit", true, "E2209 there is no code table `unit` (did you mean `units`?)");
    told("PV1-2 matches \"[\"", true, "E2203");
    told("PV1-2 matches \"(a{1000}){1000}\"", true, "E2203");
    told("valid under ihe", true, "E2205");
    told("exists PID-19", true, "the path comes first: `PID-19 exists`");
    told("pid-5 = x", true, "did you mean `PID-5`?");
    told("evnt = A01", true, "E2105 `evnt` is not a path (did you mean `event`?)");
    told("name.family = x", true, "E2106");
    told("OBX = x", true, "E2105 a whole segment");
    told("count OBX", true, "E2201 `count` needs a comparison");
    told("(PV1-2 = I", true, "E2");
    told("PV1-2 is I", true, "E2202 after `is`");
    told("PID-3[+] exists", true, "E2104");
    told("PV1-2 = pid-5", true, "did you mean `PID-5`?");
}

#[test]
fn warned() {
    told("PV1-2 in []", false, "E2204 this is never true: the list is empty");
    told("event in [A01, A01]", false, "E2204 `A01` is in this list twice");
    told("event = A01 and event = A02", false, "E2204 this is never true");
    told("PV1-2 != I or PV1-2 != O", false, "E2204 this is always true");
    told("\"A\" = A", false, "E2204 this does not depend on the message");
    told("PID-5 = PID-5", false, "E2204 both sides are the same path");
    told("PID-19 = \"\"", false, "E2211");
    told("PVI-2 = I", false, "E2102 the standard has no segment `PVI` (did you mean `PV1`?");
    told("PIX exists", false, "E2102");
    let (_, found) = parse("PID-3.5 = MR and PID-3.5 = PI", &Tables::default());
    assert!(found.is_empty(), "two repetitions can be both");
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}PV1-2 = I{}", "not ".repeat(500), "");
    told(&deep, true, "E2308");
    let wide = vec!["PV1-2 = I"; 2000].join(" or ");
    told(&wide, true, "E2308");
}

#[test]
fn fuel_bounds_a_condition() {
    let (condition, _) = parse("count OBX > 2", &Tables::default());
    let (message, _) = Message::parse(MESSAGE);
    let mut run = Run::new(NOW, 7);
    run.fuel = 3;
    assert_eq!(
        condition.unwrap().holds(&View::new(&message), &mut run).map_err(|fault| fault.code),
        Err(crate::codes::E2404)
    );
}

/// F26: what would take for ever elsewhere is refused or done in one pass.
#[test]
fn regular_expressions_are_bounded() {
    told("PID-5 matches \"((a{100}){100}){100}\"", true, "E2203");
    told("PID-5 matches \"(a)\\\\1\"", true, "E2203");
    let (condition, _) = parse("NTE-3 matches \"^(a+)+$\"", &Tables::default());
    let text = format!("MSH|^~\\&|A|B|C|D|1||ORU^R01|M1|P|2.5.1\rNTE|1||{}b\r", "a".repeat(1_000_000));
    let (message, _) = Message::parse(text.into_bytes());
    assert_eq!(condition.unwrap().holds(&View::new(&message), &mut Run::new(NOW, 7)).ok(), Some(false));
}

#[test]
fn a_plain_test_reads_a_path_directly() {
    let (condition, _) = parse("PV1-2 = I", &Tables::default());
    assert!(matches!(
        condition.map(|condition| condition.node),
        Some(Node::Test(Test { operand: Operand::Read(ReadPath::Message(_)), .. }))
    ));
}

fn with_list() -> Tables {
    let mut tables = Tables::default();
    let (list, found) = crate::ValueList::parse("study", &Arc::from("study.txt"), "7\n00048812\n");
    assert!(found.is_empty());
    tables.insert_list(list);
    tables
}

#[test]
fn a_list_of_values() {
    let holds = |text: &str| {
        let tables = with_list();
        let (condition, found) = parse(text, &tables);
        assert!(found.is_empty(), "{found:?}");
        let (message, _) = Message::parse("MSH|^~\\&|A|B|C|D|1||ADT^A01|M1|P|2.5.1\rPID|1||9^^^N^MR~7^^^N^PI\r");
        condition.unwrap().holds(&View::new(&message), &mut Run::new(NOW, 7)).unwrap()
    };
    assert!(holds("PID-3.1 in list:study"), "one of the repetitions is in it");
    assert!(!holds("PID-3[1].1 in list:study"));
    assert!(holds("PID-3[1].1 not in list:study"));
    assert!(holds("PID-3[2].1 in list:study and all PID-3.5 in [MR, PI]"));
    assert!(!holds("PID-18.1 in list:study"), "what is not there is in no list");
    let (none, found) = parse("PID-3.1 in list:studie", &with_list());
    assert!(none.is_none());
    assert!(format!("{found:?}").contains("did you mean `study`?"), "{found:?}");
}

#[test]
fn time_of_day() {
    let check = |text: &str, now: &str, expect: bool| {
        let (condition, found) = parse(text, &Tables::default());
        assert!(found.is_empty(), "{found:?}");
        let now: jiff::Timestamp = now.parse().unwrap();
        let (message, _) = Message::parse(MESSAGE);
        let mut run = Run::new(Timestamp(now.as_microsecond()), 7);
        assert_eq!(condition.unwrap().holds(&View::new(&message), &mut run), Ok(expect), "{text} {now}");
    };
    let work = "at \"Mon-Fri 07:00-19:00\" zone Europe/Berlin";
    // Monday; Berlin is two hours ahead of UTC in summer, one in winter.
    check(work, "2026-07-06T04:59:59Z", false);
    check(work, "2026-07-06T05:00:00Z", true);
    check(work, "2026-07-06T17:00:00Z", false);
    check(work, "2026-01-05T05:30:00Z", false);
    check(work, "2026-01-05T06:00:00Z", true);
    check(work, "2026-07-05T10:00:00Z", false);
    check(&format!("not {work}"), "2026-07-05T10:00:00Z", true);
    check(&format!("not {work} or PV1-2 = X"), "2026-07-06T10:00:00Z", false);
    check("at \"22:00-06:00\" zone UTC", "2026-07-06T23:00:00Z", true);
    told("at", true, "E2623 hours are missing after `at`");
    told("at \"Mon-Fry\" zone UTC", true, "E2623 `Mon-Fry` names no hours: `Mon-Fry` is no day");
    told(
        "at \"Mon\" zone Europe/Berlni",
        true,
        "E2625 there is no time zone `Europe/Berlni` (did you mean `Europe/Berlin`?)",
    );
    told("at \"Mon\"", false, "E2624 these hours are read in UTC");
}

#[test]
fn a_condition_is_explained_part_by_part() {
    let explain = |text: &str| {
        let (condition, _) = parse(text, &with_list());
        let condition = condition.unwrap();
        let (message, _) =
            Message::parse("MSH|^~\\&|A|B|C|D|1||ADT^A01|M1|P|2.5.1\rPID|1||9^^^N^MR~7^^^N^PI\rPV1|1|I|4W\r");
        let mut run = Run::new(Timestamp(0), 7);
        let view = View::new(&message);
        let parts = condition.explain(&view, &mut run);
        let told: Vec<String> = parts
            .iter()
            .map(|part| {
                let values: Vec<&str> = part.values.iter().flatten().map(|value| &*value.text).collect();
                format!("{} -> {} [{}]", part.text, part.holds.clone().unwrap(), values.join(" "))
            })
            .collect();
        told.join("; ")
    };
    assert_eq!(
        explain("PV1-2 = E and (PID-3.1   in list:study or not event = A03)"),
        "PV1-2 = E -> false [I]; PID-3.1 in list:study -> true [9 7]; not event = A03 -> true [A01]"
    );
    assert_eq!(explain("not (PV1-2 = I or PID-19 exists)"), "PV1-2 = I -> true [I]; PID-19 exists -> false []");
    assert_eq!(explain("count PID-3 > 1 and PID exists"), "count PID-3 > 1 -> true [2]; PID exists -> true []");
    assert_eq!(explain("not not PV1-2 = I"), "PV1-2 = I -> true [I]");
    assert_eq!(explain("PV1-3.1 | lower = 4w"), "PV1-3.1 | lower = 4w -> true [4w]");
    assert_eq!(explain("at \"Thu\" zone Europe/Berlin"), "at \"Thu\" zone Europe/Berlin -> true [Thu 01:00]");
}
