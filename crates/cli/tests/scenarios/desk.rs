//! Files of other formats on the desk: values by their paths, one changed, all of them shown.

use super::support::{Workspace, sinew};

#[test]
fn json_xml_and_rows_by_their_paths() {
    let workspace = Workspace::with("send archive {\n file out\n}");
    let json =
        workspace.write("order.json", "{\"mrn\": \"7\",\n \"items\": [{\"code\": \"GLU\"}, {\"code\": \"NA\"}]}\n");
    let rows = workspace.write("lab.csv", "mrn,name\n7,\"Quist, Ada\"\n8,Doe\n");
    let xml = workspace.write("a.xml", "<a><b c=\"1\">x</b></a>");
    let (json, rows, xml) = (json.display().to_string(), rows.display().to_string(), xml.display().to_string());
    let get = |file: &str, path: &str| sinew(&["get", file, path]).expect(0).out;
    assert_eq!(get(&json, "items[*].code"), "GLU\nNA\n");
    assert_eq!(get(&rows, "row[*].name"), "Quist, Ada\nDoe\n");
    assert_eq!(get(&xml, "a.b.@c"), "1\n");
    sinew(&["get", &json, "nothing"]).expect(1);
    sinew(&["get", &json, "items["]).expect(2);
    let changed = sinew(&["set", &json, "items[2].code", "K"]).expect(0).out;
    assert_eq!(changed, "{\"mrn\": \"7\",\n \"items\": [{\"code\": \"GLU\"}, {\"code\": \"K\"}]}\n", "no other byte");
    let shown = sinew(&["show", &json]).expect(0).out;
    assert!(shown.contains("items[2].code") && shown.contains("NA"), "{shown}");
    let shown = sinew(&["show", &rows, "--json"]).expect(0).json();
    assert_eq!(shown["format"], "csv");
    sinew(&["show", &json, "--format", "jsn"]).expect(2).says(&["there is no format"]);
    let broken = workspace.write("broken.json", "{\"a\": ");
    sinew(&["get", &broken.display().to_string(), "a"]).expect(1);
}
