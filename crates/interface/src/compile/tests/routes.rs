//! `route` blocks and lists of values: what is wrong is found, at its characters.

use super::{brief, flow, load, load_with};
use crate::definition::Step;

/// An interface with these lines and destinations `ward`, `icu` and `archive`, all of them tested.
fn text(lines: &str) -> String {
    let sends = "send ward {\n file ward\n}\nsend icu {\n file icu\n}";
    let tests = "test \"routed\" {\n given samples/a01.hl7\n expect ward sent\n expect icu sent\n}";
    flow(&format!("{lines}\n{sends}"), tests)
}

fn check(lines: &str, expect: &[&str]) {
    let text = text(lines);
    let (_, findings) = load(&text);
    assert_eq!(brief(&text, &findings), expect, "{text}\n{findings:#?}");
}

const ALL: &str = "route every { default ward, icu, archive }\n";

#[test]
fn routes() {
    let good = "route first {\n case event = A01 to ward, icu\n default archive\n}";
    check(good, &[]);
    check("route first { case event = A01 to ward  case event = A03 to icu  default archive }", &[]);
    check("route first {\n case event = A01 to ward\n}", &["E3320 route"]);
    check("route first {\n}", &["E3320 route"]);
    check("route {\n default ward, icu, archive\n}", &["E3102"]);
    check("route last {\n default ward, icu, archive\n}", &["E3109 last"]);
    check("route first {\n case event = A01 to wrad\n default ward, icu, archive\n}", &["E3321 wrad"]);
    check("route first {\n case event = A01\n default ward\n}", &["E3102"]);
    check("route first {\n case event == A01 to ward\n default icu\n}", &["E2201 ="]);
    check("route first {\n case event = A01 to ward, ward\n default icu, archive\n}", &["E3323 ward"]);
    check("route first {\n default ward\n case event = A01 to icu\n}", &["E3323 case"]);
    check("route first {\n default ward\n default icu\n}", &["E3323 default"]);
    check("route first {\n otherwise ward\n}", &["E3101 otherwise"]);
    check(&format!("{ALL}route first {{\n case event = A01 to ward\n default nothing reason\n}}"), &["E3102"]);
    check(
        &format!("{ALL}route first {{\n case event = A01 to ward\n default nothing\n}}"),
        &["E3325 nothing", "E3326 nothing"],
    );
    check("case event = A01 to ward", &["E3101 case"]);
}

#[test]
fn sets_of_destinations() {
    let both = |lines: &str| format!("route first {{\n set both to ward, icu\n{lines}\n default archive\n}}");
    check(&both("case event = A01 to both"), &[]);
    check(&both("case event = A01 to both, ward"), &["E3323 ward"]);
    check(&both("case event = A01 to ward, both"), &[]);
    check(&both("set both to ward"), &["E3323 both"]);
    check(
        "route first {\n set both to ward, icc\n case event = A01 to both\n default ward, icu, archive\n}",
        &["E3321 icc"],
    );
    check(
        "route first {\n set icu to ward\n case event = A01 to icu\n default ward, archive\n}",
        &["E3323 icu", "E3324 icu"],
    );
    check(&format!("{}\nroute every {{\n default both\n}}", both("case event = A01 to both")), &["E3321 both"]);
    check(
        "route first {\n case event = A01 to both\n set both to ward\n default ward, icu, archive\n}",
        &["E3321 both"],
    );
    check("route first {\n set both\n default ward, icu, archive\n}", &["E3102"]);
    let text = text(&both("case event = A01 to ward, both"));
    let (workspace, _) = load(&text);
    let steps = &workspace.definitions[0].steps;
    let Some(Step::Route(route)) = steps.iter().find(|step| matches!(step, Step::Route(_))) else { panic!("a route") };
    let targets = &route.cases[0].targets;
    assert_eq!(targets.names.iter().map(|name| &**name).collect::<Vec<_>>(), ["ward", "icu"]);
    assert_eq!(targets.places.len(), 2);
}

#[test]
fn the_hint_names_the_near_destination() {
    let text = text("route first {\n case event = A01 to icc\n default ward, archive\n}");
    let (_, findings) = load(&text);
    let hint = findings[0].hint.as_deref().unwrap();
    assert_eq!(hint, "did you mean `icu`?");
}

