//! Routes: the page of the how-to as it stands, `sinew route`, and a message that a route leaves out of a running engine.

use super::support::{Workspace, admission};
use serde_json::Value;

const PAGE: &str = include_str!("../../../../docs/how-to/route-messages.md");
const ADMISSION: &str = "MSH|^~\\&|ADT|NORTH|HUB|NORTH|20260101120000||ADT^A01^ADT_A01|1|P|2.5.1\rEVN||20260101\r\
    PID|1||4711^^^NORTH^MR||Quist^Ada\rPV1|1|I|4W\r";

/// The workspace of the how-to: its interface, its tests, its lists.
fn of_the_page() -> Workspace {
    let workspace = Workspace::empty();
    let blocks: Vec<&str> = PAGE.split("```\n").collect();
    let (interface, tests) = (blocks[1], blocks[blocks.len() - 2]);
    workspace.write("sinew.toml", "name = \"routes\"\n");
    workspace.write("interfaces/adt-main/interface.flow", &format!("{interface}{tests}"));
    workspace.write("interfaces/adt-main/samples/a01.hl7", ADMISSION);
    workspace.write("interfaces/adt-main/tables/test-wards.csv", "from,to\nTEST1,x\n");
    workspace.write("shared/lists/study.txt", "# study 7\n4711\n");
    workspace.write("shared/lists/region.csv", "value,name\nNORTH,North\n");
    workspace
}

#[test]
fn the_how_to_works_as_it_stands() {
    let workspace = of_the_page();
    let checked = workspace.sinew(&["check"]).expect(0);
    assert!(!checked.out.contains("E33"), "nothing about routes: {}", checked.out);
    workspace.sinew(&["test"]).expect(0).says(&["2 passed, 0 failed"]);
    let sample = workspace.at("interfaces/adt-main/samples/a01.hl7");
    let told = workspace.sinew(&["route", &sample, "--at", "2026-03-29T22:30 Europe/Berlin"]).expect(0);
    told.says(&[
        "route first: case facility in list:region to wards  -> leads to wards  interfaces/adt-main/interface.flow:10",
        "zone Europe/Berlin  [Sun 22:30]",
        "PID-3.1 in list:study  [4****]",
        "send emergency  -> no route chose it",
        "=> wards  mllp wards.example.org:6661",
    ]);
    assert!(!told.out.contains("4711"), "{}", told.out);
    let revealed = workspace.sinew(&["route", &sample, "--reveal", "--json"]).expect(0);
    let told: Value = serde_json::from_str(&revealed.out).unwrap();
    let names: Vec<&str> =
        told["destinations"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!((names, &told["end"]), (vec!["wards", "study"], &Value::from("routed")));
    assert!(revealed.out.contains("4711"));
}

#[test]
fn the_routing_table_is_a_page() {
    let workspace = of_the_page();
    workspace.sinew(&["route", "--table"]).expect(0).says(&[
        "## adt-main: Registration to the hub",
        "| `PV1-3.1 in table:test-wards` | nowhere: test wards go nowhere | interfaces/adt-main/interface.flow:7 |",
        "| *every other message* | review | interfaces/adt-main/interface.flow:11 |",
        "| study | what a route gives it | `file study` | by PID-3.1 | - |",
        "| doubtful | when `not valid under lenient` |",
    ]);
    let told = workspace.sinew(&["route", "--table", "--json"]).expect(0).json();
    assert_eq!(told["interfaces"][0]["routes"][0]["cases"].as_array().unwrap().len(), 4);
    workspace.sinew(&["route", "--table", "--interface", "adt-mian"]).expect(1).says(&["did you mean `adt-main`?"]);
    workspace.sinew(&["route"]).expect(2);
}

#[test]
fn the_way_goes_on_in_the_next_interface() {
    let workspace = Workspace::empty();
    workspace.write("sinew.toml", "name = \"chain\"\n");
    workspace.interface("front", "receive mllp 0\nset PV1-3.1 = \"ICU\"\nsend hub { interface hub }");
    workspace.interface(
        "hub",
        "receive interface\nroute first {\n case PV1-3.1 = ICU to icu\n default rest\n}\nsend icu { file icu }\nsend rest { file rest }",
    );
    let message = workspace.write("a.hl7", ADMISSION).display().to_string();
    let told = workspace.sinew(&["route", &message]).expect(0);
    told.says(&["=> hub  interface hub, changed", "ADT^A01  through hub", "=> icu  file icu"]);
    let told = workspace.sinew(&["route", &message, "--json"]).expect(0).json();
    assert_eq!(told["destinations"][0]["next"]["destinations"][0]["name"], "icu");
    let other = workspace.write("b.txt", "hello").display().to_string();
    workspace.sinew(&["route", &other]);
}

#[test]
fn what_a_route_leaves_out_is_stored_and_counted_with_its_line() {
    let workspace = Workspace::with(
        "route first {\n case PID-3.1 in list:study to study\n default nothing reason \"not in the study\"\n}\nsend study { file study }",
    );
    workspace.write("shared/lists/study.txt", "4711\n");
    let engine = workspace.run();
    let (inside, outside) = (admission("1", "4711"), admission("2", "4712"));
    engine.send(&[&workspace.write("1.hl7", &inside).display().to_string()]).expect(0);
    engine.send(&[&workspace.write("2.hl7", &outside).display().to_string()]).expect(0);
    engine.wait_for_count("delivered", 1);
    engine.wait_for_count("filtered", 1);
    let id = engine.wait_for_state("control:2", "filtered")["id"].to_string();
    engine
        .sinew(&["explain", &id])
        .expect(0)
        .says(&["filtered by: route first: default nothing reason \"not in the study\""]);
    // A changed list is a new version, and a reload puts it to work.
    workspace.write("shared/lists/study.txt", "4711\n4712\n");
    engine.sinew(&["reload"]).expect(0);
    engine.sinew(&["replay", &format!("id:{id}"), "--reason", "joined the study", "--yes"]).expect(0);
    engine.wait_for_count("delivered", 2);
}
