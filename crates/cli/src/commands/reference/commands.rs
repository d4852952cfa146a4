//! The page of the commands, from the tree that clap parses with.

use super::{code, fence, table};
use crate::arguments::Sinew;
use clap::{Arg, Command, CommandFactory};

const INTRODUCTION: &str = "\
# Commands

Message commands (`parse`, `show`, `get`, `set`, `diff`, `generate`, `send`, `listen`) work on files and pipes, without
an engine and without a workspace. Build commands (`check`, `fmt`, `test`, `explain`) need the files of a workspace.
The others talk to the running engine of a workspace, over a socket in its data directory that only its owner may open.

The result goes to standard output and the talk to standard error. On a terminal, values about patients are masked, and
there are colours unless `NO_COLOR` is set; in a file or a pipe there are neither.

## Exit codes

| code | meaning |
| --- | --- |
| 0 | done |
| 1 | the command worked and found problems, or found nothing |
| 2 | the command line is wrong |
| 3 | a file, a partner or the engine cannot be reached |
| 4 | not allowed |
| 5 | refused for safety: a reason or a confirmation is missing, or another engine holds the data directory |
| 70 | a bug in Sinew |

";

/// The page.
pub(super) fn page() -> String {
    let mut root = Sinew::command();
    root.build();
    let mut out = String::from(INTRODUCTION);
    out.push_str("## Flags of every command\n\n");
    out.push_str(&options(root.get_arguments().filter(|argument| argument.is_global_set() && !is_usual(argument))));
    out.push_str("## All commands\n\n");
    let mut visible = Vec::new();
    leaves(&root, "", &mut visible);
    let rows: Vec<Vec<String>> = visible
        .iter()
        .map(|(words, command)| vec![format!("[`{words}`](#sinew-{})", words.replace(' ', "-")), about(command)])
        .collect();
    out.push_str(&table(&["command", "what it does"], &rows));
    visible.iter().for_each(|(words, command)| out.push_str(&section(words, command)));
    out
}

/// The commands that do something, with the words that call them.
fn leaves<'c>(command: &'c Command, before: &str, found: &mut Vec<(String, &'c Command)>) {
    for command in command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        let words = format!("{before} {}", command.get_name()).trim().to_owned();
        if command.has_subcommands() {
            leaves(command, &words, found);
        } else {
            found.push((words, command));
        }
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn section(words: &str, command: &Command) -> String {
    let mut out = format!("## sinew {words}\n\n{}.\n\n", about(command).trim_end_matches('.'));
    let usage = command.clone().render_usage().to_string();
    out.push_str(&fence("text", usage.trim_start_matches("Usage:").trim()));
    let positionals: Vec<Vec<String>> =
        command.get_positionals().map(|argument| vec![code(&value_name(argument)), help(argument)]).collect();
    out.push_str(&table(&["argument", "meaning"], &positionals));
    let own = command.get_opts().chain(command.get_arguments().filter(|argument| is_flag(argument)));
    let mut own: Vec<&Arg> = own.filter(|argument| !argument.is_global_set() && !is_usual(argument)).collect();
    own.sort_by_key(|argument| argument.get_long());
    own.dedup_by_key(|argument| argument.get_id().clone());
    out.push_str(&options(own.into_iter()));
    out.push_str(&notes(&command.get_after_help().map(ToString::to_string).unwrap_or_default()));
    out
}

fn is_flag(argument: &Arg) -> bool {
    !argument.is_positional() && !argument.get_action().takes_values()
}

/// `--help` and `--version` are what everybody expects.
fn is_usual(argument: &Arg) -> bool {
    matches!(argument.get_id().as_str(), "help" | "version") || argument.is_hide_set()
}

fn options<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    let row = |argument: &Arg| {
        let names =
            [argument.get_short().map(|name| format!("-{name}")), argument.get_long().map(|name| format!("--{name}"))];
        let mut flag = names.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if argument.get_action().takes_values() {
            flag.push_str(&format!(" {}", value_name(argument)));
        }
        let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let default = if argument.get_action().takes_values() { defaults.join(" ") } else { String::new() };
        vec![code(&flag), help(argument), code(&default)]
    };
    table(&["flag", "meaning", "default"], &arguments.map(row).collect::<Vec<_>>())
}

fn value_name(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let name = if names.is_empty() { argument.get_id().as_str().to_uppercase() } else { names.join(" ") };
    if argument.is_positional() && argument.get_num_args().is_some_and(|range| range.max_values() > 1) {
        return format!("{name}…");
    }
    name
}

fn help(argument: &Arg) -> String {
    argument.get_help().map(ToString::to_string).unwrap_or_default()
}

/// What stands below the flags: examples as code, the rest as text, the exit codes last.
fn notes(text: &str) -> String {
    let (mut examples, mut prose): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for line in text.lines().filter(|line| *line != "Examples:") {
        match line.strip_prefix("  ") {
            Some(example) if prose.is_empty() => examples.push(example),
            Some(_) | None => prose.push(line),
        }
    }
    let mut out = String::new();
    if !examples.is_empty() {
        out.push_str(&fence("sh", &comments(&examples)));
    }
    let prose = prose.join("\n");
    if !prose.trim().is_empty() {
        let prose = prose.replace("Exit: ", "\nExit codes: ");
        out.push_str(&format!("{}\n\n", quoted(prose.trim())));
    }
    out
}

/// Indented lines are shapes, which Markdown would read as text of its own: they stand as code.
fn quoted(prose: &str) -> String {
    let mut out = String::new();
    let mut is_open = false;
    for line in prose.lines() {
        let is_code = line.starts_with("  ");
        if is_code != is_open {
            out.push_str(if is_code { "\n```text\n" } else { "```\n\n" });
            is_open = is_code;
        }
        out.push_str(line.strip_prefix("  ").unwrap_or(line));
        out.push('\n');
    }
    if is_open {
        out.push_str("```\n");
    }
    out.replace("\n\n\n", "\n\n").trim_end().to_owned()
}

/// `sinew x      what it does` becomes `sinew x      # what it does`, so that a line can be pasted.
fn comments(examples: &[&str]) -> String {
    let line = |line: &&str| match super::super::examples::split(line) {
        (command, "") => command.to_owned(),
        (command, comment) => format!("{command:<46} # {comment}"),
    };
    examples.iter().map(line).collect::<Vec<_>>().join("\n")
}
