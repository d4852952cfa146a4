//! The way out of the language: a script of the workspace, on a value.

use super::{Example, Flow, Group, Kind, Operation, Parameter, Step, Trouble};
use crate::script;

pub(super) const STEPS: &[Step] = &[Step {
    name: "script",
    group: Group::Scripts,
    syntax: "script NAME",
    parameters: &[Parameter::needed("NAME", Kind::Script)],
    takes: Flow::Any,
    gives: Flow::Any,
    can_fail: true,
    can_begin: false,
    description: "Runs `scripts/NAME.js`: `value` is the text that flows in, or a list after `[*]` and lists; what the script returns flows out. It sees `table` and `log`, and no message, clock or chance. Runs on empty values too.",
    examples: &[
        Example { value: r#""4WEST-12" | script bed"#, gives: &["12"] },
        Example { value: "1, 2, 4 | script total", gives: &["7"] },
    ],
    build: |arguments| {
        let Some((program, tables)) = arguments.script(0) else { return Err("a script is missing".to_owned()) };
        Ok(Operation::Whole(Box::new(move |item, context| {
            script::on_value(&program, &tables, &item, script::Bounds::default(), context.run)
                .map_err(|fault| Trouble::Script(Box::new(fault)))
        })))
    },
}];
