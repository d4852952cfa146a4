//! A host over a few values, for tests of the box itself.

use script::{Bounds, Ending, Held, Host, Input, Outcome, Output, Program, Refusal, Stop, Written, codes};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) values: BTreeMap<String, Held>,
    pub(crate) log: Vec<String>,
    pub(crate) now: Option<f64>,
    pub(crate) random: Option<f64>,
    pub(crate) removed: Vec<u32>,
}

impl Host for Fake {
    fn get(&mut self, of: script::Segment, path: &str) -> Result<Held, Refusal> {
        if path == "?" {
            return Err(Refusal::new(codes::E1446, "this is no path", path));
        }
        let key = of.map_or(path.to_owned(), |of| format!("{of}/{path}"));
        Ok(self.values.get(&key).cloned().unwrap_or(Held::Empty))
    }
    fn all(&mut self, of: script::Segment, path: &str) -> Result<Vec<Held>, Refusal> {
        Ok(vec![self.get(of, path)?, Held::Null])
    }
    fn set(&mut self, of: script::Segment, path: &str, value: &Written) -> Result<(), Refusal> {
        let key = of.map_or(path.to_owned(), |of| format!("{of}/{path}"));
        let value = match value {
            Written::One(held) => held.clone(),
            Written::Many(list) => Held::Text(list.iter().map(Held::as_str).collect::<Vec<_>>().join("~")),
        };
        self.values.insert(key, value);
        Ok(())
    }
    fn remove(&mut self, of: script::Segment, path: &str) -> Result<(), Refusal> {
        match of {
            Some(of) if path.is_empty() => self.removed.push(of),
            Some(_) | None => drop(self.values.remove(path)),
        }
        Ok(())
    }
    fn segments(&mut self, _: &str) -> Result<Vec<u32>, Refusal> {
        Ok(vec![0, 1])
    }
    fn insert(&mut self, _: &str, _: script::Segment, _: bool) -> Result<u32, Refusal> {
        Ok(7)
    }
    fn name(&mut self, of: u32) -> Result<(String, u32), Refusal> {
        Ok(("OBX".to_owned(), of + 1))
    }
    fn raw(&mut self) -> Result<String, Refusal> {
        Ok("MSH|".to_owned())
    }
    fn table(&mut self, name: &str) -> Result<(), Refusal> {
        if name == "units" { Ok(()) } else { Err(Refusal::new(codes::E1450, "there is no such code table", name)) }
    }
    fn row(&mut self, _: &str, code: &str, column: &str) -> Result<Option<String>, Refusal> {
        Ok((code == "W1").then(|| if column.is_empty() { String::new() } else { "4WEST".to_owned() }))
    }
    fn log(&mut self, line: &str) -> Result<(), Refusal> {
        self.log.push(line.to_owned());
        Ok(())
    }
    fn now(&self) -> Option<f64> {
        self.now
    }
    fn random(&mut self) -> Option<f64> {
        self.random
    }
}

pub(crate) fn compile(source: &str) -> Program {
    Program::compile("test", "scripts/test.js", source).unwrap_or_else(|stop| panic!("{stop}: {source}"))
}

pub(crate) fn run_with(source: &str, input: &Input, fake: Fake, bounds: Bounds) -> (Result<Outcome, Stop>, Fake) {
    run_program(&compile(source), input, fake, bounds)
}

pub(crate) fn run_program(
    program: &Program,
    input: &Input,
    fake: Fake,
    bounds: Bounds,
) -> (Result<Outcome, Stop>, Fake) {
    let host = Rc::new(RefCell::new(fake));
    let result = script::run(program, input, host.clone(), bounds);
    (result, Rc::try_unwrap(host).ok().expect("the realm gave the host back").into_inner())
}

/// Runs over one text; what came back as a text, or the code.
pub(crate) fn answer(source: &str) -> String {
    let (result, _) = run_with(source, &Input::One(Held::Text("in".into())), Fake::default(), Bounds::default());
    shown(result)
}

pub(crate) fn shown(result: Result<Outcome, Stop>) -> String {
    match result {
        Ok(Outcome { ending: Ending::Dropped(reason), .. }) => format!("dropped: {reason:?}"),
        Ok(Outcome { ending: Ending::Parked(reason, _), .. }) => format!("parked: {reason:?}"),
        Ok(outcome) => match outcome.output {
            Output::Nothing => "nothing".to_owned(),
            Output::One(held) => state(&held),
            Output::Many(list) => list.iter().map(state).collect::<Vec<_>>().join(","),
        },
        Err(stop) => stop.code.id.to_owned(),
    }
}

fn state(held: &Held) -> String {
    match held {
        Held::Null => "null".to_owned(),
        Held::Empty => "empty".to_owned(),
        Held::Text(text) => text.clone(),
    }
}

pub(crate) fn quick() -> Bounds {
    Bounds { time: Duration::from_millis(20), memory: 16 * 1024 * 1024 }
}
