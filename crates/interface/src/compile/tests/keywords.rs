//! Every example of the keyword table checks without findings, at the place where its word belongs.

use super::{brief, flow, load_with};
use crate::keywords::{KEYWORDS, Within};

#[test]
fn examples_are_clean() {
    for keyword in KEYWORDS.iter().filter(|keyword| !keyword.is_later) {
        let example = keyword.example;
        let (text, file) = match (keyword.within, keyword.word) {
            (Within::File, "interface") => (example.replace("lab-oru", "demo"), None),
            (Within::File, "block") => (flow("", ""), Some(example)),
            (Within::File, _) => (flow("", &example.replace("a message is kept", "again")), None),
            (Within::Interface, "owner") => {
                (flow("", "").replacen("owner \"Team\" contact it@example.org oncall 5-0100", example, 1), None)
            }
            (Within::Interface, "receive") => (flow("", "").replacen("receive mllp 2575", example, 1), None),
            (Within::Interface, "send") => {
                (flow(example, "test \"t\" {\n given samples/a01.hl7\n expect pharmacy sent\n}"), None)
            }
            (Within::Interface, "publish") => {
                (flow(example, "test \"t\" {\n given samples/a01.hl7\n expect lab-results sent\n}"), None)
            }
            (Within::Receive, "when") => {
                let receive = format!("receive topic adt {{\n{example}\n}}");
                (flow("", "").replacen("receive mllp 2575", &receive, 1), None)
            }
            (_, "enrich") => (flow(&format!("lookup census http x\n{example}"), ""), None),
            (Within::Interface, _) => (flow(example, ""), None),
            (Within::Receive, _) => {
                let is_other = matches!(keyword.word, "messages" | "id");
                let connector = if is_other { "file in" } else { "mllp 2575" };
                (flow("", "").replacen("receive mllp 2575", &format!("receive {connector} {{\n{example}\n}}"), 1), None)
            }
            (Within::Route, "case" | "set") => {
                (flow(&format!("route first {{\n{example}\ndefault archive\n}}"), ""), None)
            }
            (Within::Route, _) => (flow(&format!("route every {{\n{example}\n}}"), ""), None),
            (Within::Send, _) => {
                let order = if ["order", "lanes", "priority"].contains(&keyword.word) { "" } else { "\n" };
                (flow("", "").replacen("file out", &format!("file out\n{example}{order}"), 1), None)
            }
            (Within::Test, _) => {
                let (given, expect) = ("given samples/a01.hl7", "expect archive sent");
                let lines = match keyword.word {
                    "given" => format!("{example}\n{expect}"),
                    "expect" => format!("{given}\n{example}"),
                    _ => format!("{given}\n{example}\n{expect}"),
                };
                (flow("", &format!("test \"example\" {{\n{lines}\n}}")), None)
            }
        };
        let mut more: Vec<(&str, &str)> = file.map(|text| ("shared/owner-lab.flow", text)).into_iter().collect();
        let other = other(keyword.within, keyword.word);
        let place =
            if keyword.word == "on" { "interfaces/refusals/interface.flow" } else { "interfaces/other/interface.flow" };
        more.extend(other.as_deref().map(|text| (place, text)));
        let (workspace, findings) = load_with(&text, &more);
        assert_eq!(
            brief(&text, &findings),
            Vec::<String>::new(),
            "{} {:?}\n{text}\n{findings:?}",
            keyword.word,
            keyword.within
        );
        assert_eq!(workspace.definitions.len(), 1 + usize::from(other.is_some()), "{}", keyword.word);
    }
}

/// The other end, for words that are nothing without one.
fn other(within: Within, word: &str) -> Option<String> {
    let (lines, expect) = match (within, word) {
        (Within::Interface, "publish") => ("receive topic lab-results", ""),
        (Within::Send, "on") => ("receive interface", ""),
        (Within::Receive, "when") => ("receive mllp 2576\npublish adt", "expect adt sent"),
        _ => return None,
    };
    let given = "given \"\"\"MSH|^~\\\\&|A|B\"\"\"";
    let name = if word == "on" { "refusals" } else { "other" };
    Some(format!(
        "interface {name} {{\nowner \"T\"\n{lines}\nsend archive {{\n file other\n}}\n}}\n\
         test \"t\" {{\n{given}\nexpect archive sent\n{expect}\n}}"
    ))
}

#[test]
fn later_words_say_so() {
    for keyword in KEYWORDS.iter().filter(|keyword| keyword.is_later) {
        let line = format!("{} x", keyword.word);
        let text = match keyword.within {
            Within::File => flow("", &line),
            Within::Interface => flow(&line, ""),
            Within::Send => flow("", "").replacen("file out", &format!("file out\n{line}"), 1),
            Within::Receive | Within::Route | Within::Test => unreachable!("none so far"),
        };
        let findings = load_with(&text, &[]).1;
        let codes: Vec<String> = brief(&text, &findings);
        assert_eq!(codes, [format!("E3104 {}", keyword.word)], "{findings:?}");
    }
}

#[test]
fn words_have_one_entry_a_place() {
    for (index, keyword) in KEYWORDS.iter().enumerate() {
        let same = |other: &&crate::keywords::Keyword| other.word == keyword.word && other.within == keyword.within;
        assert!(KEYWORDS.iter().take(index).find(same).is_none(), "{} {:?}", keyword.word, keyword.within);
    }
}
