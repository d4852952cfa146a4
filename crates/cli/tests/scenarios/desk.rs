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
    let told = sinew(&["parse", &json, &rows, "--json"]).expect(0).out;
    assert!(told.contains("\"format\":\"json\"") && told.contains("\"format\":\"csv\""), "{told}");
    let made = |file: &str, to: &str| sinew(&["convert", "--to", to, file, "--jsonl"]).expect(0).out;
    assert_eq!(made(&rows, "json"), "[{\"mrn\":\"7\",\"name\":\"Quist, Ada\"},{\"mrn\":\"8\",\"name\":\"Doe\"}]\n");
    assert!(made(&json, "xml").contains("<items><code>NA</code></items>"), "{}", made(&json, "xml"));
    assert!(made(&xml, "csv").contains("#text") || made(&xml, "csv").contains('x'), "{}", made(&xml, "csv"));
    let broken = workspace.write("broken.json", "{\"a\": ");
    sinew(&["parse", &broken.display().to_string()]).expect(1);
    sinew(&["get", &broken.display().to_string(), "a"]).expect(1);
}
