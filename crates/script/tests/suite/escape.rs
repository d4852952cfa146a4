//! Ways out of the box, and ways to leave something behind for the next message: none leads anywhere.

use crate::fixture::*;
use script::{Bounds, Held, Input, Program};

/// The text throws, whatever it throws.
fn refused(source: &str) {
    let found = answer(&format!("try {{ {source} }} catch (e) {{ return 'refused'; }} return 'done';"));
    assert_eq!(found, "refused", "{source}");
}

#[test]
fn there_is_nothing_but_the_language() {
    let names = "require process fetch setTimeout setInterval setImmediate queueMicrotask console print std os scriptArgs \
        gc WebAssembly Worker XMLHttpRequest eval Promise Proxy WeakRef WeakMap WeakSet FinalizationRegistry SharedArrayBuffer \
        Atomics ArrayBuffer Uint8Array DataView performance navigator BigInt DOMException escape unescape structuredClone";
    for name in names.split_whitespace() {
        assert_eq!(
            answer(&format!("return typeof {name} + (('{name}' in globalThis) ? '!' : '')")),
            "undefined",
            "{name}"
        );
    }
}

#[test]
fn no_code_is_made_of_texts() {
    for source in [
        "eval('1')",
        "(0, eval)('1')",
        "new Function('return 1')()",
        "Function('return 1')()",
        "(() => {}).constructor('return 1')()",
        "[].map.constructor('return 1')()",
        "msg.get.constructor('return 1')()",
        "log.constructor('return 1')()",
        "''.constructor.constructor('return 1')()",
        "(async () => {}).constructor('return 1')()",
        "(function* () {}).constructor('yield 1')()",
        "(async function* () {}).constructor('yield 1')()",
        "Reflect.construct(Function, ['return 1'])",
        "Reflect.construct((function* () {}).constructor, ['return 1'])",
        "Object.getPrototypeOf(function () {}).constructor('return 1')()",
        "Reflect.apply(Reflect.getPrototypeOf(class {}).constructor, null, ['return 1'])",
        "(class extends Function {}, new (class extends Function {})('return 1'))",
        "JSON.parse('{\"a\":1}', (0).constructor.constructor)",
        "globalThis.eval = () => 1",
        "arguments.callee",
        "(function () { return arguments.callee })()",
        "log.caller",
    ] {
        refused(source);
    }
}

#[test]
fn a_script_is_the_inside_of_one_function() {
    for source in [
        "}); globalThis.leak = 1; (function () {",
        "}, function () {} ); let kept = 0; (function () { kept++;",
        "} }); let kept = 0; ({ script() {",
        "}; let kept = 0; function again() {",
        "}, [log]() {",
        "}) /* ",
        "}, ...[1], function () {",
    ] {
        let stop = Program::compile("t", "t.js", source).expect_err(source);
        assert_eq!(stop.code.id, "E1440", "{source}");
    }
    // What is valid both ways has no room for a state.
    let split = Program::compile("t", "t.js", "}, function () { return 'second'");
    assert!(split.is_ok());
}

#[test]
fn what_is_there_is_frozen() {
    for source in [
        "leak = 1",
        "globalThis.leak = 1",
        "this.leak = 1",
        "undefined = 1",
        "Object.prototype.leak = 1",
        "Array.prototype.push = () => 1",
        "Array.prototype[Symbol.iterator] = function* () {}",
        "String.prototype.trim = () => 'x'",
        "({}).__proto__.leak = 1",
        "({}).constructor.prototype.leak = 1",
        "Object.defineProperty(Object.prototype, 'leak', { value: 1 })",
        "Object.setPrototypeOf(Object.prototype, {})",
        "Object.setPrototypeOf(Array.prototype, {})",
        "RegExp.prototype.exec = () => null",
        "Object.getPrototypeOf(/a/).lastIndex = 1",
        "(function* () {}).prototype.__proto__.__proto__.next = 1",
        "Object.getPrototypeOf((async () => {})()).then = 1",
        "Error.prepareStackTrace = () => 1",
        "Error.stackTraceLimit = 1",
        "msg.get = () => 'x'",
        "msg.kept = 1",
        "table.kept = 1",
        "log.kept = 1",
        "Math.random = () => 1",
        "Math.kept = 1",
        "JSON.kept = 1",
        "Reflect.kept = 1",
        "Symbol.kept = 1",
        "Symbol.prototype.kept = 1",
        "Date.prototype.kept = 1",
        "Map.prototype.kept = 1",
        "Iterator.prototype.kept = 1",
        "[].values().__proto__.next = 1",
        "''.matchAll(/a/g).__proto__.next = 1",
        "delete Array.prototype.map; Array.prototype.map.kept = 1",
        "Object.freeze = 1",
    ] {
        refused(source);
    }
}

