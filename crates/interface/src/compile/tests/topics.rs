//! Topics: who receives what is published, and what is wrong with it.

use super::{brief, flow, load_with};
use crate::workspace::Workspace;
use message::Diagnostic;

fn subscriber(receive: &str, more: &str) -> String {
    format!(
        "interface registry \"R\" {{\n owner \"R\"\n receive {receive}\n send out {{\n file registry\n }}\n{more}\n}}\n\
         test \"r\" {{\n given \"\"\"MSH|^~\\\\&|A|B\"\"\"\n expect out sent\n}}"
    )
}

fn load(lines: &str, registry: &str) -> (String, Workspace, Vec<Diagnostic>) {
    let tests =
        "test \"published\" {\n given samples/a01.hl7\n expect lab-results sent\n expect lab-results PV1-2 = \"I\"\n}";
    let text = flow(lines, if lines.contains("publish lab-results") { tests } else { "" });
    let (workspace, findings) = load_with(&text, &[("interfaces/registry/interface.flow", registry)]);
    (text, workspace, findings)
}

fn check(lines: &str, registry: &str, expect: &[&str]) {
    let (text, _, findings) = load(lines, registry);
    assert_eq!(brief(&text, &findings), expect, "{text}\n{registry}\n{findings:#?}");
}

#[test]
fn a_subscriber_is_a_destination_of_the_publisher() {
    let registry = subscriber("topic lab-results when PV1-2 = \"I\" order by PID-3.1", "");
    let (text, workspace, findings) = load("publish lab-results when type = ADT", &registry);
    assert_eq!(brief(&text, &findings), Vec::<String>::new(), "{findings:#?}");
    let hub = workspace.definition("demo").unwrap();
    let to = hub.destination("lab-results:registry").unwrap();
    assert_eq!((to.connector, &*to.settings.address, to.lanes), ("interface", "registry", 1));
    let subscriber = to.subscriber.as_ref().unwrap();
    assert_eq!(subscriber.subscription.when.as_ref().unwrap().text(), "PV1-2 = \"I\"");
    assert_eq!(&*hub.publications[subscriber.publication].topic, "lab-results");
    let registry = workspace.definition("registry").unwrap();
    assert_eq!((registry.receive.connector, &*registry.receive.settings.address), ("topic", "lab-results"));
}

#[test]
fn a_change_of_the_subscriber_is_one_of_the_publisher() {
    let version = |receive: &str| {
        let (_, workspace, _) = load("publish lab-results", &subscriber(receive, ""));
        workspace.definition("demo").unwrap().version
    };
    let all = version("topic lab-results");
    assert_eq!(all, version("topic lab-results"));
    assert_ne!(all, version("topic lab-results when PV1-2 = I"));
    assert_ne!(all, version("topic others"), "a subscriber that went away");
}

#[test]
fn a_topic_of_another_format() {
    let (_, workspace, findings) = load("publish lab-results", &subscriber("topic lab-results format json", ""));
    assert!(findings.iter().any(|finding| finding.code.id == "E3415"), "{findings:#?}");
    assert!(workspace.definition("registry").is_none());
}

#[test]
fn ends_that_do_not_meet() {
    check("publish lab-results", &subscriber("topic lab-result", ""), &["E3331 lab-results", "E3210"]);
    let (_, _, findings) = load("publish lab-results", &subscriber("topic lab-result", ""));
    let hint = findings.iter().find(|finding| finding.code.id == "E3210").unwrap().hint.clone();
    assert_eq!(hint.as_deref(), Some("did you mean `lab-results`?"));
    check(
        "publish lab-results\npublish lab-results when event = A01",
        &subscriber("topic lab-results", ""),
        &["E3330 lab-results"],
    );
    check(
        "publish lab results",
        &subscriber("topic lab-results", ""),
        &["E3331 lab", "E3206 lab", "E3102 results", "E3210"],
    );
    check("publish lab-results when", &subscriber("topic lab-results", ""), &["E2201"]);
    check("publish lab-results", &subscriber("topic", ""), &["E3331 lab-results", "E3110"]);
    check("send x {\n interface registry\n}", &subscriber("topic lab-results", ""), &["E3203 x", "E3206 x"]);
}

#[test]
fn a_condition_belongs_to_a_topic() {
    let registry = subscriber("mllp 2600 when PV1-2 = I", "");
    check("", &registry, &["E3332"]);
}

#[test]
fn circles_through_topics_are_found() {
    let back = subscriber("topic lab-results", "send back {\n  interface demo\n }");
    let text = flow("publish lab-results", "").replace("receive mllp 2575", "receive interface");
    let (_, findings) = load_with(&text, &[("interfaces/registry/interface.flow", &back)]);
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.id).filter(|id| *id == "E3202").collect();
    assert_eq!(codes, ["E3202", "E3202"], "{findings:#?}");
    let own = flow("publish lab-results", "").replace("receive mllp 2575", "receive topic lab-results");
    let (_, findings) = load_with(&own, &[]);
    assert!(findings.iter().any(|finding| finding.code.id == "E3202"), "{findings:#?}");
}

#[test]
fn a_publisher_waits_for_a_subscriber_with_errors() {
    let broken = subscriber("topic lab-results when PV1-2 == I", "");
    let (text, workspace, findings) = load("publish lab-results", &broken);
    assert!(brief(&text, &findings).contains(&"E3333 lab-results".to_owned()), "{findings:#?}");
    let broken: Vec<&str> = workspace.broken.iter().map(|name| &**name).collect();
    assert_eq!(broken, ["demo", "registry"], "what runs goes on, or the subscriber would lose messages");
}
