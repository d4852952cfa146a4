//! What is right becomes data.

use super::{A01, flow, load, load_with};
use crate::{
    case::{Expected, With},
    definition::{Acknowledge, AlertCondition, Definition, GiveUp, Order, Step, Then},
    replies::{Action, Answer},
};
use hl7v2::Path;
use message::AckCode;
use std::{sync::Arc, time::Duration};

fn definition(text: &str) -> Arc<Definition> {
    let (workspace, findings) = load(text);
    assert!(!findings.iter().any(message::Diagnostic::is_error), "{findings:#?}");
    workspace.definitions[0].clone()
}

#[test]
fn the_head() {
    let text =
        flow("critical 1\ndescription \"Why\"\nindex accession OBR-3.1\nalert silent 20m during \"Mon-Fri\" page", "");
    let it = definition(&text);
    assert_eq!((&*it.name, &*it.title, &*it.description, it.critical), ("demo", "Demo", "Why", 1));
    assert_eq!((&*it.owner.team, &*it.owner.contact, &*it.owner.oncall), ("Team", "it@example.org", "5-0100"));
    assert_eq!((&*it.place.file, it.place.line), ("interfaces/demo/interface.flow", 1));
    assert_eq!(it.index, [(Arc::from("accession"), lang::Locus::V2(Path::parse("OBR-3.1").unwrap()))]);
    assert_eq!(it.silent_after(), Some(Duration::from_secs(1200)));
    assert!(it.alerts[0].is_page && it.alerts[0].condition == AlertCondition::Silent(Duration::from_secs(1200)));
    assert_eq!(definition(&flow("", "")).critical, 2);
}

#[test]
fn receiving() {
    let plain = definition(&flow("", "")).receive.clone();
    assert_eq!((plain.connector, &*plain.settings.address), ("mllp", "127.0.0.1:2575"));
    assert_eq!((plain.acknowledge, plain.order), (Acknowledge::AfterStored, Order::Source));
    assert_eq!(plain.size_max, 64 << 20);
    assert_eq!(plain.duplicate_window, Some(Duration::from_secs(7 * 86_400)));
    assert_eq!(plain.settings.count("connections"), 1024, "defaults are filled in");
    assert!(plain.settings.flag("keep-alive"));
    let text = flow("", "").replacen(
        "receive mllp 2575",
        "receive mllp localhost:2600 idle 5s {\n ack none\n order by PID-3[.5=MR].1\n limit size 1MiB\n duplicates off\n clients [a, b]\n}",
        1,
    );
    let stated = definition(&text).receive.clone();
    assert_eq!(&*stated.settings.address, "localhost:2600");
    assert_eq!(
        (stated.acknowledge, stated.order),
        (Acknowledge::None, Order::By(lang::Locus::V2(Path::parse("PID-3[.5=MR].1").unwrap())))
    );
    assert_eq!((stated.size_max, stated.settings.count("limit")), (1 << 20, 1 << 20), "one limit, one value");
    assert_eq!(stated.duplicate_window, None);
    assert_eq!(stated.settings.duration("idle"), Duration::from_secs(5));
    assert_eq!(stated.settings.list("clients").len(), 2);
}

#[test]
fn steps_keep_their_order_and_their_lines() {
    let it = definition(&flow(
        "keep  when event in [A01, A08]   # why\nset PID-5.1 = \"X\"\ndrop when PV1-3.1 = \"TEST\"",
        "",
    ));
    let kinds: Vec<&str> = it
        .steps
        .iter()
        .map(|step| match step {
            Step::Validate { .. } => "validate",
            Step::Keep { rule, .. } => {
                assert_eq!((&*rule.text, rule.place.line), ("keep when event in [A01, A08]", 4));
                "keep"
            }
            Step::Drop { rule, .. } => {
                assert_eq!(&*rule.text, "drop when PV1-3.1 = \"TEST\"");
                "drop"
            }
            Step::Edit(_) => "edit",
            Step::Split(_) => "split",
            Step::Route(_) => "route",
        })
        .collect();
    assert_eq!(kinds, ["keep", "edit", "drop"]);
}

