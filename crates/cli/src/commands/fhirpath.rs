//! `sinew fhirpath`: ask FHIR resources with an expression.

use crate::{
    mask,
    outcome::{Exit, Failure, Result},
    resources::{self, Found},
    screen::{Screen, plain},
};
use clap::Args;
use fhir::definitions::Type;
use fhir::fhirpath::{Described, Environment, Host, Item, Program, Temporal, described};
use fhir::{Error, Node, Tree};
use message::{Clock, clock};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Print what a FHIRPath expression gives on resources, one item a line
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew fhirpath 'Patient.name.given' patient.json
  sinew fhirpath \"name.where(use = 'official').family\" patient.xml
  sinew fhirpath 'Bundle.entry.resource.ofType(Observation).value' bundle.json --json
  sinew fhirpath 'Observation.value > 7 %unit' export.ndjson --set \"unit='mmol/L'\"
  sinew fhirpath 'Patient.id' bundle.json --entries     on each resource of the bundle
  sinew fhirpath \"name.given.trace('given').count()\" patient.json --trace
  sinew fhirpath --ast 'a.b | c and d'                  how an expression is read
  sinew fhirpath --functions                            every function, with what it gives

Files are JSON, XML, or NDJSON with one resource a line. An item with parts is printed as JSON. Before anything runs the
expression is held against FHIR R4: an element that the resource cannot have is told, with what was probably meant.
On a terminal, values about the patient are masked: --reveal shows them. Files and pipes get them as they are.
Exit: 0, 1 nothing is there or a resource cannot be read, 2 the expression is wrong, 3 the file cannot be opened.")]
pub struct Fhirpath {
    /// The expression
    #[arg(required_unless_present = "functions", default_value = "")]
    expression: String,
    /// A file, or - for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// One JSON object for each resource: its items with type, place and value
    #[arg(long)]
    json: bool,
    /// Evaluate on each resource of a bundle, not on the bundle
    #[arg(long)]
    entries: bool,
    /// Print on stderr what trace() sees
    #[arg(long)]
    trace: bool,
    /// Print how the expression is read, and evaluate nothing
    #[arg(long)]
    ast: bool,
    /// Print every function, or as --json
    #[arg(long)]
    functions: bool,
    /// A variable for the expression: name=EXPRESSION, used as %name
    #[arg(long, value_name = "NAME=EXPRESSION")]
    set: Vec<String>,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
}

/// What came of all resources.
#[derive(Default)]
struct Seen {
    items: usize,
    unread: usize,
    resources: usize,
    /// What the check of the first resource said.
    doubt: Option<String>,
}

impl Fhirpath {
    pub fn run(self, screen: &Screen) -> Result {
        if self.functions {
            self.list(screen);
            return Ok(Exit::Ok);
        }
        let program = compile(&self.expression)?;
        if self.ast {
            program.outline().lines().for_each(|line| screen.line(line));
            return Ok(Exit::Ok);
        }
        let variables = self.set.iter().map(|text| variable(text)).collect::<Result<Vec<_>>>()?;
        let mut seen = Seen::default();
        resources::each(&self.file, |found| self.one(screen, &program, &variables, &found, &mut seen))?;
        match seen.doubt {
            // Among resources of several types, most have nothing of what one of them is asked for.
            Some(doubt) if seen.items == 0 || seen.resources == 1 => screen.say(doubt),
            _ => {}
        }
        Ok(if seen.items > 0 && seen.unread == 0 { Exit::Ok } else { Exit::Problems })
    }

    fn list(&self, screen: &Screen) {
        for function in described() {
            if self.json {
                let Described { name, syntax, gives } = function;
                screen.line(json!({"name": name, "syntax": syntax, "gives": gives}).to_string());
            } else {
                screen.line(format!("{:<34} {}", function.syntax, function.gives));
            }
        }
    }

    fn one(
        &self,
        screen: &Screen,
        program: &Program,
        variables: &[(String, Program)],
        found: &Found,
        seen: &mut Seen,
    ) -> Result<()> {
        let tree = match &found.tree {
            Ok(tree) => tree,
            Err(error) => {
                screen.fail(&resources::unread(&found.name, error));
                seen.unread += 1;
                return Ok(());
            }
        };
        for root in self.roots(tree) {
            seen.resources += 1;
            if seen.doubt.is_none() {
                let ty = root.resource_type().and_then(Type::named);
                seen.doubt = ty.and_then(|ty| program.check(ty).err()).map(|error| told(&found.name, &error));
            }
            let tracer = Tracer { screen, is_masked: self.is_masked(screen) };
            let mut environment =
                Environment::new(root).at(Temporal::from_unix_ms(clock::System.now().0.div_euclid(1000)));
            if self.trace {
                environment = environment.host(&tracer);
            }
            let failed = |error: Error| failure(&format!("{}: ", found.name), &error);
            for (name, value) in variables {
                let items = value.run(&environment).map_err(failed)?;
                environment = environment.with(name, items);
            }
            let items = program.run(&environment).map_err(failed)?;
            seen.items += items.len();
            self.print(screen, found, root, &items);
        }
        Ok(())
    }