/// Walks everything that a script can reach without making it, and names what is not frozen.
const WALK: &str = r"
  const seen = new Set(), loose = [], setters = [];
  const walk = (one, path, depth) => {
    if ((typeof one !== 'object' && typeof one !== 'function') || one === null || seen.has(one)) return;
    seen.add(one);
    if (!Object.isFrozen(one)) loose.push(path);
    const up = Object.getPrototypeOf(one);
    if (up !== null) walk(up, path + '.__proto__', depth);
    for (const key of Reflect.ownKeys(one)) {
      const own = Object.getOwnPropertyDescriptor(one, key);
      const at = path + '.' + String(key);
      if ('value' in own) walk(own.value, at); else { walk(own.get, at); walk(own.set, at); if (own.set) setters.push(at); }
    }
  };
  for (const [name, one] of [['global', globalThis], ['msg', msg], ['table', table], ['log', log]]) walk(one, name);
  const made = [[].values(), new Map().values(), new Set().values(), ''[Symbol.iterator](), 'a'.matchAll(/a/g),
    (function* () {})().__proto__, (async function* () {})().__proto__, [1].values().map(x => x), [1].values().filter(x => x),
    [1].values().flatMap(x => [x]), [1].values().take(1), [1].values().drop(1), Iterator.from({ next() {} }), /a/, new Date(0),
    new Error('x'), new TypeError('x'), (async () => {})(), () => 1, function () {}, class {}, Symbol.iterator, new Map(), new Set(),
    'x', 1, true, JSON, (function () { return arguments })(), (s => s)`a`, msg.append('ZZZ')];
  made.forEach((one, at) => walk(Object.getPrototypeOf(Object(one)), 'made' + at));
  if (loose.length > 0) log('loose', loose.join(' '));
  log('setters', setters.join(' '));
  log('seen', seen.size);
";

#[test]
fn nothing_within_reach_can_hold_a_value() {
    let bounds = Bounds { time: std::time::Duration::from_secs(2), ..Bounds::default() };
    let (result, fake) = run_with(WALK, &Input::Message, Fake::default(), bounds);
    // The walk makes a promise, which nobody waits for; that alone is refused, at its end.
    assert!(matches!(shown(result).as_str(), "nothing" | "E1445"), "{:?}", fake.log);
    assert!(!fake.log.iter().any(|line| line.starts_with("loose")), "{:?}", fake.log);
    // Setters that run without asking whether their object is frozen: those of the standard keep nothing.
    let setters = fake.log.iter().find_map(|line| line.strip_prefix("setters ")).expect("told");
    for setter in setters.split(' ').filter(|setter| !setter.is_empty()) {
        let is_known = ["__proto__", "Symbol(Symbol.toStringTag)", "constructor", "caller", "arguments", "stack"]
            .iter()
            .any(|name| setter.ends_with(name));
        assert!(is_known, "{setter}");
    }
    let seen = fake.log.iter().find_map(|line| line.strip_prefix("seen ")).expect("told");
    assert!(seen.parse::<usize>().is_ok_and(|seen| seen > 300), "{seen}");
}