#[test]
fn sending() {
    let block = "send rx {\n when PV1-2 = \"I\"\n mllp rx01.example.org:6661 timeout 20s\n set MSH-5 = \"RX\"\n map maps/pharmacy.map\n \
                 retry from 2s to 5m give-up 12h then park\n order by PID-3.1\n lanes 4\n replies { AE hold  AE 207 retry }\n \
                 priority stat when event = A01\n}";
    let it = definition(&flow(block, ""));
    let rx = it.destination("rx").unwrap();
    assert_eq!((rx.connector, &*rx.settings.address, rx.lanes), ("mllp", "rx01.example.org:6661", 4));
    assert_eq!(rx.settings.duration("timeout"), Duration::from_secs(20));
    assert!(rx.when.is_some() && rx.priority.is_some());
    assert_eq!(rx.programs.len(), 2);
    assert_eq!(rx.retry.delay_min, Duration::from_secs(2));
    assert_eq!(rx.retry.give_up, GiveUp::After(Duration::from_secs(12 * 3600), Then::Park));
    assert_eq!(rx.replies.decide(&Answer::Acknowledged { code: AckCode::AE, conditions: vec![] }, 0), Action::Hold);
    let archive = it.destination("archive").unwrap();
    assert_eq!((archive.lanes, archive.retry.give_up), (1, GiveUp::Never), "a strict order has one lane");
    let keyed = definition(&flow("", "").replacen("mllp 2575", "mllp 2575 order by PID-3.1", 1));
    assert_eq!(keyed.destination("archive").unwrap().lanes, crate::compile::send::LANES_DEFAULT);
}

#[test]
fn the_version_follows_what_decides() {
    let version = |text: &str, more: &[(&str, &str)]| load_with(text, more).0.definitions[0].version;
    let plain = flow("translate PV1-3.1 with units missing keep\nmap maps/pharmacy.map", "");
    let first = version(&plain, &[]);
    assert_eq!(first, version(&plain.replace("owner", "# a comment\n  owner"), &[]), "comments do not count");
    assert_eq!(
        first,
        version(&format!("{plain}\ntest \"more\" {{\n given samples/a01.hl7\n expect archive sent\n}}"), &[])
    );
    assert_ne!(first, version(&plain.replace("2575", "2576"), &[]));
    assert_ne!(first, version(&plain, &[("interfaces/demo/tables/units.csv", "from,to\n4W,4EAST\n")]));
    assert_eq!(first, version(&plain, &[("interfaces/demo/tables/others.csv", "from,to\n4W,4EAST\n")]));
    assert_ne!(
        first,
        version(
            &plain,
            &[("interfaces/demo/maps/pharmacy.map", "map pharmacy from hl7v2 to hl7v2 {\n  MSH-5 = \"RX2\"\n}\n")]
        )
    );
    assert_ne!(first, version(&plain, &[("environments/dev.toml", "[demo]\nreceive = \"2600\"")]));
}

#[test]
fn the_version_follows_the_scripts_that_are_used() {
    let version = |lines: &str, more: &[(&str, &str)]| load_with(&flow(lines, ""), more).0.definitions[0].version;
    let first = version("script tidy", &[]);
    assert_ne!(first, version("script tidy", &[("interfaces/demo/scripts/tidy.js", "msg.remove('NTE')")]));
    assert_ne!(first, version("script tidy allow clock", &[]));
    assert_ne!(first, version("script tidy", &[("interfaces/demo/tables/units.csv", "from,to\n4W,4EAST\n")]));
    assert_eq!(first, version("script tidy", &[("interfaces/demo/scripts/other.js", "return 1")]));
    // The interface's own goes over the shared one of the same name.
    let piped = "set ZPD-1 = PV1-3.1 | script bed";
    assert_ne!(version(piped, &[]), version(piped, &[("interfaces/demo/scripts/bed.js", "return 'x'")]));
}

#[test]
fn test_cases() {
    let block = "test \"more\" {\n given samples/a01.hl7 set PV1-2 = \"O\", PID-5.1 = \"Doe\", samples/a01.hl7\n given \"\"\"\n   \
                 MSH|^~\\\\&|A\n   PID|1\n \"\"\"\n with archive refuses-connections\n at 2026-03-29T02:30 Europe/Berlin\n \
                 expect archive queued 3\n expect archive PID-5.1 = \"Doe\"\n expect rejected with E2104\n expect acknowledged AA\n}";
    let (workspace, findings) = load(&flow("", block));
    assert!(findings.is_empty(), "{findings:#?}");
    let case = workspace.tests.iter().find(|case| &*case.name == "more").unwrap();
    assert_eq!(case.given.len(), 3);
    assert!(case.given[0].edits.is_some() && case.given[1].edits.is_none());
    assert_eq!(&*case.given[2].bytes, b"MSH|^~\\&|A\rPID|1\r");
    assert_eq!(case.with, [With::Refuses("archive".into())]);
    assert_eq!(case.at.as_deref(), Some("2026-03-29T02:30 Europe/Berlin"));
    let kinds: Vec<bool> = case
        .expectations
        .iter()
        .map(|expectation| match &expectation.what {
            Expected::Queued { count, .. } => *count == 3,
            Expected::Holds { path, .. } => path.as_ref().is_some_and(|path| path.to_string() == "PID-5.1"),
            Expected::Rejected { code } => &**code == "E2104",
            Expected::Acknowledged(code) => *code == AckCode::AA,
            _ => false,
        })
        .collect();
    assert_eq!(kinds, [true; 4]);
    assert_eq!(&*case.expectations[0].text, "expect archive queued 3");
}

