//! Scripts over messages: the same bytes as lines would make, places of the segments they hold, bounds, replay.

use super::*;
use crate::Table;
use message::Timestamp;

const ORU: &str = "MSH|^~\\&|LAB|NORTH|||20260301070809||ORU^R01|MSG1|P|2.5.1\rPID|1||483^^^HOSP^MR~77^^^SSA^SS||EVERYWOMAN^EVE^^\"\"||\"\"|F\r\
    OBR|1|||GLU\rOBX|1|NM|GLU||7.2|mmol/l|||||F\rNTE|1||first\rOBX|2|NM|K||4.1|mmol/l|||||X\rOBX|3|TX|TXT||a\\T\\b~c||||||F\r";
const NOW: Timestamp = Timestamp(1_772_348_889_123_000);

fn tables() -> Tables {
    let mut tables = Tables::default();
    let (table, found) = Table::parse("units", &"units".into(), "from,to,floor\n4WEST,4W,4\n*,OTHER,0\n");
    assert!(found.is_empty());
    tables.insert(table);
    tables
}

fn script(source: &str, grants: Grants) -> Script {
    let program = Program::compile("test", "scripts/test.js", source).unwrap_or_else(|stop| panic!("{stop}: {source}"));
    Script::new(Arc::new(program), &tables(), grants, Bounds::default())
}

fn apply(source: &str, grants: Grants) -> (Result<Verdict, Fault>, String, Run) {
    let (mut message, _) = Message::parse(ORU);
    let mut run = Run::new(NOW, 7);
    let verdict = script(source, grants).apply(&mut message, &mut run);
    (verdict, String::from_utf8(message.to_bytes().to_vec()).unwrap(), run)
}

/// The message after the script, as what was replaced in the one before.
fn changes(source: &str, changed: &[(&str, &str)]) {
    let (verdict, after, _) = apply(source, Grants::default());
    assert_eq!(verdict, Ok(Verdict::Done), "{source}");
    let mut expect = ORU.to_owned();
    for (before, behind) in changed {
        assert!(expect.contains(before), "{before}");
        expect = expect.replacen(before, behind, 1);
    }
    assert_eq!(after, expect, "{source}");
}

fn says(source: &str, expect: &str) {
    let (verdict, _, run) = apply(&format!("log({source})"), Grants::default());
    assert_eq!(verdict, Ok(Verdict::Done), "{source}");
    assert_eq!(run.log[0].reveal(), expect, "{source}");
}

#[test]
fn nothing_done_is_nothing_changed() {
    changes("", &[]);
    changes("msg.get('PID-5'); msg.each('OBX', o => o.get(5)); msg.all('OBX-5')", &[]);
}

#[test]
fn reading() {
    says("msg.get('PID-5.1')", "EVERYWOMAN");
    says("msg.get('PID-3')", "483^^^HOSP^MR");
    says("msg.get('PID-3[2].1')", "77");
    says("msg.get('PID-3[.5=SS].1')", "77");
    says("JSON.stringify(msg.all('PID-3.1'))", "[\"483\",\"77\"]");
    says("JSON.stringify(msg.all('OBX-5'))", "[\"7.2\",\"4.1\",\"a&b\",\"c\"]");
    says("JSON.stringify(msg.all('OBX[3]-5'))", "[\"a&b\",\"c\"]");
    says("JSON.stringify([msg.get('PID-5.4'), msg.get('PID-9'), msg.get('PV1-2')])", "[null,\"\",\"\"]");
    says("JSON.stringify([msg.has('PID-5.4'), msg.has('PID-9'), msg.has('PID-8')])", "[true,false,true]");
    says("msg.get('event') + msg.get('facility')", "R01NORTH");
    says("msg.segments().map(s => s.id + s.number).join()", "MSH1,PID1,OBR1,OBX1,NTE1,OBX2,OBX3");
    says("msg.segments('OBX').map(s => s.get('OBX-3') + s.get('5[2]') + s.get(5)).join()", "GLU7.2,K4.1,TXTca&b");
    says("msg.raw.length", &ORU.len().to_string());
    says(
        "[table('units').get('4WEST'), table('units').get('x'), table('units').get('4WEST', 'floor'), table('units').has('x')].join()",
        "4W,OTHER,4,false",
    );
}

