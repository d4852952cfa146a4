//! The commands in groups, as `sinew --help` and the reference page list them.
//!
//! Promises: every visible command stands in exactly one group.

use clap::Command;

/// Groups and their commands, in the order in which a newcomer meets them.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("Begin", &["demo", "init", "run", "dev"]),
    ("Build", &["check", "fmt", "test", "docs", "lsp", "explain"]),
    (
        "Messages, from files and pipes",
        &[
            "parse", "show", "get", "set", "convert", "map", "route", "script", "diff", "validate", "profile", "dict",
            "xml", "fhir", "fhirpath", "generate",
        ],
    ),
    ("On the wire", &["send", "listen"]),
    (
        "Look at a running engine",
        &["status", "top", "queues", "messages", "message", "tap", "news", "quality", "alerts"],
    ),
    (
        "Steer a running engine",
        &["pause", "drain", "resume", "release", "retry", "resend", "delete", "replay", "reload"],
    ),
    ("Change a running engine", &["plan", "apply", "rollback"]),
    ("Keep safe", &["audit", "backup", "restore", "drill", "user", "role", "key", "cert", "secret", "compliance"]),
    ("Help", &["doctor", "bench", "completions", "version"]),
];

/// The command with its help in groups.
pub fn grouped(command: Command) -> Command {
    let mut list = String::new();
    for (title, names) in GROUPS {
        list.push_str(&format!("{title}:\n"));
        for found in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = found.get_about().map(ToString::to_string).unwrap_or_default();
            list.push_str(&format!("  {:<12} {about}\n", found.get_name()));
        }
        list.push('\n');
    }
    let end =
        "sinew COMMAND --help has examples. Exit codes: 0 done, 1 problems found, 2 usage, 3 cannot reach, 5 refused.";
    command.help_template(format!("{{about}}\n\n{{usage-heading}} {{usage}}\n\n{list}Options:\n{{options}}\n\n{end}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_stands_in_one_group() {
        let root = crate::arguments::Sinew::command();
        let mut all: Vec<&str> =
            root.get_subcommands().filter(|command| !command.is_hide_set()).map(Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        all.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, all);
    }
}
