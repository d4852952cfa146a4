//! The examples in the help of the commands, taken apart: for the reference page and for the test that runs them
//! through the parser of the command line.

/// A line of examples: the command, and what is said beside it after at least two blanks.
pub fn split(line: &str) -> (&str, &str) {
    let mut is_quoted = None;
    let mut blanks = 0;
    for (place, letter) in line.char_indices() {
        match (letter, is_quoted) {
            ('\'' | '"', None) => is_quoted = Some(letter),
            (letter, Some(quote)) if letter == quote => is_quoted = None,
            (' ', None) => {
                blanks += 1;
                continue;
            }
            (_, None) if blanks >= 2 => {
                let (command, comment) = line.split_at(place);
                return (command.trim_end(), comment);
            }
            (_, _) => {}
        }
        blanks = 0;
    }
    (line.trim_end(), "")
}

#[cfg(test)]
mod tests {
    use super::split;
    use crate::arguments::Sinew;
    use clap::{Command, CommandFactory, Parser};

    #[test]
    fn command_and_comment() {
        assert_eq!(split("sinew get a 'x  y'   the first"), ("sinew get a 'x  y'", "the first"));
        assert_eq!(split("sinew run"), ("sinew run", ""));
    }

    /// The words of one `sinew` call as a shell would give them, without pipes and redirections.
    fn words(command: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quote = None;
        for letter in command.chars() {
            match (letter, quote) {
                ('\'' | '"', None) => quote = Some(letter),
                (letter, Some(open)) if letter == open => quote = None,
                ('|' | '>' | '<', None) => words.push(String::from("\0")),
                (' ', None) => words.push(String::new()),
                (letter, _) => words.last_mut().expect("a word").push(letter),
            }
        }
        let mut words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        if let Some(end) = words.iter().position(|word| word.starts_with('\0')) {
            words.truncate(end);
        }
        words
    }

    /// The calls of `sinew` in a line: all sides of a pipe.
    fn calls(command: &str) -> Vec<String> {
        let parts = command.split(" | ").flat_map(|part| part.split(" && ")).map(str::trim);
        parts.filter(|part| part.starts_with("sinew ")).map(str::to_owned).collect()
    }

    /// The commands that do something, with all the words that call them.
    fn leaves(command: &Command, words: &str, found: &mut Vec<(String, String)>) {
        for command in command.get_subcommands() {
            let words = format!("{words} {}", command.get_name());
            if command.has_subcommands() {
                leaves(command, &words, found);
            } else {
                found.push((words, command.get_after_help().map(ToString::to_string).unwrap_or_default()));
            }
        }
    }

    #[test]
    fn every_command_has_examples_and_each_parses() {
        let mut commands = Vec::new();
        leaves(&Sinew::command(), "sinew", &mut commands);
        let mut mistakes = Vec::new();
        for (words, help) in commands {
            let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
            let all: Vec<String> =
                lines.map_while(|line| line.strip_prefix("  ")).flat_map(|line| calls(split(line).0)).collect();
            if !all.iter().any(|call| call.starts_with(&words)) {
                mistakes.push(format!("{words}: no example"));
            }
            for call in all {
                if let Err(error) = Sinew::try_parse_from(self::words(&call)) {
                    mistakes.push(format!("{words}: {call}: {error}"));
                }
            }
        }
        assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    }

    /// Every page below a folder.
    fn pages(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                pages(&entry.path(), found);
            } else if entry.path().extension().is_some_and(|extension| extension == "md") {
                found.push(entry.path());
            }
        }
    }

    #[test]
    fn every_command_on_the_pages_parses() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = vec![root.join("README.md")];
        pages(&root.join("docs"), &mut found);
        let (mut mistakes, mut count) = (Vec::new(), 0);
        for page in found {
            let text = std::fs::read_to_string(&page).expect("a page");
            let mut typed = None;
            for line in text.lines() {
                // A block of text shows shapes, the others what is typed.
                if let Some(language) = line.trim_start().strip_prefix("```") {
                    typed = if typed.is_none() { Some(language != "text") } else { None };
                }
                let line = line.trim().trim_start_matches("$ ");
                if typed != Some(true) || !line.starts_with("sinew ") {
                    continue;
                }
                let line = line.split(" #").next().unwrap_or(line).replace(" ID", " 1");
                for call in calls(split(&line).0) {
                    count += 1;
                    match Sinew::try_parse_from(words(&call)) {
                        Err(error) if error.use_stderr() => {
                            mistakes.push(format!("{}: {call}: {error}", page.display()))
                        }
                        Err(_) | Ok(_) => {}
                    }
                }
            }
        }
        assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
        assert!(count > 50, "the pages are read");
    }
}
