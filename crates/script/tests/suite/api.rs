//! What scripts may call, and what they are told when it fails.

use crate::fixture::*;
use script::{API, Bounds, Ending, Held, Input, Program};

fn after(source: &str) -> (String, Fake) {
    let mut fake = Fake::default();
    for (path, text) in [("PID-5.1", "EVERYWOMAN"), ("0/5.1", "7.2"), ("1/5.1", "8.4"), ("PV1-3.1", "W1")] {
        fake.values.insert(path.into(), Held::Text(text.into()));
    }
    fake.values.insert("PID-6".into(), Held::Null);
    let (result, fake) = run_with(source, &Input::Message, fake, Bounds::default());
    (shown(result), fake)
}

#[test]
fn values_in_three_states() {
    let check = |source: &str, path: &str, expect: Held| {
        let (result, fake) = after(source);
        assert_eq!(result, "nothing", "{source}");
        assert!(fake.values.get(path) == Some(&expect), "{source}: {:?}", fake.log);
    };
    check("msg.set('A-1', msg.get('PID-5.1').toLowerCase())", "A-1", Held::Text("everywoman".into()));
    check("msg.set('A-1', `${msg.get('PID-6')}${msg.get('PID-7') === ''}`)", "A-1", Held::Text("nulltrue".into()));
    check("msg.set('A-1', null)", "A-1", Held::Null);
    check("msg.set('A-1', '')", "A-1", Held::Empty);
    check("msg.set('A-1', 1.5)", "A-1", Held::Text("1.5".into()));
    check("msg.set('A-1', 3)", "A-1", Held::Text("3".into()));
    check("msg.set('A-1', ['x', 2, 'y'])", "A-1", Held::Text("x~2~y".into()));
    check("msg.each('OBX', o => o.set('8', o.get('5.1') + o.id + o.number))", "1/8", Held::Text("8.4OBX2".into()));
    check("msg.append('ZPD').set(1, 'x')", "7/1", Held::Text("x".into()));
    check("msg.set('A-1', table('units').get(msg.get('PV1-3.1')))", "A-1", Held::Text("4WEST".into()));
    check(
        "msg.set('A-1', `${table('units').get('no')} ${table('units').has('W1')}`)",
        "A-1",
        Held::Text("undefined true".into()),
    );
    check("msg.set('A-1', msg.all('PID-5.1').length + (msg.has('PID-6') ? 10 : 0))", "A-1", Held::Text("12".into()));
    let (_, fake) = after("msg.segments('OBX')[1].remove(); log('a', 1, {b: 2})");
    assert_eq!((fake.removed, fake.log), (vec![1], vec!["a 1 {\"b\":2}".to_owned()]));
}

#[test]
fn what_flows_through_a_pipe() {
    let check = |source: &str, input: Input, expect: &str| {
        assert_eq!(shown(run_with(source, &input, Fake::default(), Bounds::default()).0), expect, "{source}");
    };
    let list = || Input::Many(vec![Held::Text("a".into()), Held::Empty, Held::Null]);
    check("return value + value", Input::One(Held::Text("a".into())), "aa");
    check("return value", Input::One(Held::Null), "null");
    check("return value", list(), "a,empty,null");
    check("return value.length", list(), "3");
    check("return ['x', null, 7]", list(), "x,null,7");
    check("", list(), "nothing");
    check("return {}", list(), "E1449");
    check("return [[1]]", list(), "E1449");
    check("return NaN", list(), "E1449");
    check("return true", list(), "E1449");
    check("return msg.get('PID-5')", list(), "E1441");
}

#[test]
fn endings() {
    let check = |source: &str, expect: &str| {
        let (result, fake) = after(source);
        assert_eq!(result, expect, "{source}");
        assert!(!fake.values.contains_key("A-1"), "{source}: it went on");
    };
    check("msg.drop('a test ward'); msg.set('A-1', 'x')", "dropped: Some(\"a test ward\")");
    check("msg.park()", "parked: None");
    check("try { msg.drop('late') } catch (e) {} msg.set('A-1', 'x')", "dropped: Some(\"late\")");
    check("try { msg.park('a') } finally { try { msg.drop('b') } catch (e) {} }", "parked: Some(\"a\")");
    // What is made of the message is no reason that may be shown.
    check("msg.park('no ward ' + msg.get('PID-5.1'))", "parked: None");
}