#[test]
fn writing() {
    changes("msg.set('PID-8', 'U')", &[("|\"\"|F", "|\"\"|U")]);
    changes("msg.set('PID-5.1', 'A|B')", &[("EVERYWOMAN", "A\\F\\B")]);
    changes("msg.set('PID-5.2', null)", &[("EVERYWOMAN^EVE", "EVERYWOMAN^\"\"")]);
    changes("msg.set('PID-8', '')", &[("\"\"|F\r", "\"\"|\r")]);
    changes("msg.set('PID-3[+].1', 9)", &[("SSA^SS|", "SSA^SS~9|")]);
    changes("msg.set('PID-3', ['1', '2'])", &[("483^^^HOSP^MR~77^^^SSA^SS", "1~2")]);
    changes("msg.set('ZPD-2', 'x')", &[("~c||||||F\r", "~c||||||F\rZPD||x\r")]);
    changes("msg.remove('PID-3[2]')", &[("~77^^^SSA^SS", "")]);
    changes("msg.remove('NTE')", &[("NTE|1||first\r", "")]);
    changes("msg.append('ZPD').set('1', 'x').set(2, 'y')", &[("~c||||||F\r", "~c||||||F\rZPD|x|y\r")]);
    changes("msg.set('OBX[+]-1', '4')", &[("~c||||||F\r", "~c||||||F\rOBX|4\r")]);
}

#[test]
fn segments_keep_their_place_while_others_come_and_go() {
    changes(
        "msg.each('OBX', o => { if (o.get(11) === 'X') o.remove(); else o.set(11, 'C') })",
        &[("OBX|2|NM|K||4.1|mmol/l|||||X\r", ""), ("7.2|mmol/l|||||F", "7.2|mmol/l|||||C"), ("~c||||||F", "~c||||||C")],
    );
    changes(
        "msg.each('OBX', o => o.insertAfter('NTE').set(3, o.get(3)))",
        &[
            ("|||||F\rNTE", "|||||F\rNTE|||GLU\rNTE"),
            ("|||||X\r", "|||||X\rNTE|||K\r"),
            ("~c||||||F\r", "~c||||||F\rNTE|||TXT\r"),
        ],
    );
    changes(
        "const all = msg.segments('OBX'); all[0].insertBefore('OBX').set(1, 'new'); all.forEach(o => o.set(8, o.number))",
        &[
            ("OBX|1|NM|GLU||7.2|mmol/l||", "OBX|new\rOBX|1|NM|GLU||7.2|mmol/l||2"),
            ("OBX|2|NM|K||4.1|mmol/l||", "OBX|2|NM|K||4.1|mmol/l||3"),
            ("~c|||", "~c|||4"),
        ],
    );
    let (verdict, _, _) = apply("const o = msg.segments('OBX')[1]; msg.remove('OBX[2]'); o.get(1)", Grants::default());
    assert_eq!(verdict.unwrap_err().code.id, "E1446");
    says("(() => { const o = msg.segments('OBX')[2]; msg.remove('OBX[1]'); return o.number + o.get(3) })()", "2TXT");
    says(
        "(() => { const n = msg.segments('NTE')[0]; msg.segments('OBX')[0].insertAfter('NTE'); return n.number + n.get(3) })()",
        "2first",
    );
}

#[test]
fn refusals() {
    let check = |source: &str, code: &str, part: &str| {
        let fault = apply(source, Grants::default()).0.expect_err(source);
        assert_eq!(fault.code.id, code, "{fault}");
        assert!(fault.text.contains(part), "{fault}");
        assert!(fault.text.starts_with("scripts/test.js line 1 column"), "{fault}");
        assert!(!fault.text.contains("EVERYWOMAN"), "{fault}");
    };
    check("msg.get('PID5')", "E1446", "`PID5`:");
    check("msg.get('pid-5')", "E1446", "`pid-5`:");
    check("msg.get('PID')", "E1446", "names no value");
    check("msg.get('PID-3[+]')", "E1446", "[+]");
    check("msg.get('now')", "E1446", "no path");
    check("msg.get(msg.get('PID-5.1'))", "E1446", "no path");
    check("msg.set(`PID-${msg.get('PID-5.1')}`, 1)", "E1446", "no path");
    check("msg.set('MSH-2', 'x')", "E1446", "separators");
    check(
        "msg.set('PV1-2', 'I')",
        "E2405",
        "`PV1-2`: this place cannot be written: the message has no such PV1 segment",
    );
    check("msg.set('PID', 'x')", "E1446", "whole segment");
    check("msg.remove('MSH')", "E1446", "keeps its MSH");
    check("msg.append('MSH')", "E1446", "one MSH");
    check("msg.append('pid')", "E1446", "capitals");
    check("msg.segments('OBX-5')", "E1446", "capitals");
    check("table('nope')", "E1450", "`nope`");
    check("table('units').get('x', 'nope')", "E1450", "column");
    check("for (let i = 0; i < 200; i++) log(i)", "E1447", "100 lines");
    check("const long = 'x'.repeat(8000000); for (;;) msg.set('PID-5.1', long)", "E1447", "more into its message");
}