#[test]
fn cases_that_no_message_reaches() {
    let first = |cases: &str| format!("{ALL}route first {{\n{cases}\n default archive\n}}");
    check(&first("case event in [A01, A04] to ward\ncase event = A04 to icu"), &["E3322 case"]);
    check(&first("case event = A04 to icu\ncase event in [A01, A04] to ward"), &[]);
    check(&first("case PV1-2 = I to icu\ncase PV1-2 = I to ward"), &["E3322 case"]);
    check(&first("case PV1-2 = I to icu\ncase PV1-2 = E to ward"), &[]);
    check(&first("case event = A01 to icu\ncase event = A01 and PV1-2 = I to ward"), &["E3322 case"]);
    check(&first("case event = A01 and PV1-2 = I to icu\ncase event = A01 to ward"), &[]);
    check(&first("case event = A01 to icu\ncase event = A01 and facility = N to ward"), &["E3322 case"]);
    check(&format!("keep when event = A01\n{}", first("case event = A03 to icu")), &["E3208 case"]);
    check(
        &format!("keep when event in [A01, A04]\n{}", first("case event in [A01, A04, A08] to icu")),
        &["E3322 default"],
    );
    let every = "route every {\n case event in [A01, A04] to ward\n case event = A04 to icu\n default archive\n}";
    check(every, &[]);
}

#[test]
fn a_destination_that_the_route_forgot() {
    check("route first {\n case event = A01 to ward\n default icu\n}", &["E3324 archive"]);
    let text = text("route first {\n case event = A01 to ward\n default archive\n}")
        .replace("file icu", "file icu\n when event = A02");
    assert_eq!(brief(&text, &load(&text).1), Vec::<String>::new());
}

#[test]
fn what_is_left_out_has_a_test() {
    let lines = format!("{ALL}route first {{\n case event = A01 to ward\n default nothing reason \"x\"\n}}");
    check(&lines, &["E3326 nothing"]);
    let tested = format!("{}\ntest \"left\" {{\n given samples/a01.hl7\n expect filtered by route\n}}", text(&lines));
    assert_eq!(brief(&tested, &load(&tested).1), Vec::<String>::new());
}

#[test]
fn places_are_settled_and_the_lines_known() {
    let (workspace, _) = load(&text("route first {\n case event = A01 to icu,   archive\n default ward\n}"));
    let definition = &workspace.definitions[0];
    let Some(Step::Route(route)) = definition.steps.first() else { panic!("{definition:?}") };
    let names: Vec<&str> = definition.destinations.iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["ward", "icu", "archive"]);
    assert_eq!(route.cases[0].targets.places, [1, 2]);
    assert_eq!(&*route.cases[0].targets.rule.text, "route first: case event = A01 to icu, archive");
    assert_eq!(route.default.rule.place.line, route.cases[0].targets.rule.place.line + 1);
    assert!(definition.destinations.iter().all(|one| one.is_routed));
}

#[test]
fn a_list_of_the_workspace_decides_and_is_part_of_the_version() {
    let text = flow("drop when PID-3.1 in list:study", "");
    let load = |own: &str, shared: &str| {
        let files = [
            ("interfaces/demo/lists/study.txt", own),
            ("shared/lists/study.csv", shared),
            ("shared/lists/other.txt", own),
        ];
        let files: Vec<_> = files.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        let (workspace, findings) = load_with(&text, &files);
        let messages: Vec<String> =
            findings.iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect();
        (workspace.definitions.first().map(|one| one.version), messages)
    };
    let (first, found) = load("4711\n", "value\n9\n");
    assert!(found.is_empty(), "{found:?}");
    let (same, _) = load("# for people\n4711\n", "value\n8\n");
    assert_eq!(first, same, "the interface's own list goes over the shared one; comments decide nothing");
    assert_ne!(first, load("4712\n", "").0);
    let (none, found) = load("", "");
    assert!(none.is_none() && found[0].starts_with("E2620"), "{found:?}");
    assert!(load("", "value\n4711\n").0.is_some(), "the shared one serves where there is no other");
}
