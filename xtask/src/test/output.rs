//! Runs a program and shows what it prints while keeping it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;

/// What a program printed, and how it ended.
pub(super) struct Output {
    /// Standard output and standard error; the order between the two is not kept.
    pub(super) text: String,
    /// It exited with 0.
    pub(super) is_success: bool,
}

/// Runs `command` without standard input, printing each line as it comes.
pub(super) fn stream(mut command: Command) -> Result<Output, String> {
    let name = format!("{} {}", command.get_program().display(), words(&command));
    let failed = |error: std::io::Error| format!("{name}: {error}");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let talk = thread::spawn(move || err.map(|pipe| copy(pipe, |line| eprintln!("{line}"))).unwrap_or_default());
    let mut text = out.map(|pipe| copy(pipe, |line| println!("{line}"))).unwrap_or_default();
    text += &talk.join().unwrap_or_default();
    let status = child.wait().map_err(failed)?;
    Ok(Output { text, is_success: status.success() })
}

fn words(command: &Command) -> String {
    command.get_args().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Reads lines to the end; bytes that are not UTF-8 are replaced, since a test may print anything.
fn copy(pipe: impl Read, print: fn(&str)) -> String {
    let mut text = String::new();
    for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        print(&line);
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_both_streams_and_the_end() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            stream(command).unwrap()
        };
        let output = shell("echo out; echo err >&2");
        assert!(output.is_success && output.text.contains("out\n") && output.text.contains("err\n"));
        assert!(!shell("exit 3").is_success);
    }
}
