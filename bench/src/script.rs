//! What a script step costs: a message that is parsed and copied, as every edited message is, without and with a script over it,
//! and the same work by lines of the language.

use crate::{
    measure::{Contender, interleave},
    parser::messages,
};
use bytes::Bytes;
use hl7v2::Message;
use lang::{
    Program, Run, Scope, Script, Table, Tables,
    script::{Bounds, Grants, try_values},
    syntax,
};
use message::Timestamp;
use serde_json::json;
use std::{hint::black_box, sync::Arc};

/// Microseconds that a script step may add to a message.
const LIMIT_MICROS: f64 = 10.0;
const NOW: Timestamp = Timestamp(1_772_348_889_000_000);

/// What an analyst writes: two reads, a table, a condition, two writes.
const TYPICAL: &str = "const ward = msg.get('PV1-3.1').trim();
const unit = table('units').get(ward) ?? ward;
if (msg.get('PID-8') === '') msg.set('PID-8', 'U');
msg.set('PV1-3.1', unit.toUpperCase());
msg.set('MSH-5', 'HUB');";
const LINES: &str =
    "set PID-8 = U when PID-8 empty\nset PV1-3.1 = PV1-3.1 | trim | code units | upper\nset MSH-5 = HUB";
const SIX_READS: &str = "return void (msg.get('PID-5.1') + msg.get('PID-5.2') + msg.get('PID-7') + msg.get('PID-8') + msg.get('PV1-2') + msg.get('MSH-10'))";

pub(crate) fn run(is_json: bool) {
    let Some(rows) = measure() else {
        eprintln!("the inputs of this benchmark cannot be read");
        return;
    };
    if is_json {
        let rows: Vec<_> = rows.iter().map(|(name, micros)| json!({"name": name, "us": micros})).collect();
        println!("{}", json!({"bench": "script", "limit_us": LIMIT_MICROS, "rows": rows}));
        return;
    }
    let base = rows.first().map_or(0.0, |(_, micros)| *micros);
    println!("{:<52} {:>9} {:>9}", "ADT of 1 KB", "µs", "added µs");
    for (name, micros) in &rows {
        println!("{name:<52} {micros:>9.3} {:>9.3}", micros - base);
    }
    println!("limit for what a script step adds: {LIMIT_MICROS} µs");
}

fn measure() -> Option<Vec<(&'static str, f64)>> {
    let text = Bytes::from(messages::adt());
    let parsed = Message::parse(text).0;
    let mut tables = Tables::default();
    tables.insert(Table::parse("units", &"units".into(), "from,to\n4WEST,4W\n*,OTHER\n").0);
    let script = |source: &str| {
        let program = lang::script::Program::compile("bench", "bench.js", source).ok()?;
        Some(Script::new(Arc::new(program), &tables, Grants::default(), Bounds::default()))
    };
    let (nothing, reads, typical) = (script("")?, script(SIX_READS)?, script(TYPICAL)?);
    let loops = script("let n = 0; while (n < 100000) n++;")?;
    let (tree, _) = syntax::parse("bench.flow", LINES);
    let (lines, found) = Program::from_statements(&tree, &tree.statements, &Scope::new(&tables));
    let value = lang::script::Program::compile("bench", "value.js", "return value.trim().toUpperCase()").ok()?;
    let values = ["  smith ".to_owned()];
    if !found.is_empty() {
        return None;
    }
    let over = |script: &Script| {
        let mut message = parsed.clone();
        let done = script.apply(&mut message, &mut Run::new(NOW, 7)).is_ok();
        black_box(&message);
        usize::from(done)
    };
    let mut contenders = [
        Contender::new("copied, nothing done", || black_box(parsed.clone()).segment_count()),
        Contender::new("a script that does nothing", || over(&nothing)),
        Contender::new("a script of six reads", || over(&reads)),
        Contender::new("a script: 2 reads, a table, 2 writes", || over(&typical)),
        Contender::new("the same by lines of the language", || {
            let mut message = parsed.clone();
            let done = lines.apply(&mut message, &mut Run::new(NOW, 7)).is_ok();
            black_box(&message);
            usize::from(done)
        }),
        Contender::new("a value through `| script`", || {
            let mut run = Run::new(NOW, 7);
            try_values(&value, &tables, &values, Bounds::default(), &mut run).map_or(0, |made| made.len())
        }),
        Contender::new("a loop of 100,000 turns (200,000 steps)", || over(&loops)),
    ];
    let names: Vec<&'static str> = contenders.iter().map(|contender| contender.name).collect();
    Some(names.into_iter().zip(interleave(&mut contenders).into_iter().map(|nanos| nanos / 1000.0)).collect())
}