#[test]
fn tests_beside_the_interface() {
    let beside = "test \"beside\" {\n given samples/a01.hl7\n expect archive sent\n}";
    let (workspace, findings) = load_with(&flow("", ""), &[("interfaces/demo/tests/more.flow", beside)]);
    assert!(findings.is_empty(), "{findings:#?}");
    assert_eq!(workspace.tests.len(), 2);
    assert_eq!(&*workspace.tests[1].place.file, "interfaces/demo/tests/more.flow");
}

#[test]
fn a_map_to_fhir_stands_last_in_a_send() {
    let map = "map hub from hl7v2 ADT_A01 to fhir r4 Bundle {\n  type = transaction\n  Patient update by identifier when PID exists {\n    use PID-Patient with PID\n  }\n}\n";
    let with = |steps: &str, send: &str| {
        let text = flow(&format!("{steps}\nsend hub {{\n mllp hub:6661\n {send}\n}}"), "");
        load_with(&text, &[("interfaces/demo/maps/hub.map", map)])
    };
    let (workspace, found) = with("", "map maps/hub.map");
    assert!(found.iter().all(|finding| !finding.is_error()), "{found:?}");
    let hub = &workspace.definitions[0].destinations[0];
    assert_eq!(hub.format, message::Format::Fhir);
    let (a01, _) = hl7v2::Message::parse(A01);
    let mut run = lang::Run::new(message::Timestamp(0), 0);
    let json = hub.programs[0].output(&a01, &mut run).unwrap().unwrap();
    let bundle = fhir::Tree::read(&json).unwrap();
    let resource =
        bundle.root().get("entry").and_then(|entry| entry.at(0)).and_then(|entry| entry.get("resource")).unwrap();
    assert_eq!(resource.resource_type(), Some("Patient"));
    let codes =
        |found: &[message::Diagnostic]| found.iter().filter(|f| f.is_error()).map(|f| f.code.id).collect::<Vec<_>>();
    assert_eq!(codes(&with("", "map maps/hub.map\n set MSH-5 = X").1), ["E2351"]);
    assert_eq!(codes(&with("map maps/hub.map", "").1), ["E2351"]);
}

#[test]
fn formats_of_the_workspace() {
    let formats = "format lab delimited {\n separator \";\"\n column mrn \"Patient No\"\n column ward\n}\n";
    let text = |line: &str| flow(line, "").replacen("mllp 2575", "file in/*.csv format lab", 1);
    let with = |line: &str, formats: &str| load_with(&text(line), &[("shared/formats/lab.flow", formats)]);
    let (workspace, found) = with("keep when ward = 4W and row.mrn exists", formats);
    assert!(found.is_empty(), "{found:?}");
    let receive = &workspace.definitions[0].receive;
    assert_eq!((&*receive.form.layout.name, receive.format), ("lab", message::Format::Delimited));
    assert_eq!(receive.messages, ::formats::Messages::Rows);
    assert_eq!(receive.identity, crate::definition::Identity::Content);
    assert_eq!(workspace.definitions[0].destinations[0].form, receive.form);
    let codes = |line: &str, formats: &str| with(line, formats).1.iter().map(|f| f.code.id).collect::<Vec<_>>();
    assert_eq!(codes("keep when row.wrad = 4W", formats), ["E2642"]);
    assert_eq!(codes("", "format lab delimited {\n}\nblock x {\n}\n"), ["E3373"]);
    assert_eq!(codes("", "format lab2 delimited {\n}\n"), ["E3109"]);
    let before = workspace.definitions[0].version;
    let (after, _) = with("keep when ward = 4W and row.mrn exists", &formats.replace("ward", "ward\n column bed"));
    assert_ne!(before, after.definitions[0].version, "a changed description is another version");
}
