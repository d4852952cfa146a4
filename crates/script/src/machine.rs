//! The realm of a thread: QuickJS with what scripts see, frozen; and the function that it made of each script.
//!
//! One realm serves every script of a thread, because nothing that a script can reach in it can be changed: making one for
//! each message would cost a hundred times what a run costs. A realm in which a run was ended from outside, ran out of memory
//! or left something waiting is thrown away.

use crate::{
    Ending, Input, Outcome, Output, codes,
    flaw::{Place, Stop, place_in},
    host::{Held, Host},
    meter::Bounds,
    native::{self, End, Slot},
    program::Program,
    words,
};
use rquickjs::{
    Context, Ctx, Exception, Function, Object, Persistent, Runtime, Value, context::EvalOptions, context::intrinsic,
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

const PRELUDE: &str = include_str!("prelude.js");
const PRELUDE_FILE: &str = "sinew:prelude";
/// Scripts whose functions a realm keeps.
const FUNCTIONS_MAX: usize = 256;
/// Runs after which a realm looks at what it still holds.
const RUNS_A_LOOK: u32 = 4096;
/// What a realm may hold between two runs beyond what it began with.
const KEPT_BYTES_MAX: i64 = 8 * 1024 * 1024;

/// What QuickJS says when there is no more room.
const MEMORY: [&str; 3] = ["out of memory", "invalid string length", "string too long"];

/// What a script's text becomes part of: the second says that it is the inside of one function and no more.
const AS_FUNCTION: (&str, &str) = ("(function (msg, value, table, log) {\n", "\n})");
const AS_METHOD: (&str, &str) = ("(() => ({ script(msg, value, table, log) {\n", "\n} }))");

thread_local! {
    static REALM: RefCell<Option<Realm>> = const { RefCell::new(None) };
}

/// Runs a script once.
///
/// # Errors
/// The script failed, was ended, or gave back what is no value. What it did to the message is then half done.
pub fn run(program: &Program, input: &Input, host: Rc<RefCell<dyn Host>>, bounds: Bounds) -> Result<Outcome, Stop> {
    with_realm(|realm| realm.run(program, input, host, bounds))
}

/// Reads a script without running it.
pub(crate) fn read(program: &Program) -> Result<(), Stop> {
    with_realm(|realm| {
        realm.begin(Bounds::default());
        let context = realm.context.clone();
        context.with(|ctx| realm.function(&ctx, program).map(drop))
    })
}

fn with_realm<T>(act: impl FnOnce(&mut Realm) -> Result<T, Stop>) -> Result<T, Stop> {
    REALM.with(|cell| {
        let Ok(mut cell) = cell.try_borrow_mut() else { return Err(unavailable()) };
        let mut realm = match cell.take() {
            Some(realm) => realm,
            None => Realm::new().map_err(|_| unavailable())?,
        };
        let result = act(&mut realm);
        if !realm.is_spoilt() {
            *cell = Some(realm);
        }
        result
    })
}

fn unavailable() -> Stop {
    let text = "the engine for scripts could not be started".to_owned();
    Stop { code: codes::E1452, text, place: Place::default() }
}

/// The built-ins that there are at all; the prelude takes more away.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::Promise,
);

/// Dropped from the first field to the last: what holds values of the engine goes before the engine.
struct Realm {
    functions: HashMap<u64, Persistent<Function<'static>>>,
    msg: Persistent<Value<'static>>,
    table: Persistent<Value<'static>>,
    log: Persistent<Value<'static>>,
    slot: Rc<Slot>,
    context: Context,
    runtime: Runtime,
    baseline: i64,
    runs: u32,
    is_full: bool,
}

