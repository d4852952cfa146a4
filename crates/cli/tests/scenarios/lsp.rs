//! An editor talks to `sinew lsp` over its standard input and output.

use super::support::{Workspace, admission, command};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

const FLOW: &str = "interface adt \"Überweisung 😀\" {
  owner \"Tests\"
  receive mllp 127.0.0.1:0
  send store {
    http http://127.0.0.1:9/fhir
    map  maps/hub.map
  }
}
";
const MAP: &str = "map hub from hl7v2 2.5.1 ADT_A01 to fhir r4 Bundle {
  type = collection
  Patient as patient {
    gender = PID-8 | code sex
    each NK1 as kin { contact { name = kin-2[1] } }
    use own with PID
  }
  Encounter when PV1 exists {
    status  = unknown
    class   = PV1-2 | code patient-class-encounter-class
    subject = patient
  }
}
map segment PID own to Patient as pid { birthDate = pid-7 }
";
const SEX: &str = "from,from_name,to,to_system,to_name\nF,,female,http://hl7.org/fhir/administrative-gender,Female\n";

struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    root: String,
    number: u64,
    /// Findings by file, the last that came.
    findings: std::collections::BTreeMap<String, Value>,
}

impl Editor {
    fn open(workspace: &Workspace) -> Editor {
        let mut command = command(&["lsp"]);
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the binary starts");
        let (input, output) = (child.stdin.take().expect("stdin"), child.stdout.take().expect("stdout"));
        let root = format!("file://{}", workspace.path().display());
        let findings = std::collections::BTreeMap::new();
        let mut editor = Editor { child, input, output: BufReader::new(output), root, number: 0, findings };
        let root = editor.root.clone();
        let told = editor.ask("initialize", json!({"processId": null, "rootUri": root, "capabilities": {}}));
        assert_eq!(told["capabilities"]["positionEncoding"], "utf-16");
        editor.tell("initialized", json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("written");
        self.input.flush().expect("flushed");
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).expect("a line") > 0, "the server went away");
            if line == "\r\n" {
                break;
            }
            length = line.trim_end().strip_prefix("Content-Length: ").expect("a length").parse().expect("a number");
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).expect("the body");
        serde_json::from_slice(&body).expect("JSON")
    }

    fn tell(&mut self, method: &str, parameters: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": parameters}));
    }

    /// The whole answer; findings that come in between are kept.
    fn request(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let number = self.number;
        self.send(&json!({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}));
        loop {
            let message = self.read();
            if message["id"] == number {
                return message;
            }
            assert_eq!(message["method"], "textDocument/publishDiagnostics");
            let uri = message["params"]["uri"].as_str().expect("a file").to_owned();
            self.findings.insert(uri, message["params"]["diagnostics"].clone());
        }
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.request(method, parameters)["result"].clone()
    }

    fn uri(&self, file: &str) -> String {
        format!("{}/{file}", self.root)
    }

    fn open_file(&mut self, file: &str, text: &str) {
        let document = json!({"uri": self.uri(file), "languageId": "sinew", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&mut self, file: &str, text: &str) {
        let document = json!({"uri": self.uri(file), "version": 2});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}));
    }

    /// What is wrong with a file now: code, line, character and end.
    fn findings(&mut self, file: &str) -> Vec<(String, u64, u64, u64)> {
        let uri = self.uri(file);
        self.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": uri}}));
        let all = self.findings.get(&uri).and_then(Value::as_array).cloned().unwrap_or_default();
        let number = |value: &Value| value.as_u64().expect("a number");
        let one = |one: &Value| {
            let (start, end) = (&one["range"]["start"], &one["range"]["end"]);
            let code = one["code"].as_str().expect("a code").to_owned();
            (code, number(&start["line"]), number(&start["character"]), number(&end["character"]))
        };
        all.iter().map(one).collect()
    }

    /// A question about the place in front of `^` in a line.
    fn at(&mut self, method: &str, file: &str, text: &str, marked: &str) -> Value {
        let plain = marked.replace('^', "");
        let line = text.lines().position(|line| line.contains(&plain)).unwrap_or_else(|| panic!("{plain}"));
        let start = text.lines().nth(line).expect("the line").find(&plain).expect("the words");
        let before = &text.lines().nth(line).expect("the line")[..start + marked.find('^').expect("a mark")];
        let position = json!({"line": line, "character": before.encode_utf16().count()});
        let parameters = json!({"textDocument": {"uri": self.uri(file)}, "position": position});
        self.ask(method, parameters)
    }

    fn hover(&mut self, file: &str, text: &str, marked: &str) -> String {
        self.at("textDocument/hover", file, text, marked)["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// The texts that are offered.
    fn offers(&mut self, file: &str, text: &str, marked: &str) -> Vec<String> {
        self.change(file, text);
        let told = self.at("textDocument/completion", file, text, marked);
        let items = told["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["textEdit"]["newText"].as_str().expect("a text").to_owned()).collect()
    }

    fn close(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        assert_eq!(self.child.wait().expect("an end").code(), Some(0));
    }
}

fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("interfaces/adt/interface.flow", FLOW);
    workspace.write("interfaces/adt/maps/hub.map", MAP);
    workspace.write("interfaces/adt/tables/sex.csv", SEX);
    workspace.write("interfaces/adt/samples/a01.hl7", &admission("C1", "N1"));
    workspace
}

const HUB: &str = "interfaces/adt/maps/hub.map";
const ADT: &str = "interfaces/adt/interface.flow";

#[test]
fn findings_follow_what_is_typed() {
    let workspace = workspace();
    let mut editor = Editor::open(&workspace);
    editor.open_file(HUB, MAP);
    assert_eq!(editor.findings(HUB), []);
    editor.change(HUB, &MAP.replace("gender = PID-8", "gendr = PID-8"));
    assert_eq!(editor.findings(HUB), [("E2331".to_owned(), 3, 4, 9)]);
    editor.change(HUB, MAP);
    assert_eq!(editor.findings(HUB), []);
    // A file that is not saved counts, also for the files that use it; columns are UTF-16.
    editor.open_file(ADT, FLOW);
    let wrong = FLOW.replace("  owner \"Tests\"\n", "  owner \"Ä😀\" nobody\n");
    editor.change(ADT, &wrong);
    let (code, line, start, end) = editor.findings(ADT).remove(0);
    assert_eq!((code.as_str(), line, start, end), ("E3101", 1, 14, 20));
    editor.change(ADT, &FLOW.replace("hub.map", "hob.map"));
    assert!(editor.findings(ADT).iter().any(|(code, ..)| code == "E3115"));
    // Closed, the file on the disk counts again.
    let uri = editor.uri(ADT);
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert!(editor.findings(ADT).iter().all(|(code, ..)| code != "E3115"));
    editor.close();
}

#[test]
fn words_mean_something() {
    let workspace = workspace();
    let mut editor = Editor::open(&workspace);
    editor.open_file(HUB, MAP);
    editor.open_file(ADT, FLOW);
    let check = |editor: &mut Editor, marked: &str, says: &[&str]| {
        let told = editor.hover(HUB, MAP, marked);
        says.iter().for_each(|text| assert!(told.contains(text), "{marked}: `{text}` is not in:\n{told}"));
    };
    check(&mut editor, "= PI^D-8", &["Administrative Sex", "`F` Female", "table 0001"]);
    check(&mut editor, "ge^nder = PID-8", &["Patient.gender", "male | female", "required"]);
    check(&mut editor, "name = kin^-2", &["NK1-2", "Name", "XPN"]);
    check(&mut editor, "{ na^me = kin-2", &["Patient.contact.name", "HumanName"]);
    check(&mut editor, "| co^de sex", &["code TABLE", "to"]);
    check(&mut editor, "| code s^ex", &["table sex", "| F | female | Female |"]);
    check(&mut editor, "use o^wn with", &[]);
    check(&mut editor, "Enc^ounter when", &["Encounter"]);
    check(&mut editor, "subject = pat^ient", &["The Patient that this file calls `patient`"]);
    check(&mut editor, "birthDate = pid^-7", &["PID-7", "Date/Time of Birth"]);
    assert!(editor.hover(ADT, FLOW, "  rec^eive mllp").contains("receive"), "words of interfaces");
    editor.close();
}

#[test]
fn what_may_stand_there_is_offered() {
    let workspace = workspace();
    let mut editor = Editor::open(&workspace);
    editor.open_file(HUB, MAP);
    editor.open_file(ADT, FLOW);
    let check = |editor: &mut Editor, file: &str, text: &str, marked: &str, has: &[&str], lacks: &[&str]| {
        let offered = editor.offers(file, text, marked);
        has.iter()
            .for_each(|one| assert!(offered.iter().any(|found| found == one), "{marked}: no {one} in {offered:?}"));
        lacks.iter().for_each(|one| assert!(!offered.iter().any(|found| found == one), "{marked}: {one}"));
    };
    let with = |line: &str| MAP.replace("    gender = PID-8 | code sex\n", &format!("{line}\n"));
    check(
        &mut editor,
        HUB,
        &with("    ge"),
        "    ge^",
        &["gender", "multipleBirth[integer]", "each"],
        &["class", "Encounter"],
    );
    check(&mut editor, HUB, &with("    name.f"), "name.f^", &["name.family", "name.use"], &["gender"]);
    check(&mut editor, HUB, &with("    gender = PID-"), "PID-^", &["PID-8", "PID-39"], &["gender"]);
    check(&mut editor, HUB, &with("    gender = PID-5."), "PID-5.^", &["PID-5.1", "PID-5.14"], &["PID-8"]);
    check(&mut editor, HUB, &with("    gender = PID-8 | "), "PID-8 | ^", &["code", "upper", "use"], &["gender"]);
    check(&mut editor, HUB, &with("    gender = PID-8 | code "), "code ^", &["sex", "administrative-sex"], &["upper"]);
    check(&mut editor, HUB, &with("    name = PID-5 | use "), "use ^", &["XPN-HumanName"], &["upper"]);
    check(&mut editor, HUB, &MAP.replace("kin-2", "kin-"), "kin-^", &["kin-2", "kin-3"], &["PID-8"]);
    check(&mut editor, HUB, &with("  }\n  En"), "  En^", &["Encounter", "Observation"], &["gender"]);
    check(
        &mut editor,
        ADT,
        &FLOW.replace("    map  maps/hub.map\n", "    re\n"),
        "    re^",
        &["retry", "mllp"],
        &["owner"],
    );
    check(&mut editor, ADT, &FLOW.replace("maps/hub.map", ""), "map  ^", &["maps/hub.map"], &["samples/a01.hl7"]);
    check(&mut editor, ADT, &FLOW.replace("\"Tests\"", "\"T"), "\"T^", &[], &["receive"]);
    // The part of a word that is there is replaced, counted as the editor counts.
    let text = FLOW.replace("  owner \"Tests\"\n", "  owner \"😀\"\n  cri\n");
    editor.change(ADT, &text);
    let told = editor.at("textDocument/completion", ADT, &text, "  cri^");
    let item = told["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|item| item["label"] == "critical")
        .expect("critical")
        .clone();
    assert_eq!(item["textEdit"]["range"]["start"], json!({"line": 2, "character": 2}));
    assert_eq!(item["textEdit"]["range"]["end"], json!({"line": 2, "character": 5}));
    editor.close();
}

#[test]
fn places_lead_somewhere_and_files_are_laid_out() {
    let workspace = workspace();
    let mut editor = Editor::open(&workspace);
    editor.open_file(HUB, MAP);
    editor.open_file(ADT, FLOW);
    let place = |editor: &mut Editor, file: &str, text: &str, marked: &str| {
        let told = editor.at("textDocument/definition", file, text, marked);
        let uri = told["uri"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        (uri, told["range"]["start"]["line"].as_u64())
    };
    assert_eq!(place(&mut editor, HUB, MAP, "use o^wn"), ("hub.map".to_owned(), Some(13)));
    assert_eq!(place(&mut editor, HUB, MAP, "code s^ex"), ("sex.csv".to_owned(), Some(0)));
    assert_eq!(place(&mut editor, HUB, MAP, "subject = pat^ient"), ("hub.map".to_owned(), Some(2)));
    assert_eq!(place(&mut editor, ADT, FLOW, "maps/hub^.map"), ("hub.map".to_owned(), Some(0)));
    assert_eq!(place(&mut editor, ADT, FLOW, "rece^ive"), (String::new(), None));
    let uri = editor.uri(HUB);
    let symbols = editor.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": uri}}));
    assert_eq!((&symbols[0]["name"], &symbols[1]["name"]), (&"hub".into(), &"own".into()));
    assert_eq!(symbols[0]["children"][0]["name"], "Patient patient");
    let uri = editor.uri(ADT);
    let symbols = editor.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": uri}}));
    assert_eq!(symbols[0]["children"][1]["name"], "send store");
    let untidy = FLOW.replace("  owner", "        owner");
    editor.change(ADT, &untidy);
    let edits = editor.ask("textDocument/formatting", json!({"textDocument": {"uri": uri}, "options": {}}));
    assert!(edits[0]["newText"].as_str().is_some_and(|text| text.contains("\n  owner")), "{edits}");
    assert_eq!(edits[0]["range"]["start"], json!({"line": 0, "character": 0}));
    editor.change(ADT, "interface {{{ \"");
    assert_eq!(
        editor.ask("textDocument/formatting", json!({"textDocument": {"uri": uri}, "options": {}})),
        Value::Null
    );
    let refused = editor.request("textDocument/foldingRange", json!({"textDocument": {"uri": uri}}));
    assert_eq!(refused["error"]["code"], -32601);
    let refused = editor.request("textDocument/hover", json!({"textDocument": {"uri": uri}}));
    assert_eq!(refused["error"]["code"], -32602);
    editor.close();
}