#[test]
fn endings() {
    assert_eq!(apply("msg.drop('a test')", Grants::default()).0, Ok(Verdict::Dropped));
    let fault = apply("\nmsg.park('no ward')", Grants::default()).0.unwrap_err();
    assert_eq!((fault.code.id, fault.text.as_str()), ("E1448", "scripts/test.js line 2: no ward"));
    let fault = apply("msg.park('no ward for ' + msg.get('PID-5.1'))", Grants::default()).0.unwrap_err();
    assert!(fault.code.id == "E1448" && !fault.text.contains("EVERYWOMAN"), "{fault}");
}

#[test]
fn the_same_message_gives_the_same_again() {
    let all = Grants { clock: true, random: true };
    let source = "msg.set('ZZZ-1', `${Math.random()} ${Math.random()} ${Date.now()} ${new Date().toISOString()}`)";
    let (first, second) = (apply(source, all).1, apply(source, all).1);
    assert_eq!(first, second);
    assert!(first.contains("1772348889123 2026-03-01T07:08:09.123Z"), "{first}");
    let drawn: Vec<&str> = first.rsplit("ZZZ|").next().unwrap().split(' ').take(2).collect();
    assert_ne!(drawn[0], drawn[1]);
    assert!(apply("Date.now()", Grants { random: true, clock: false }).0.is_err());
    assert!(apply("Math.random()", Grants { random: false, clock: true }).0.is_err());
}

#[test]
fn fuel_of_the_message_is_used() {
    let (mut message, _) = Message::parse(ORU);
    let mut run = Run::new(NOW, 7);
    run.fuel = 10;
    let fault =
        script("for (let i = 0; i < 20; i++) msg.get('PID-5')", Grants::default()).apply(&mut message, &mut run);
    assert_eq!(fault.unwrap_err().code.id, "E2404");
    assert_eq!(run.fuel, 0);
}

#[test]
fn scripts_are_found_by_name() {
    let mut scripts = Scripts::default();
    assert!(scripts.add("good", "scripts/good.js", "return 1").is_none());
    let finding = scripts.add("bad", "scripts/bad.js", "let a = ;").unwrap();
    assert_eq!(finding.code.id, "E1440");
    assert!(matches!(&finding.locations[0], Location::Text { span, .. } if *span == (8..9)), "{finding:?}");
    assert!(scripts.find("god").unwrap_err().hint.unwrap().contains("good"));
    assert!(scripts.find("bad").is_err());
    let program = Program::compile("t", "t.js", "table('unit'); table('units')").unwrap();
    let unknown = unknown_tables(&program, &tables());
    assert_eq!(unknown.len(), 1);
    assert!(unknown[0].code.id == "E2671" && unknown[0].hint.as_deref().unwrap().contains("units"));
}

#[test]
fn other_formats_by_their_paths() {
    let form = crate::Form::of(message::Format::Json);
    let run_on = |source: &str, text: &str| {
        let program = Arc::new(Program::compile("s", "scripts/s.js", source).unwrap());
        let script = Script::new(program, &Tables::default(), Grants::default(), Bounds::default());
        let crate::Matter::Other(mut document) = crate::Matter::read(&form, text.to_owned()).0 else { panic!("JSON") };
        let mut run = Run::new(message::Timestamp(0), 0);
        let verdict = script.apply_to_document(&mut document, &mut run).map_err(|fault| fault.code.id)?;
        Ok::<_, &str>((verdict, String::from_utf8(document.write().to_vec()).unwrap()))
    };
    let text = "{\"mrn\": \"7\", \"items\": [{\"n\": 1}, {\"n\": 2}]}";
    let made = run_on(
        "msg.set('sum', String(msg.all('items[*].n').reduce((a, b) => a + Number(b), 0))); msg.set('items[1].n', '5');",
        text,
    );
    let made = made.unwrap().1;
    assert!(
        made.starts_with("{\"mrn\": \"7\", \"items\": [{\"n\": 5}, {\"n\": 2}]") && made.contains("\"3\""),
        "{made}"
    );
    assert_eq!(run_on("if (msg.get('mrn') === '7') msg.drop('no')", text).unwrap().0, Verdict::Dropped);
    assert_eq!(run_on("msg.segments('PID')", text).unwrap_err(), "E1446");
    assert_eq!(run_on("msg.set('a[', 'x')", text).unwrap_err(), "E1446");
}
