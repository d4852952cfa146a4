//! What tests send is kept, compared field by field, and accepted.

use super::support::{Workspace, admission};

const TEST: &str = "
test \"an admission goes out\" {
  given samples/a01.hl7
  expect rx sent
}
";
const RECORDED: &str = "interfaces/adt/tests/recorded/an-admission-goes-out.txt";

fn interface(workspace: &Workspace, lines: &str) {
    let text =
        format!("interface adt \"A scenario\" {{\n  owner \"Tests\"\n  receive mllp 127.0.0.1:0\n{lines}\n}}\n{TEST}");
    workspace.write("interfaces/adt/interface.flow", &text);
}

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("interfaces/adt/samples/a01.hl7", &admission("C1", "N0010138"));
    interface(
        &workspace,
        "  send rx {\n    mllp 127.0.0.1:9\n    set MSH-7 = now\n  }\n  send store {\n    http http://127.0.0.1:9/\n    map maps/mine.map\n  }",
    );
    workspace.write("interfaces/adt/maps/mine.map", MAP);
    workspace
}

const MAP: &str = "map mine from hl7v2 ADT_A01 to fhir r4 Bundle {
  type = collection
  Patient as patient {
    name      = PID-5
    birthDate = PID-7
    gender    = PID-8 | code administrative-sex
  }
}
";

#[test]
fn what_tests_send_is_kept_and_compared() {
    let workspace = workspace();
    workspace.sinew(&["test"]).expect(0);
    assert!(!workspace.path().join(RECORDED).exists(), "nothing is kept unasked");
    workspace.sinew(&["test", "--record"]).expect(0).says(&["1 recorded", RECORDED]);
    let kept = std::fs::read_to_string(workspace.path().join(RECORDED)).expect("the recording");
    for line in ["--- rx hl7v2", "PID|1||N0010138^^^NORTH^MR||Quist^Ada||19780701|F", "--- store fhir"] {
        assert!(kept.lines().any(|one| one == line), "{line} in\n{kept}");
    }
    assert!(kept.contains("\n        \"gender\": \"female\""), "{kept}");
    // `now` is the time of the recording, so another day gives the same.
    let then = kept.lines().find(|line| line.starts_with("at ")).expect("a time");
    workspace.write(RECORDED, &kept.replace(then, "at   2026-01-02T03:04:05.000"));
    let told = workspace.sinew(&["test"]).expect(1);
    let [line] = told.out.lines().filter(|line| line.contains("rx MSH-7")).collect::<Vec<_>>()[..] else {
        panic!("{}", told.out)
    };
    assert!(line.ends_with("→ 20260102030405.000+0000") || line.contains("→ 20260102030405"), "{line}");
    workspace.write(RECORDED, &kept);
    workspace.sinew(&["test"]).expect(0);
}

#[test]
fn a_change_is_told_by_field_until_it_is_accepted() {
    let workspace = workspace();
    workspace.sinew(&["test", "--record"]).expect(0);
    workspace.write("interfaces/adt/maps/mine.map", &MAP.replace("    birthDate = PID-7\n", ""));
    interface(
        &workspace,
        "  send rx {\n    mllp 127.0.0.1:9\n    set MSH-7 = now\n    set PV1-3.1 = 4WEST\n  }\n  send store {\n    http http://127.0.0.1:9/\n    map maps/mine.map\n  }",
    );
    let told = workspace.sinew(&["test"]).expect(1);
    told.says(&[
        "rx PV1-3",
        "4W^201^A^NORTH → 4WEST^201^A^NORTH",
        "store Bundle.entry[0].resource.birthDate",
        "- 1978-07-01",
    ]);
    let json = workspace.sinew(&["test", "--json"]).expect(1).json();
    let recorded = &json["tests"][0]["recorded"];
    assert_eq!((&recorded["state"], &recorded["differences"][0]["path"]), (&"differs".into(), &"rx PV1-3".into()));
    workspace.sinew(&["test", "--record"]).expect(1);
    workspace.sinew(&["test", "--update"]).expect(0).says(&["1 updated", "4WEST"]);
    workspace.sinew(&["test"]).expect(0);
    interface(&workspace, "  send rx {\n    mllp 127.0.0.1:9\n  }");
    workspace.sinew(&["test"]).expect(1).says(&["store", "- a message"]);
}

#[test]
fn recordings_without_a_test_are_told_and_removed_when_asked() {
    let workspace = workspace();
    workspace.sinew(&["test", "--record"]).expect(0);
    let old = std::fs::read_to_string(workspace.path().join(RECORDED)).expect("the recording");
    let left = "interfaces/adt/tests/recorded/an-old-one.txt";
    workspace.write(left, &old);
    workspace.write("interfaces/adt/tests/recorded/notes.txt", "of a person\n");
    workspace.sinew(&["test"]).expect(0).says(&["an-old-one.txt: there is no test for it"]);
    workspace.sinew(&["test", "--update"]).expect(0).says(&["removed"]);
    assert!(!workspace.path().join(left).exists());
    assert!(workspace.path().join("interfaces/adt/tests/recorded/notes.txt").exists());
    workspace.write(RECORDED, "half a file");
    workspace.sinew(&["test", "--update"]).expect(1).says(&["is no recording"]);
}

#[test]
fn what_a_map_makes_is_kept_beside_its_cases() {
    let workspace = Workspace::empty();
    let map = workspace.write("shared/maps/mine.map", MAP).display().to_string();
    workspace.write("cases/a01.hl7", &admission("C1", "N0010138"));
    workspace.write("cases/a02.hl7", &admission("C2", "N0010139"));
    workspace.write("cases/a01.expect", "Bundle.entry.resource.ofType(Patient).gender = 'female'\n");
    let test = |more: &[&str]| workspace.sinew(&[&["map", "test", "cases", "--map", &map], more].concat());
    test(&["--record"]).expect(0).says(&["2 cases, 0 failed"]);
    let kept = std::fs::read_to_string(workspace.path().join("cases/a02.recorded.json")).expect("the recording");
    assert!(kept.contains("\n        \"birthDate\": \"1978-07-01\"") && kept.ends_with("}\n"), "{kept}");
    test(&[]).expect(0).says(&["2 cases, 0 failed"]);
    workspace.write("shared/maps/mine.map", &MAP.replace("    birthDate = PID-7\n", ""));
    test(&[]).expect(1).says(&["Bundle.entry[0].resource.birthDate", "- 1978-07-01", "2 cases, 2 failed"]);
    test(&["--update"]).expect(0);
    test(&[]).expect(0);
}
