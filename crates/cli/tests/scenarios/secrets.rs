//! Secrets that an interface names, kept sealed; and the report that says what a system is like.

use super::support::{Workspace, command, finish};
use serde_json::json;

#[test]
fn a_secret_is_kept_sealed_used_by_name_and_never_shown() {
    let workspace =
        Workspace::with("  send web {\n    http https://api.example.org/x user me password secret:lab\n  }");
    workspace.sinew(&["check"]).expect(1).says(&["E3117", "sinew secret set lab"]);
    let mut set = command(&["secret", "set", "lab"]);
    set.current_dir(workspace.path());
    finish(set, b"hunter2hunter2\n").expect(0).says(&["secret:lab"]);
    workspace.sinew(&["check"]).expect(0);
    let listed = workspace.sinew(&["secret", "list", "--json"]).expect(0).json();
    let row = &listed["secrets"][0];
    assert_eq!((&row["name"], &row["place"], &row["used_by"]), (&"lab".into(), &"vault".into(), &json!(["adt"])));
    assert!(row["by"].as_str().is_some_and(|by| by.starts_with("local uid ")) && row["set"].is_i64(), "{listed}");
    workspace.sinew(&["secret", "list"]).expect(0).says(&["lab", "vault", "adt"]);
    workspace.sinew(&["secret", "remove", "other"]).expect(1).says(&["E7304"]);
    let report = workspace.sinew(&["compliance", "report", "--json"]).expect(0).json();
    assert_eq!(report["flows"][0]["send"][0]["is_encrypted"], true, "{report}");
    assert_eq!(
        (report["flows"][0]["receive"]["is_encrypted"].as_bool(), report["people"].is_null()),
        (Some(false), true)
    );
    let engine = workspace.run();
    let report = engine.sinew(&["compliance", "report", "--json"]).expect(0).json();
    assert_eq!((&report["audit"]["is_whole"], &report["people"]["persons"]), (&true.into(), &0.into()), "{report}");
    let texts =
        [&["compliance", "report"][..], &["status", "--json"], &["doctor"]].map(|arguments| engine.sinew(arguments));
    assert!(texts.iter().all(|done| !format!("{}{}", done.out, done.err).contains("hunter2")), "{texts:?}");
    let mut open = vec![workspace.path().to_path_buf()];
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            match path.is_dir() {
                true => open.push(path),
                false => assert!(
                    !std::fs::read(&path).unwrap_or_default().windows(7).any(|part| part == b"hunter2"),
                    "{path:?}"
                ),
            }
        }
    }
    drop(engine);
    workspace.sinew(&["secret", "remove", "lab"]).expect(1).says(&["E7306", "adt"]);
    workspace.sinew(&["secret", "remove", "lab", "--yes"]).expect(0);
    workspace.sinew(&["check"]).expect(1);
    // No engine runs, and it is on record all the same; what is refused is not.
    let mut set = command(&["secret", "set", "lab", "--reason", "moved house"]);
    set.current_dir(workspace.path());
    finish(set, b"hunter2hunter2\n").expect(0);
    workspace.sinew(&["secret", "set", "a b", "--file", "sinew.toml"]).expect(2);
    let rows = |act: &str| {
        let found = workspace.sinew(&["audit", "search", "--act", act, "--json"]).expect(0);
        assert!(!format!("{found:?}").contains("hunter2"));
        found
    };
    rows("remove secret").says(&["lab", "local uid"]);
    let set = rows("set secret");
    set.says(&["lab", "moved house", "local uid"]);
    assert!(!set.out.contains("a b"), "{}", set.out);
}

/// Where an engine runs, it is the engine that keeps and forgets: on record, in the file that the commands read too.
#[test]
fn a_running_engine_keeps_a_secret_and_says_who_gave_it() {
    let workspace = Workspace::with("  send out {\n    file out\n  }");
    let engine = workspace.run();
    let mut set = command(&["secret", "set", "hub", "--reason", "renewed"]);
    set.current_dir(workspace.path());
    finish(set, b"hunter2hunter2\n").expect(0);
    engine.sinew(&["secret", "list"]).expect(0).says(&["hub", "vault", "local uid"]);
    let rows = engine.sinew(&["audit", "search", "--act", "set secret", "--json"]).expect(0);
    rows.says(&["set secret", "hub", "renewed"]);
    engine.sinew(&["secret", "set", "a b", "--file", "sinew.toml"]).expect(2).says(&["E7305"]);
    engine.sinew(&["secret", "remove", "none"]).expect(1).says(&["E7304"]);
    engine.sinew(&["secret", "remove", "hub"]).expect(0);
    let rows = engine.sinew(&["audit", "search", "--act", "remove secret"]).expect(0);
    rows.says(&["hub"]);
    assert!(!format!("{rows:?}").contains("hunter2"));
    assert_eq!(engine.sinew(&["secret", "list", "--json"]).expect(0).json()["secrets"], json!([]));
}
