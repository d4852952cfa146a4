//! What a test expects against what was processed.

use super::*;
use crate::compile::tests::{A01, flow, load};

/// One `expect` line over what was processed; `with` lines come before it.
fn check(lines: &str, processed: &[Processed], expect: Result<(), &str>) {
    let test = format!("test \"t\" {{\n  given samples/a01.hl7\n{lines}\n}}");
    let text = flow("keep when event = A01\nsend rx {\n mllp a:1\n}", &test);
    let (workspace, findings) = load(&text);
    assert!(!findings.iter().any(message::Diagnostic::is_error), "{findings:#?}");
    let case = workspace.tests.iter().find(|case| &*case.name == "t").unwrap();
    let verdict = evaluate(case, workspace.definition("demo").unwrap(), processed);
    let found = verdict.failures.first().map(|failure| failure.found.as_str());
    assert_eq!(found, expect.err(), "{lines}");
    assert_eq!(verdict.is_passed(), expect.is_ok(), "{lines}");
}

fn routed(to: &[(&str, &str)]) -> Processed {
    let outputs = to.iter().map(|(name, text)| (Name::from(*name), Bytes::copy_from_slice(text.as_bytes())));
    Processed {
        end: End::Routed,
        outputs: outputs.collect(),
        acknowledgment: Some(AckCode::AA),
        notes: Vec::new(),
        issues: Vec::new(),
    }
}

fn ended(end: End) -> Processed {
    Processed { end, outputs: Vec::new(), acknowledgment: Some(AckCode::AA), notes: Vec::new(), issues: Vec::new() }
}

#[test]
fn what_goes_out() {
    let one = [routed(&[("archive", A01)])];
    check("expect archive sent", &one, Ok(()));
    check("expect archive sent 1", &one, Ok(()));
    check("expect archive sent 2", &one, Err("1 sent to archive"));
    check("expect rx sent", &one, Err("nothing went to rx; the message was routed elsewhere"));
    check("expect rx nothing", &one, Ok(()));
    check("expect archive nothing", &one, Err("1 planned"));
    check("expect nothing", &one, Err("1 planned"));
    check("expect archive PID-5.1 = Quist", &one, Ok(()));
    check("expect archive PID-5.1 = Doe", &one, Err("PID-5.1 is \"Quist\""));
    check("expect archive PID-8 = F", &one, Err("PID-8 is empty"));
    check("expect archive not PID-5.1 = Quist", &one, Err("the condition does not hold"));
    check("expect rx PID-5.1 = Quist", &one, Err("nothing went to rx; the message was routed elsewhere"));
    let two = [routed(&[("archive", A01)]), routed(&[("archive", &A01.replace("Quist", "Doe"))])];
    check("expect archive sent 2", &two, Ok(()));
    check("expect archive PID-5.1 = Quist", &two, Err("PID-5.1 is \"Doe\""));
}

#[test]
fn files_compare_by_segment() {
    let check_output = |output: &str, expect| {
        check("expect archive matches samples/a01.hl7", &[routed(&[("archive", output)])], expect);
    };
    check_output(A01, Ok(()));
    check_output(&A01.replace('\r', "\n"), Ok(()));
    check_output(&A01.replace("Quist", "Doe"), Err("segment 2 differs: PID"));
    check_output(&A01.replace("PV1|1|I|4W\r", ""), Err("segment 3 is missing: PV1"));
    check_output(&format!("{A01}ZZZ|1\r"), Err("segment 4 is one too many: ZZZ"));
}

#[test]
fn how_a_message_ends() {
    let filtered = [ended(End::Filtered { rule: "keep when event = A01".into() })];
    check("expect filtered", &filtered, Ok(()));
    check("expect filtered by keep", &filtered, Ok(()));
    check("expect filtered by drop", &filtered, Err("the message was filtered by `keep when event = A01`"));
    check("expect nothing", &filtered, Ok(()));
    check(
        "expect archive sent",
        &filtered,
        Err("nothing went to archive; the message was filtered by `keep when event = A01`"),
    );
    let parked = [ended(End::Parked { code: "E2401".into() })];
    check("expect parked", &parked, Ok(()));
    check("expect rejected with E2401", &parked, Ok(()));
    check("expect rejected with E2404", &parked, Err("the message was parked with E2401"));
    let refused = [ended(End::Refused { code: "E5001".into() })];
    check("expect rejected with E5001", &refused, Ok(()));
    check("expect parked", &refused, Err("the message was refused with E5001"));
    check("expect acknowledged AA", &parked, Ok(()));
    check("expect acknowledged AE", &parked, Err("the sender got AA"));
    let issue = |code: &str| (code.into(), "PID-8".to_owned());
    let invalid = [Processed {
        issues: vec![issue("p:require-PID-8"), issue("E1117")],
        ..ended(End::Refused { code: "E5015".into() })
    }];
    check("expect rejected with E5015", &invalid, Ok(()));
    check("expect rejected with p:require-PID-8", &invalid, Ok(()));
    check("expect noted E1117 at PID-8", &invalid, Ok(()));
    check("expect rejected with E1126", &invalid, Err("the message was refused with E5015 for p:require-PID-8, E1117"));
    check("expect filtered", &[], Err("there was no message"));
}

#[test]
fn how_partners_behave() {
    let one = [routed(&[("archive", A01), ("rx", A01)])];
    check("with rx refuses-connections\nexpect rx queued 1\nexpect archive sent 1", &one, Ok(()));
    check("with rx refuses-connections\nexpect rx sent", &one, Err("0 sent to rx"));
    check("with rx replies AE\nexpect rx parked\nexpect parked", &one, Ok(()));
    check("with rx replies AE\nexpect rx sent", &one, Err("0 sent to rx"));
    check("with rx replies AR\nexpect rx queued 1", &one, Ok(()));
    check("with rx replies AA\nexpect rx sent 1", &one, Ok(()));
    check("with rx is-slow 5s\nexpect rx sent 1", &one, Ok(()));
    check("expect rx parked", &one, Err("nothing is parked at rx"));
    check("expect rx queued 1", &one, Err("0 waiting"));
}

#[test]
fn notes() {
    let note = |path: &str| Diagnostic::warning(hl7v2::codes::E1150, "gone").at_path(path, None);
    let one = [Processed { notes: vec![note("PID-31"), note("NTE-4")], ..routed(&[]) }];
    check("expect noted E1150", &one, Ok(()));
    check("expect noted E1150 at NTE-4", &one, Ok(()));
    check("expect noted E1150 at NTE-5", &one, Err("noted was E1150 at PID-31, and 1 more"));
    check("expect noted E1151", &one, Err("noted was E1150 at PID-31, and 1 more"));
    check("expect noted E1151", &[routed(&[])], Err("nothing was noted"));
}