    fn roots<'t>(&self, tree: &'t Tree) -> Vec<Node<'t>> {
        let root = tree.root();
        if !self.entries || root.resource_type() != Some("Bundle") {
            return vec![root];
        }
        root.get("entry").map(Node::items).into_iter().flatten().filter_map(|entry| entry.get("resource")).collect()
    }

    fn is_masked(&self, screen: &Screen) -> bool {
        screen.is_terminal && !self.reveal
    }

    fn print(&self, screen: &Screen, found: &Found, root: Node<'_>, items: &[Item<'_>]) {
        if self.json {
            let items: Vec<Value> = items.iter().map(|item| as_json(item, self.is_masked(screen))).collect();
            let line = json!({"name": found.name, "resource": root.resource_type(), "items": items});
            return screen.line(line.to_string());
        }
        for item in items {
            let text = shown(item, self.is_masked(screen));
            // One item stays one line: line breaks inside it are written \n.
            let text = text.replace('\r', "\\r").replace('\n', "\\n");
            screen.line(if screen.is_terminal { plain(&text) } else { text });
        }
    }
}

fn compile(expression: &str) -> Result<Program> {
    Program::parse(expression).map_err(|error| failure(&format!("`{expression}`: "), &error))
}

fn variable(text: &str) -> Result<(String, Program)> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| Failure::usage(format!("`{text}`: a variable is name=EXPRESSION")))?;
    Ok((name.trim_start_matches('%').to_string(), compile(value)?))
}

/// A failure of the expression, with its hint.
fn failure(before: &str, error: &Error) -> Failure {
    let diagnostic = error.diagnostic();
    let failure = Failure::usage(format!("{before}{}", diagnostic.message)).code(diagnostic.code);
    match diagnostic.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn told(name: &str, error: &Error) -> String {
    let diagnostic = error.diagnostic();
    let hint = diagnostic.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{name}: {} {}{hint}", diagnostic.code, diagnostic.message)
}

/// An item on one line, as JSON where it has parts.
fn shown(item: &Item<'_>, is_masked: bool) -> String {
    if let Item::Element(node) = item
        && node.scalar().is_none()
    {
        let mut out = Vec::new();
        node.write_to(&mut out);
        let text = String::from_utf8_lossy(&out).into_owned();
        return if is_masked { format!("{} (masked)", item.type_name()) } else { text };
    }
    let text = item.to_text().unwrap_or_else(|| item.type_name().into());
    if is_masked && mask::is_hidden_item(item) { mask::masked(&text) } else { text.into_owned() }
}

fn as_json(item: &Item<'_>, is_masked: bool) -> Value {
    let is_hidden = is_masked && mask::is_hidden_item(item);
    let value = match item {
        _ if is_hidden => json!(mask::masked(&item.to_text().unwrap_or_default())),
        Item::Element(node) => {
            let mut out = Vec::new();
            node.write_to(&mut out);
            serde_json::from_slice(&out).unwrap_or(Value::Null)
        }
        Item::Boolean(value) => json!(value),
        Item::Integer(value) => json!(value),
        Item::Decimal(_) | Item::Text(_) | Item::Temporal(_) | Item::Quantity(_) | Item::Type(..) => {
            json!(item.to_text().unwrap_or_else(|| item.type_name().into()))
        }
    };
    match item {
        Item::Element(node) => json!({"type": item.type_name(), "path": node.path(), "value": value}),
        Item::Boolean(_)
        | Item::Integer(_)
        | Item::Decimal(_)
        | Item::Text(_)
        | Item::Temporal(_)
        | Item::Quantity(_)
        | Item::Type(..) => json!({"type": item.type_name(), "value": value}),
    }
}

/// Prints what `trace()` sees.
struct Tracer<'s> {
    screen: &'s Screen,
    is_masked: bool,
}

impl<'t> Host<'t> for Tracer<'_> {
    fn trace(&self, name: &str, items: &[Item<'t>]) {
        let items: Vec<String> = items.iter().map(|item| shown(item, self.is_masked)).collect();
        self.screen.say(format!("trace {name}: {}", items.join(", ")));
    }
}
