//! The pages that are written of a workspace: everything that people look for stands in them, and nothing runs in them.

use super::support::sinew;
use std::path::Path;

#[test]
fn the_specification_of_every_interface_of_the_hospital() {
    let folder = testkit::Folder::new();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hospital");
    let to = folder.path().join("handbook");
    let workspace = workspace.display().to_string();
    let words = ["docs", "build", "--to", &to.display().to_string(), "--workspace", &workspace];
    sinew(&words).expect(0).says(&["12 pages"]);
    let page = |name: &str| std::fs::read_to_string(to.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let hub = page("adt-hub.html");
    let wanted = [
        "<svg class=\"drawn\"",                      // who sends to whom
        "north-adt",                                 // who feeds it
        "127.0.0.1:2704",                            // a partner
        "priority admission when event = A01",       // a line of a destination
        "an outpatient is nothing for the pharmacy", // a test
        "samples/a01.hl7",                           // a sample
        "alert backlog pharmacy over 200",           // an alert
        "The first five checks",
        "nc -vz 127.0.0.1 2704",
        "The order of a restart",
        "No engine was asked",
    ];
    for text in wanted {
        assert!(hub.contains(text), "{text} is not in {hub}");
    }
    assert!(hub.contains("PID-5.1") && hub.contains("upper"), "its map");
    assert!(!hub.contains("<script") && !hub.contains("http://") && !hub.contains("src="), "it loads nothing");
    // A sample is named; what it says is not printed.
    assert!(!hub.contains("LINDENROTH^") && !hub.contains("N0010138"), "{hub}");
    let index = page("index.html");
    assert!(index.contains("href=\"adt-hub.html\"") && index.contains("href=\"charges.html\""), "{index}");
    assert!(page("charges.html").contains("Table"), "its code tables");
    let one = ["docs", "build", "--to", &to.display().to_string(), "--workspace", &workspace, "--interface", "none"];
    sinew(&one).expect(2).says(&["no interface `none`"]);
}
