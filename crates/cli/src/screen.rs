//! The terminal: what may be coloured, masked and drawn, and where results and talk go.
//!
//! `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb` are obeyed. On a pipe there are no colours, no progress, no masking.

use crate::{arguments::Talk, outcome::Failure};
use std::io::{IsTerminal, Write};

/// What the two streams can do.
#[derive(Clone, Debug)]
pub struct Screen {
    /// stdout is a terminal.
    pub is_terminal: bool,
    /// Colours may be used on stdout.
    pub is_coloured: bool,
    /// Colours may be used on stderr.
    pub is_talk_coloured: bool,
    /// The terminal can show more than ASCII.
    pub is_unicode: bool,
    /// Say less.
    pub is_quiet: bool,
}

impl Screen {
    /// Looks at the environment and the flags.
    pub fn detect(talk: &Talk) -> Screen {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let coloured = |is_terminal: bool| match talk.color {
            crate::arguments::Color::Always => true,
            crate::arguments::Color::Never => false,
            crate::arguments::Color::Auto => set("CLICOLOR_FORCE") || (is_terminal && !set("NO_COLOR") && !is_dumb),
        };
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        let is_unicode = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Screen {
            is_terminal: std::io::stdout().is_terminal(),
            is_coloured: coloured(std::io::stdout().is_terminal()),
            is_talk_coloured: coloured(std::io::stderr().is_terminal()),
            is_unicode,
            is_quiet: talk.quiet,
        }
    }

    /// Prints one line of the result. A reader that went away ends the program quietly, as other filters do.
    pub fn line(&self, text: impl AsRef<str>) {
        let mut out = std::io::stdout().lock();
        if out.write_all(text.as_ref().as_bytes()).and_then(|()| out.write_all(b"\n")).is_err() {
            std::process::exit(0);
        }
    }

    /// Prints bytes of the result as they are.
    pub fn bytes(&self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    }

    /// Prints a message of the result: as it is into files and pipes; on a terminal a segment a line, because a CR would
    /// write each over the last, and without what could steer the terminal.
    pub fn message(&self, bytes: &[u8]) {
        if !self.is_terminal {
            return self.bytes(bytes);
        }
        for line in String::from_utf8_lossy(bytes).split(['\r', '\n']).filter(|line| !line.is_empty()) {
            self.line(plain(line));
        }
    }

    /// Says something on stderr, unless quiet.
    pub fn say(&self, text: impl AsRef<str>) {
        if !self.is_quiet {
            let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
        }
    }

    /// Progress may be drawn: stderr is a terminal and talk is wanted.
    pub fn is_progress(&self) -> bool {
        !self.is_quiet && std::io::stderr().is_terminal()
    }

    /// Draws one line of progress over the last one.
    pub fn progress(&self, text: &str) {
        if self.is_progress() {
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\u{1b}[2K{text}");
            let _ = err.flush();
        }
    }

    /// Takes the line of progress away.
    pub fn end_progress(&self) {
        if self.is_progress() {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[2K");
        }
    }

    /// Prints a failure on stderr: `error[E7001]: …`, and the hint.
    pub fn fail(&self, failure: &Failure) {
        let code = failure.code.map(|code| format!("[{code}]")).unwrap_or_default();
        let head = self.paint_talk("1;31", &format!("error{code}"));
        let mut err = std::io::stderr().lock();
        let _ = writeln!(err, "{head}: {}", failure.message);
        if let Some(hint) = &failure.hint {
            let _ = writeln!(err, "  {} {hint}", self.paint_talk("1;36", "help:"));
        }
        if let Some(code) = failure.code {
            let _ = writeln!(err, "  more: sinew explain {code}");
        }
    }

    /// `text` in an SGR style on stdout, plain where colours are off.
    pub fn paint(&self, style: &str, text: &str) -> String {
        if self.is_coloured { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// `text` in an SGR style on stderr.
    pub fn paint_talk(&self, style: &str, text: &str) -> String {
        if self.is_talk_coloured { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// The mark for good and bad, by what the terminal can show.
    pub fn mark(&self, is_good: bool) -> String {
        match (is_good, self.is_unicode) {
            (true, true) => self.paint("32", "✓"),
            (false, true) => self.paint("31", "✗"),
            (true, false) => self.paint("32", "ok"),
            (false, false) => self.paint("31", "FAIL"),
        }
    }
}

/// Text of a message without control characters: on a terminal they could move the cursor, or worse.
pub fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{b7}' } else { letter }).collect()
}