impl Realm {
    fn new() -> rquickjs::Result<Realm> {
        let runtime = Runtime::new()?;
        runtime.set_max_stack_size(Bounds::STACK_BYTES);
        runtime.set_gc_threshold(1024 * 1024);
        let context = Context::custom::<Intrinsics>(&runtime)?;
        let slot = Rc::new(Slot::new());
        let (msg, table, log) = context.with(|ctx| {
            let mut options = EvalOptions::default();
            options.filename = Some(PRELUDE_FILE.to_owned());
            let prelude: Function<'_> = ctx.eval_with_options(PRELUDE, options)?;
            let api: Object<'_> = prelude.call((native::functions(&ctx, &slot)?,))?;
            let save = |name: &str| api.get::<_, Value<'_>>(name).map(|value| Persistent::save(&ctx, value));
            Ok::<_, rquickjs::Error>((save("msg")?, save("table")?, save("log")?))
        })?;
        let look = slot.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || look.meter.look())));
        runtime.run_gc();
        let baseline = runtime.memory_usage().malloc_size;
        let functions = HashMap::new();
        Ok(Realm { functions, msg, table, log, slot, context, runtime, baseline, runs: 0, is_full: false })
    }

    fn begin(&mut self, bounds: Bounds) {
        self.slot.meter.start(bounds);
        *self.slot.ending.borrow_mut() = None;
        *self.slot.refusal.borrow_mut() = None;
        let base = usize::try_from(self.baseline).unwrap_or(0);
        self.runtime.set_memory_limit(base.saturating_add(bounds.memory));
    }

    fn run(
        &mut self,
        program: &Program,
        input: &Input,
        host: Rc<RefCell<dyn Host>>,
        bounds: Bounds,
    ) -> Result<Outcome, Stop> {
        self.begin(bounds);
        *self.slot.host.borrow_mut() = Some(host);
        let context = self.context.clone();
        let result = context.with(|ctx| self.call(&ctx, program, input));
        *self.slot.host.borrow_mut() = None;
        self.runs = self.runs.wrapping_add(1);
        if self.runtime.is_job_pending() {
            self.is_full = true;
            let text = "the script uses a promise or `async`; scripts run to their end and never wait".to_owned();
            return Err(Stop { code: codes::E1445, text, place: Place::default() });
        }
        result
    }

    fn call<'js>(&mut self, ctx: &Ctx<'js>, program: &Program, input: &Input) -> Result<Outcome, Stop> {
        let function = self.function(ctx, program)?;
        let answer = self.arguments(ctx, input).and_then(|arguments| function.call::<_, Value<'js>>(arguments));
        let steps = self.slot.meter.steps();
        let ending = self.slot.ending.borrow_mut().take();
        if self.slot.meter.is_over() {
            drop(ctx.catch());
            return Err(self.too_long(program));
        }
        match (ending, answer) {
            (Some((end, reason)), answer) => {
                let place = if answer.is_err() { place_of(&ctx.catch(), program) } else { Place::default() };
                let reason = words::is_said(&reason, program.source()).then_some(reason);
                let ending = match end {
                    End::Drop => Ending::Dropped(reason),
                    End::Park => Ending::Parked(reason, place),
                };
                Ok(Outcome { output: Output::Nothing, ending, steps })
            }
            (None, Ok(_)) if *input == Input::Message => {
                Ok(Outcome { output: Output::Nothing, ending: Ending::Done, steps })
            }
            (None, Ok(value)) => Ok(Outcome { output: output(&value)?, ending: Ending::Done, steps }),
            (None, Err(_)) => Err(self.failure(&ctx.catch(), program, codes::E1441)),
        }
    }

    #[allow(clippy::type_complexity)]
    fn arguments<'js>(
        &self,
        ctx: &Ctx<'js>,
        input: &Input,
    ) -> rquickjs::Result<(Value<'js>, Value<'js>, Value<'js>, Value<'js>)> {
        let nothing = || Value::new_undefined(ctx.clone());
        let (msg, value) = match input {
            Input::Message => (self.msg.clone().restore(ctx)?, nothing()),
            Input::One(held) => (nothing(), native::to_js(ctx, held)?),
            Input::Many(list) => (nothing(), native::list_to_js(ctx, list)?),
        };
        Ok((msg, value, self.table.clone().restore(ctx)?, self.log.clone().restore(ctx)?))
    }

    /// The function of a script, made the first time.
    fn function<'js>(&mut self, ctx: &Ctx<'js>, program: &Program) -> Result<Function<'js>, Stop> {
        if let Some(known) = self.functions.get(&program.number()).cloned()
            && let Ok(function) = known.restore(ctx)
        {
            return Ok(function);
        }
        let mut made: Option<Function<'js>> = None;
        for (before, after) in [AS_METHOD, AS_FUNCTION] {
            let mut options = EvalOptions::default();
            options.filename = Some(program.file().to_string());
            let text = format!("{before}{}{after}", program.source());
            match ctx.eval_with_options(text, options) {
                Ok(function) => made = Some(function),
                Err(_) => return Err(self.failure(&ctx.catch(), program, codes::E1440)),
            }
        }
        let Some(function) = made else { return Err(unavailable()) };
        if self.functions.len() >= FUNCTIONS_MAX {
            self.functions.clear();
        }
        self.functions.insert(program.number(), Persistent::save(ctx, function.clone()));
        Ok(function)
    }

    fn too_long(&mut self, program: &Program) -> Stop {
        self.is_full = true;
        let text = format!("{}: the script takes more steps or time than it may", program.file());
        Stop { code: codes::E1442, text, place: Place::default() }
    }

    /// What was thrown, in words that may be shown.
    fn failure(&mut self, thrown: &Value<'_>, program: &Program, code: message::Code) -> Stop {
        if self.slot.meter.is_over() {
            return self.too_long(program);
        }
        let exception = thrown.as_object().cloned().and_then(Exception::from_object);
        let mut text = exception.as_ref().and_then(Exception::message).unwrap_or_default();
        let mut place = place_of(thrown, program);
        let lines = program.source().lines().count().max(1);
        if code == codes::E1440 && place.line as usize > lines {
            place = Place { line: u32::try_from(lines).unwrap_or(1), column: 1 };
            "it ends too early: a bracket, brace or quote is missing".clone_into(&mut text);
        }
        let refusal = self.slot.refusal.borrow_mut().take().filter(|refusal| refusal.what == text);
        let (code, what) = if let Some(refusal) = refusal {
            let is_shown = words::is_said(&refusal.about, program.source());
            let about = if is_shown { format!("`{}`: ", refusal.about) } else { String::new() };
            (refusal.code, format!("{about}{}", refusal.what))
        } else if MEMORY.iter().any(|sign| text.contains(sign)) || thrown.is_null() {
            self.is_full = true;
            (codes::E1443, "the script takes more memory than it may".to_owned())
        } else if text.contains("call stack size") {
            (codes::E1444, "the script calls itself too deeply".to_owned())
        } else {
            if exception.is_none() {
                "the script threw what is no error".clone_into(&mut text);
            }
            // What cannot be read was not run, so that nothing of a message is in it.
            let is_unread = code == codes::E1440;
            (code, if is_unread { text } else { words::shown(&text, program.source()) })
        };
        let at = if place.line > 0 { format!(" line {} column {}", place.line, place.column) } else { String::new() };
        Stop { code, text: format!("{}{at}: {what}", program.file()), place }
    }

    /// It is not to be used again.
    fn is_spoilt(&self) -> bool {
        self.is_full
            || self.slot.meter.is_over()
            || (self.runs % RUNS_A_LOOK == RUNS_A_LOOK - 1
                && self.runtime.memory_usage().malloc_size > self.baseline.saturating_add(KEPT_BYTES_MAX))
    }
}

fn place_of(thrown: &Value<'_>, program: &Program) -> Place {
    let stack = thrown.as_object().cloned().and_then(Exception::from_object).and_then(|error| error.stack());
    place_in(&stack.unwrap_or_default(), program.file())
}

fn output(value: &Value<'_>) -> Result<Output, Stop> {
    if value.is_undefined() {
        return Ok(Output::Nothing);
    }
    let made = match value.as_array() {
        Some(array) => native::list_from_js(array).map(Output::Many),
        None => native::from_js(value).map(Output::One),
    };
    made.ok_or_else(|| {
        let text = "the script gave back what is no text, number, null, or list of these".to_owned();
        Stop { code: codes::E1449, text, place: Place::default() }
    })
}

impl Output {
    /// The one value, the first of several, or nothing.
    #[must_use]
    pub fn first(&self) -> Held {
        match self {
            Output::Nothing => Held::Empty,
            Output::One(held) => held.clone(),
            Output::Many(list) => list.first().cloned().unwrap_or(Held::Empty),
        }
    }
}