/// Each pair: what one message tries to leave, and what the next looks for.
#[test]
fn nothing_stays_for_the_next_message() {
    let tries = [
        ("try { globalThis.kept = value } catch (e) {}", "return typeof kept"),
        ("try { Object.prototype.kept = value } catch (e) {}", "return String({}.kept)"),
        ("try { Array.prototype.kept = value } catch (e) {}", "return String([].kept)"),
        ("try { log.kept = value } catch (e) {}", "return String(log.kept)"),
        (
            "try { Error.prepareStackTrace = () => value } catch (e) {}",
            "return String(new Error('x').stack).includes('SECRET') ? 'kept' : 'undefined'",
        ),
        ("try { 'SECRET'.match(/S(.*)T/) } catch (e) {}", "return String(RegExp.$1 || RegExp.lastMatch)"),
        (
            "const tag = s => s; try { tag`a`.kept = value } catch (e) {}",
            "const tag = s => s; return String(tag`a`.kept)",
        ),
        (
            "try { Iterator.prototype[Symbol.toStringTag] = value } catch (e) {}",
            "return Iterator.prototype[Symbol.toStringTag] === 'Iterator' ? 'undefined' : 'kept'",
        ),
        (
            "try { Iterator.prototype.constructor = value } catch (e) {}",
            "return Iterator.prototype.constructor === Iterator ? 'undefined' : 'kept'",
        ),
        (
            "try { Error.prototype.stack = value } catch (e) {}",
            "return String(Error.prototype.stack).includes('SECRET') ? 'kept' : 'undefined'",
        ),
        (
            "try { Function.prototype.caller = value } catch (e) {}",
            "try { return String(Function.prototype.caller) } catch (e) { return 'undefined' }",
        ),
        ("try { msg.kept = value } catch (e) {}", "return String((msg || {}).kept)"),
        ("(async () => { await 1; log(value) })()", "return 'undefined'"),
        ("try { Symbol.for('SECRET').description } catch (e) {}", "return typeof Symbol.for"),
        ("new Set([1]).add(value); new Map().set(value, value)", "return String(new Set().size || undefined)"),
    ];
    for (leave, look) in tries {
        let secret = Input::One(Held::Text("SECRET".into()));
        // Both ways: by the same script, which reads its text anew, and by another of the same realm.
        let _ = run_with(leave, &secret, Fake::default(), Bounds::default());
        let (result, fake) = run_with(look, &Input::One(Held::Empty), Fake::default(), Bounds::default());
        assert_eq!(shown(result), "undefined", "{leave}");
        assert!(fake.log.is_empty());
        let both = format!("if (value !== '') {{ {leave} }} else {{ {look} }}");
        let program = compile(&both);
        let _ = run_program(&program, &secret, Fake::default(), Bounds::default());
        let (result, fake) = run_program(&program, &Input::One(Held::Empty), Fake::default(), Bounds::default());
        assert_eq!(shown(result), "undefined", "{both}");
        assert!(fake.log.is_empty());
    }
}

#[test]
fn a_script_has_no_state_of_its_own() {
    let program = compile(
        "let count = 0; const re = /a/g; re.test('aa'); var v; v = (v || 0) + 1; count++; return `${count} ${re.lastIndex} ${v}`",
    );
    for _ in 0..3 {
        let (result, _) = run_program(&program, &Input::One(Held::Empty), Fake::default(), Bounds::default());
        assert_eq!(shown(result), "1 1 1");
    }
}

#[test]
fn what_is_kept_of_one_message_reaches_nothing_of_the_next() {
    // A segment of one message that a closure would keep cannot be kept; and one that is made up is the host's to refuse.
    let (result, fake) = run_with(
        "const S = msg.append('ZZZ').constructor; const fake = new S(1); fake.set(1, 'x'); return 'x'",
        &Input::Message,
        Fake::default(),
        Bounds::default(),
    );
    assert_eq!(shown(result), "nothing");
    assert!(fake.values.contains_key("1/1"), "it is a number of this message, no more");
    refused("new (msg.append('ZZZ').constructor)({ valueOf() { return 0 } }).get('1')");
}

#[test]
fn tricks_on_the_api() {
    let check = |source: &str, expect: &str| {
        let found = answer(&format!("try {{ {source} }} catch (e) {{ return e.constructor.name }} return 'done'"));
        assert_eq!(found, expect, "{source}");
    };
    check("table({ toString() { return 'units' } })", "TypeError");
    check("log(Symbol('x'))", "TypeError");
    check("log({ get a() { throw new RangeError('x') } })", "RangeError");
    check("log({ toJSON() { return { toJSON() { return 1 } } } })", "done");
    check("const o = {}; o.o = o; log(o)", "TypeError");
    check("table('units').get({ toString() { return 'W1' } })", "TypeError");
    check("table.call(null, 'units').get.call({}, 'x')", "TypeError");
    check("({ __proto__: table('units') }).get('W1')", "TypeError");
    check("Reflect.construct(Date, [], (() => {}).bind())", "TypeError");
    check("Object.defineProperty(table('units'), 'get', { value: 1 })", "TypeError");
    check("JSON.parse('['.repeat(100000))", "RangeError");
    check("new RegExp('('.repeat(5000))", "SyntaxError");
    check("log('\\ud800')", "TypeError");
}

#[test]
fn what_waits_is_refused() {
    for source in [
        "(async () => { await 1; })(); return 'x'",
        "(async () => {})().then(() => { for (;;); })",
        "const p = (async () => {})().constructor; p.resolve(1).then(function again() { return p.resolve().then(again) })",
        "import('fs')",
        "(async function* () { yield 1 })().next()",
    ] {
        assert_eq!(answer(source), "E1445", "{source}");
        assert_eq!(answer("return 'fine'"), "fine");
    }
}
