//! What would never end, or take everything: each ends, says how, and leaves the next run as it was.

use crate::fixture::*;
use script::{Bounds, Held, Input};
use std::time::{Duration, Instant};

/// Runs it with little time and memory; the code, and that the next run is well.
fn ends(source: &str, codes: &[&str]) {
    let begun = Instant::now();
    let (result, _) = run_with(source, &Input::One(Held::Text("a".repeat(40))), Fake::default(), quick());
    let took = begun.elapsed();
    let text = result.as_ref().err().map(|stop| stop.text.clone());
    let found = shown(result);
    assert!(codes.contains(&found.as_str()), "{found} of {source}: {text:?}");
    assert!(took < Duration::from_secs(5), "{took:?} for {source}");
    assert_eq!(answer("return value + 1"), "in1", "after {source}");
}

#[test]
fn loops_end() {
    for source in [
        "for (;;);",
        "while (true) {}",
        "do {} while (1)",
        "for (;;) { try { for (;;); } catch (e) {} finally { continue } }",
        "try { for (;;); } finally { for (;;); }",
        "const f = () => f2(); const f2 = () => 1; for (;;) f();",
        "const g = (function* () { for (;;) yield 1 })(); for (const x of g);",
        "const g = (function* () { for (;;) yield 1 })(); g.some(x => false)",
        "const g = (function* () { for (;;) yield 1 })(); g.drop(999999).next(); g.drop(999999).next(); g.forEach(() => 1)",
        "[...(function* () { for (;;) yield 1 })()]",
        "const it = { [Symbol.iterator]() { return { next: () => ({ done: false, value: 1 }) } } }; new Set(it)",
        "const it = { [Symbol.iterator]() { return { next: () => ({ done: false, value: 1 }) } } }; Array.from(it)",
        "const it = { [Symbol.iterator]() { return { next: () => ({ done: false, value: 1 }) } } }; const [...all] = it;",
        "let o = {}; Object.defineProperty(o, 'x', { get() { return o.x2 } }); Object.defineProperty(o, 'x2', { get() { for (;;); } }); o.x",
        "'a'.replace(/a/g, () => { for (;;); })",
        "[2, 1].sort(() => { for (;;); })",
        "JSON.stringify({ toJSON() { for (;;); } })",
        "JSON.parse('[1]', () => { for (;;); })",
        "`${{ toString() { for (;;); } }}`",
        "({ [Symbol.toPrimitive]() { for (;;); } }) + 1",
        "class A { static { for (;;); } }",
        "label: for (;;) { continue label }",
        "msg?.x; return { toString() { for (;;); } } + ''",
    ] {
        ends(source, &["E1442", "E1443"]);
    }
}

#[test]
fn regular_expressions_end() {
    ends("/^(a+)+$/.test(value + '!')", &["E1442"]);
    ends("/(a|aa)+$/.test(value.repeat(3) + '!')", &["E1442"]);
    ends("/^(.*?,){25}x/.test(','.repeat(400))", &["E1442"]);
    ends("value.repeat(1000).replace(/(a*)*b/, '')", &["E1442", "E1443", "E1441", "E1444"]);
    ends("(value + '!').split(/(a+)+b/)", &["E1442"]);
    ends("for (;;) /(?=a)/.test(value)", &["E1442"]);
}

#[test]
fn memory_is_bounded() {
    for source in [
        "const a = []; for (;;) a.push(new Array(1000).fill('x'))",
        "let s = 'x'; for (;;) s += s",
        "'x'.repeat(2 ** 29)",
        "'x'.padEnd(2 ** 29)",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, `${i}`.repeat(100))",
        "let o = {}; for (;;) o = { o, t: `${Math.sqrt(2)}`.repeat(100) }",
        "const a = ['x'.repeat(1000)]; for (;;) a.push(...a)",
        "Array.from({ length: 1000000 }, () => 'x'.repeat(100).toUpperCase())",
        "JSON.stringify(new Array(900000).fill('x'.repeat(100)))",
        "const s = 'x'.repeat(1e6); s.split('').map(c => [c])",
        "new Array(1e6).fill(1).map(x => ({ x })).flatMap(x => [x, x, x, x])",
        "const f = () => { const a = []; a.length = 1e5; a.fill(0); return () => a }; const k = []; for (;;) k.push(f())",
        "String.fromCharCode(...new Array(60000).fill(65)).repeat(9999)",
    ] {
        ends(source, &["E1443", "E1442", "E1441"]);
    }
    // Caught by the script, it is the script's own affair; the next one has its memory.
    for _ in 0..3 {
        ends(
            "const a = []; try { for (;;) a.push('x'.repeat(100000) + a.length) } catch (e) { return 'caught' }",
            &["caught"],
        );
    }
}