#[test]
fn errors_say_where_and_never_what() {
    let check = |source: &str, code: &str, expect: &str| {
        let mut fake = Fake::default();
        fake.values.insert("PID-5.1".into(), Held::Text("EVERYWOMAN".into()));
        let (result, _) = run_with(source, &Input::Message, fake, Bounds::default());
        let stop = result.expect_err(source);
        assert_eq!((stop.code.id, stop.text.as_str()), (code, expect), "{source}");
        assert!(!stop.text.contains("EVERYWOMAN"));
    };
    let head = "scripts/test.js line";
    check("\n\n  msg.gett('PID-5')", "E1441", &format!("{head} 3 column 7: not a function"));
    check(
        "const a = {};\nreturn a[msg.get('PID-5.1')].x;",
        "E1441",
        &format!("{head} 2 column 14: cannot read property 'x' of undefined"),
    );
    check(
        "let a;\nreturn a[msg.get('PID-5.1')];",
        "E1441",
        &format!("{head} 2 column 14: cannot read property '…' of undefined"),
    );
    check("throw new Error('bad name ' + msg.get('PID-5.1'))", "E1441", &format!("{head} 1 column 35: bad name …"));
    check("msg.get('?')", "E1446", &format!("{head} 1 column 5: `?`: this is no path"));
    check("msg.get(msg.get('PID-5.1') ? '?' : '')", "E1446", &format!("{head} 1 column 13: `?`: this is no path"));
    check("table('nope')", "E1450", &format!("{head} 1 column 1: `nope`: there is no such code table"));
    check("table(msg.get('PID-5.1'))", "E1450", &format!("{head} 1 column 11: there is no such code table"));
    check("throw 7", "E1441", "scripts/test.js: the script threw what is no error");
    check(
        "function inner() {\n  null.x;\n}\ninner();",
        "E1441",
        &format!("{head} 2 column 3: cannot read property 'x' of null"),
    );
    check(
        "msg.set('A-1')",
        "E1441",
        &format!(
            "{head} 1 column 5: a value is a text, a number, null for \"delete what you have\", or \"\" for nothing"
        ),
    );
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    let check = |source: &str, line: u32, part: &str| {
        let stop = Program::compile("test", "scripts/test.js", source).expect_err(source);
        assert_eq!(stop.code.id, "E1440", "{stop}");
        assert_eq!(stop.place.line, line, "{stop}: {source}");
        assert!(stop.text.contains(part), "{stop}");
    };
    check("let a = ;", 1, "column 9");
    check("let a = 1;\nlet a = 2;", 2, "invalid redefinition of lexical identifier");
    check("a b", 1, "");
    check("if (x) {\n", 1, "missing");
    check("import x from 'fs';", 1, "");
    check("return 1;\nexport default 2;", 2, "");
    check("with (msg) {}", 1, "");
    check("await msg", 1, "");
    check("const n = 2n ** 64n", 1, "12n");
    assert_eq!(Program::compile("t", "t.js", &" ".repeat(300_000)).unwrap_err().code.id, "E1451");
}

#[test]
fn every_example_of_the_reference_can_be_read() {
    for entry in API {
        compile(entry.example);
    }
}

#[test]
fn grants() {
    assert_eq!(answer("return Date.now()"), "E1441");
    assert_eq!(answer("return new Date()"), "E1441");
    assert_eq!(answer("return Date()"), "E1441");
    assert_eq!(answer("return Math.random()"), "E1441");
    let granted = |source: &str| {
        let fake = Fake { now: Some(1_772_348_889_123.0), random: Some(0.25), ..Fake::default() };
        shown(run_with(source, &Input::One(Held::Empty), fake, Bounds::default()).0)
    };
    assert_eq!(granted("return new Date().toISOString()"), "2026-03-01T07:08:09.123Z");
    assert_eq!(granted("return Date.now()"), "1772348889123");
    assert_eq!(granted("return Math.random()"), "0.25");
    // Everywhere the same, whatever the zone of the machine.
    let check = |source: &str, expect: &str| assert_eq!(answer(source), expect, "{source}");
    check("return new Date(2026, 2, 29, 2, 30).toISOString()", "2026-03-29T02:30:00.000Z");
    check("return new Date('2026-03-29T02:30').toISOString()", "2026-03-29T02:30:00.000Z");
    check("return new Date('2026-03-29T02:30:00+02:00').toISOString()", "2026-03-29T00:30:00.000Z");
    check("return new Date('2026-03-29').getTimezoneOffset()", "0");
    check(
        "const d = new Date(0); d.setHours(5); return d.getHours() + ' ' + d.toString()",
        "5 Thu, 01 Jan 1970 05:00:00 GMT",
    );
    check("return new Date(new Date(5)).getTime()", "5");
    check("return (class extends Date {}, new (class extends Date {})(9)).getTime()", "9");
}

#[test]
fn a_park_says_where() {
    let (result, _) = run_with("\nmsg.park('x')", &Input::Message, Fake::default(), Bounds::default());
    let Ok(outcome) = result else { panic!() };
    assert!(matches!(outcome.ending, Ending::Parked(_, place) if place.line == 2), "{:?}", outcome.ending);
}
