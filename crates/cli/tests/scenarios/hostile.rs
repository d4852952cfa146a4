//! Documents that want more than to be read, at every door that takes XML: commands, formats, profiles.

use super::support::{Workspace, sinew};
use std::{
    io::ErrorKind,
    net::TcpListener,
    time::{Duration, Instant},
};

const CANARY: &str = "ZZCANARYFILE";

#[test]
fn no_document_reads_a_file_asks_a_server_or_grows() {
    let workspace = Workspace::empty();
    let secret = workspace.write("secret.txt", CANARY).display().to_string();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a setting");
    let server = format!("http://{}", listener.local_addr().expect("an address"));
    let wide: String = (0..9).map(|n| format!("<!ENTITY l{} \"{}\">", n + 1, format!("&l{n};").repeat(10))).collect();
    let long = "x".repeat(60_000);
    let root = "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"PLACE\"/></Patient>";
    let with =
        |definition: &str, place: &str| format!("<?xml version=\"1.0\"?>{definition}{}", root.replace("PLACE", place));
    let utf16 = |text: &str| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    let file = with(&format!("<!DOCTYPE a [<!ENTITY e SYSTEM \"file://{secret}\">]>"), "&e;");
    let corpus: Vec<(&str, Vec<u8>)> = vec![
        ("utf-16", utf16(&file.replace("<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"))),
        ("utf-7", file.replace("\"1.0\"?>", "\"1.0\" encoding=\"UTF-7\"?>").replace("<!", "+ADw-!").into_bytes()),
        ("a file", file.into_bytes()),
        ("a server", with(&format!("<!DOCTYPE a [<!ENTITY e SYSTEM \"{server}/e\">]>"), "&e;").into_bytes()),
        ("a definition elsewhere", with(&format!("<!DOCTYPE a SYSTEM \"{server}/a.dtd\">"), "1").into_bytes()),
        ("a public one", with(&format!("<!DOCTYPE a PUBLIC \"x\" \"{server}/a.dtd\">"), "1").into_bytes()),
        ("a parameter entity", with(&format!("<!DOCTYPE a [<!ENTITY % p SYSTEM \"{server}/p\"> %p;]>"), "1").into_bytes()),
        ("a thousand million laughs", with(&format!("<!DOCTYPE a [<!ENTITY l0 \"lol\">{wide}]>"), "&l9;").into_bytes()),
        ("a square", with(&format!("<!DOCTYPE a [<!ENTITY e \"{long}\">]>"), &"&e;".repeat(60_000)).into_bytes()),
        (
            "an inclusion",
            with("", "1").replace("<id", &format!("<i:include xmlns:i=\"http://www.w3.org/2001/XInclude\" href=\"file://{secret}\" parse=\"text\"/><id")).into_bytes(),
        ),
        ("a style", with(&format!("<?xml-stylesheet href=\"{server}/s.xsl\"?>"), "1").into_bytes()),
        ("depth", format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)).into_bytes()),
        ("many attributes", format!("<a {}/>", (0..200_000).map(|n| format!("a{n}=\"\" ")).collect::<String>()).into_bytes()),
    ];
    for (what, bytes) in &corpus {
        let path = workspace.path().join("hostile.xml");
        std::fs::write(&path, bytes).expect("a file");
        let path = path.display().to_string();
        for arguments in [
            &["xml", &path][..],
            &["fhir", "convert", &path, "--to", "json"],
            &["fhir", "validate", &path],
            &["get", &path, "id.value", "--format", "xml"],
            &["profile", "show", &path],
        ] {
            let began = Instant::now();
            let done = sinew(arguments);
            assert!(began.elapsed() < Duration::from_secs(10), "{what}: {arguments:?} took {:?}", began.elapsed());
            assert!((0..=3).contains(&done.code), "{what}: {arguments:?}: {done:?}");
            let all = format!("{}{}", done.out, done.err);
            assert!(!all.contains(CANARY) && !all.contains("lollol"), "{what}: {arguments:?}: {all}");
        }
    }
    let asked = listener.accept().map(|_| ());
    assert_eq!(asked.map_err(|error| error.kind()), Err(ErrorKind::WouldBlock), "somebody asked the server");
}
