//! `sinew script`: a script over sample messages or values: what it makes, what it logs, what it costs.

use crate::{
    commands::map::standard::render,
    mask, messages,
    outcome::{Exit, Failure, Result},
    screen::Screen,
    scripts,
};
use clap::Args;
use hl7v2::Message;
use lang::{
    Run, Script, Scripts, Tables,
    script::{Bounds, Grants, Program, Verdict, unknown_tables},
};
use message::{Clock, Diagnostic, clock};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

/// Run a script of the workspace over messages, without an engine
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew script tidy samples/a01.hl7
  sinew script interfaces/lab/scripts/tidy.js samples/ -o tidied.hl7
  sinew script tidy a01.hl7 --allow clock --allow random
  sinew script bed --value 4WEST-12             what it makes of a value that flows through a pipe
  sinew script split --value A --value B        of a list
  sinew script tidy feed.hl7 --json | jq .micros

The messages that the script lets through go to standard output, one after the other; what it logs, drops, parks and costs goes to
standard error. A script is a file, or the name of one in the workspace around; it reads the code tables of its interface.
On a terminal values about the patient are masked, --reveal shows them, lines of the log included.
  --json: {\"schema\":\"sinew.script/1\",\"file\",\"index\",\"end\":\"done\"|\"dropped\"|\"failed\",\"code\",\"text\",\"log\":[],\"micros\",\"message\"}
Exit: 0, 1 the script failed on a message or cannot be read, 2 there is no such script, 3 a file cannot be opened.")]
pub struct ScriptCommand {
    /// A script: its file, or its name in the workspace
    script: PathBuf,
    /// Files, folders, or - for standard input
    #[arg(required_unless_present = "value")]
    files: Vec<PathBuf>,
    /// A value instead of messages; given again, a list
    #[arg(long, conflicts_with = "files")]
    value: Vec<String>,
    /// What it may have: clock, random
    #[arg(long, value_name = "WHAT", value_parser = ["clock", "random"])]
    allow: Vec<String>,
    /// Milliseconds that it may take, counted in steps
    #[arg(long, value_name = "MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=5000))]
    time: u64,
    /// An object a message
    #[arg(long)]
    json: bool,
    /// Show patient data
    #[arg(long, visible_alias = "unmasked")]
    reveal: bool,
    /// Write here instead of to standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "json")]
    output: Option<PathBuf>,
}

/// What came of one message.
struct Tried {
    verdict: std::result::Result<Verdict, lang::Fault>,
    run: Run,
    took: Duration,
    message: Message,
}

impl ScriptCommand {
    pub fn run(self, screen: &Screen) -> Result {
        let path = scripts::find(&self.script)?;
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let tables = scripts::tables_around(&path)?;
        let text = scripts::read(&path)?;
        let mut own = Scripts::default();
        let mut wrong: Vec<Diagnostic> = own.add(name, &path.display().to_string(), &text).into_iter().collect();
        let program = own.get(name).cloned();
        wrong.extend(program.iter().flat_map(|program| unknown_tables(program, &tables)));
        wrong.iter().for_each(|finding| screen.say(render(finding, &text, screen)));
        let Some(program) = program.filter(|_| wrong.is_empty()) else { return Ok(Exit::Problems) };
        let grants = Grants {
            clock: self.allow.iter().any(|word| word == "clock"),
            random: self.allow.iter().any(|word| word == "random"),
        };
        let bounds = Bounds { time: Duration::from_millis(self.time), ..Bounds::default() };
        if !self.value.is_empty() {
            return self.on_values(&program, &tables, bounds, screen);
        }
        let script = Script::new(program, &tables, grants, bounds);
        self.on_files(&script, screen)
    }

    fn on_values(&self, program: &Program, tables: &Tables, bounds: Bounds, screen: &Screen) -> Result {
        let mut run = Run::new(clock::System.now(), 0);
        let made = lang::script::try_values(program, tables, &self.value, bounds, &mut run);
        self.tell_log(&run, screen);
        match made {
            Ok(values) => {
                for value in values {
                    screen.line(if screen.is_terminal { crate::screen::plain(&value) } else { value });
                }
                Ok(Exit::Ok)
            }
            Err(fault) => Err(Failure::new(Exit::Problems, fault.text.clone()).code(fault.code)),
        }
    }

    fn on_files(&self, script: &Script, screen: &Screen) -> Result {
        let (mut out, mut is_good, mut count, mut took) = (Vec::new(), true, 0u32, Duration::ZERO);
        for path in messages::expand(&self.files)? {
            let name = path.display().to_string();
            let file = messages::read(&path)?;
            if file.messages.is_empty() {
                screen.say(format!("{name}: no HL7 v2 message in it"));
                is_good = false;
            }
            for (at, found) in file.messages.iter().enumerate() {
                let tried = attempt(script, &found.bytes);
                count += 1;
                took += tried.took;
                is_good &= tried.verdict.is_ok();
                if self.json {
                    screen.line(object(&name, at + 1, &tried).to_string());
                    continue;
                }
                self.tell_log(&tried.run, screen);
                match &tried.verdict {
                    Ok(Verdict::Done) => out.extend_from_slice(&tried.message.write()),
                    Ok(Verdict::Dropped) => screen.say(format!("{name}#{}: dropped by the script", at + 1)),
                    Err(fault) => screen.say(format!("{name}#{}: {} {}", at + 1, fault.code, fault.text)),
                }
            }
        }
        if !self.json {
            mask::put_messages(screen, out, self.reveal, self.output.as_deref())?;
            if count > 0 {
                screen.say(format!("{count} messages, {} µs each", took.as_micros() / u128::from(count)));
            }
        }
        Ok(if is_good { Exit::Ok } else { Exit::Problems })
    }

    fn tell_log(&self, run: &Run, screen: &Screen) {
        for line in &run.log {
            let text = line.reveal();
            let text = if screen.is_terminal && !self.reveal { mask::masked(text) } else { text.clone() };
            screen.say(format!("log: {}", crate::screen::plain(&text)));
        }
    }
}

fn attempt(script: &Script, bytes: &bytes::Bytes) -> Tried {
    let (mut message, _) = Message::parse(bytes.clone());
    let mut run = Run::new(clock::System.now(), 0);
    let begun = clock::System.monotonic();
    let verdict = script.apply(&mut message, &mut run);
    let took = clock::System.monotonic().saturating_duration_since(begun);
    Tried { verdict, run, took, message }
}

fn object(file: &str, index: usize, tried: &Tried) -> Value {
    let log: Vec<&String> = tried.run.log.iter().map(message::Phi::reveal).collect();
    let (end, fault) = match &tried.verdict {
        Ok(Verdict::Done) => ("done", None),
        Ok(Verdict::Dropped) => ("dropped", None),
        Err(fault) => ("failed", Some(fault)),
    };
    let written = (end == "done").then(|| String::from_utf8_lossy(&tried.message.write()).into_owned());
    json!({
        "schema": "sinew.script/1", "file": file, "index": index, "end": end,
        "code": fault.map(|fault| fault.code.id), "text": fault.map(|fault| &fault.text), "log": log,
        "micros": u64::try_from(tried.took.as_micros()).unwrap_or(u64::MAX), "message": written,
    })
}