#[test]
fn depth_is_bounded() {
    for source in [
        "const f = () => f() + 1; f()",
        "const f = x => [x].map(f); f(1)",
        "class A { get x() { return this.x } } new A().x",
        "const o = { toString() { return `${this}` } }; `${o}`",
        "const a = []; a.push(a); a.flat(Infinity)",
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)",
        "const f = (...x) => f(...x, 1); f()",
        "'x'.replace(/x/, function f() { return 'x'.replace(/x/, f) })",
    ] {
        ends(source, &["E1444", "E1443"]);
    }
}

#[test]
fn built_ins_that_never_look_at_the_time_are_bounded() {
    for source in [
        "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
        "Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)",
        "Array.prototype.forEach.call({ length: 2 ** 53 - 1 }, () => 1)",
        "Array.prototype.reduce.call({ length: 2 ** 53 - 1 }, () => 1, 0)",
        "Array.prototype.includes.call({ get length() { return 2 ** 53 - 1 } }, 1)",
        "Array.prototype.reverse.call({ length: 2 ** 53 - 1 })",
        "Array.prototype.join.call({ length: 2 ** 53 - 1 })",
        "new Array(2 ** 32 - 1).indexOf(1)",
        "new Array(2 ** 32 - 1).join('')",
        "`${new Array(2 ** 32 - 1)}`",
        "[].concat(new Array(2 ** 32 - 1))",
        "const a = []; a[2 ** 32 - 2] = 1; a.sort()",
        "const a = []; a.length = 2 ** 32 - 1; a.every(x => x)",
        "new Set(new Array(2 ** 32 - 1))",
        "new Map(new Array(2 ** 32 - 1))",
        "JSON.stringify({}, new Array(2 ** 32 - 1))",
        "Array.from(new Array(2 ** 32 - 1))",
        "Array.from({ length: 2 ** 53 - 1 })",
        "[].values().drop(2 ** 50); new Array(2 ** 32 - 1).values().drop(2 ** 50).next()",
        "String.raw({ raw: { length: 2 ** 53 - 1 } })",
        "Math.max.apply(null, new Array(2 ** 32 - 1))",
        "Math.max(...new Array(2 ** 32 - 1))",
        "Reflect.apply(Math.max, null, { length: 2 ** 53 - 1 })",
        "'a'.repeat(4e6).indexOf('a'.repeat(2e6) + 'b')",
        "'a'.repeat(4e6).split('a'.repeat(2e6) + 'b')",
        "'a'.repeat(4e6).replaceAll('a'.repeat(2e6) + 'b', '')",
        "Object.groupBy(new Array(2 ** 32 - 1), x => x)",
        "const [...x] = new Array(2 ** 32 - 1)",
    ] {
        let begun = Instant::now();
        let (result, _) = run_with(source, &Input::One(Held::Empty), Fake::default(), quick());
        let found = shown(result);
        assert!(["E1441", "E1442", "E1443"].contains(&found.as_str()), "{found} of {source}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?} for {source}", begun.elapsed());
        assert_eq!(answer("return value"), "in", "after {source}");
    }
}

#[test]
fn the_same_steps_end_the_same_way() {
    let source = "let n = 0; while (n < 300000) n++; return n";
    let steps = |bounds| run_with(source, &Input::One(Held::Empty), Fake::default(), bounds).0;
    for _ in 0..5 {
        let outcome = steps(Bounds::default());
        let outcome = outcome.expect("it ends");
        assert!((590_000..=630_000).contains(&outcome.steps), "{}", outcome.steps);
        let short = Bounds { time: Duration::from_millis(5), ..Bounds::default() };
        assert_eq!(shown(steps(short)), "E1442");
    }
}

#[test]
fn a_long_text_passes() {
    let long = "x".repeat(4 * 1024 * 1024);
    let (result, _) = run_with(
        "return value.toUpperCase().length",
        &Input::One(Held::Text(long)),
        Fake::default(),
        Bounds::default(),
    );
    assert_eq!(shown(result), (4 * 1024 * 1024).to_string());
    assert_eq!(answer("return 'x'.repeat(1000).indexOf('xx')"), "0");
}
