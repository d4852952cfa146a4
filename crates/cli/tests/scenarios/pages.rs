//! The commands that the README and the tutorial show work as they stand there, in their order. Ports are replaced by
//! free ones, and `sinew` by this build; nothing else.

use super::support::{Engine, Workspace, command, finish, free_port, wait_for};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A reader who types what a page shows.
struct Reader {
    workspace: Workspace,
    folder: PathBuf,
    ports: [(&'static str, String); 2],
    engine: Option<Engine>,
    listener: Option<std::process::Child>,
    id: String,
}

impl Reader {
    fn new() -> Reader {
        let workspace = Workspace::empty();
        std::fs::remove_file(workspace.path().join("sinew.toml")).expect("an empty folder");
        let folder = workspace.path().to_path_buf();
        let ports = [("2575", free_port().to_string()), ("2600", free_port().to_string())];
        Reader { workspace, folder, ports, engine: None, listener: None, id: String::new() }
    }

    /// Types one line; gives what was printed.
    fn enter(&mut self, line: &str) -> String {
        let mut line = line.split(" # ").next().unwrap_or(line).trim().to_owned();
        self.ports.iter().for_each(|(old, new)| line = line.replace(old, new));
        line = line.replace(" ID", &format!(" {}", self.id));
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["cd", folder] => self.folder = self.folder.join(folder),
            ["sinew", "run" | "dev", rest @ ..] => {
                let folder = rest.first().map_or(self.folder.clone(), |folder| self.folder.join(folder));
                self.engine = None;
                self.engine = Some(Engine::start(&folder, words[1]));
            }
            ["sinew", "listen", ..] => {
                let mut listen = command(&words[1..]);
                listen.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
                self.listener = Some(listen.spawn().expect("a listener"));
            }
            ["sinew", "top"] => return self.shell("sinew top --count 1"),
            ["sinew", "demo" | "bench", ..] => {}
            ["sinew", "messages", ..] => {
                let output = wait_for("the index to follow", || {
                    Some(self.shell(&line)).filter(|output| !output.contains("no message found"))
                });
                let row = output.lines().nth(1).unwrap_or_default();
                self.id = row.split_whitespace().next().unwrap_or_default().to_owned();
                return output;
            }
            ["sinew", "init", ..] => {
                let output = self.shell(&line);
                self.replace_ports();
                return output;
            }
            _ => return self.shell(&line),
        }
        String::new()
    }

    fn shell(&self, line: &str) -> String {
        let folder = Path::new(env!("CARGO_BIN_EXE_sinew")).parent().expect("a folder");
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(&self.folder).env("PATH", path).env("LC_ALL", "C.UTF-8");
        let done = finish(shell, b"");
        assert_ne!((done.code, line), (2, line), "usage\n{}", done.err);
        assert_ne!((done.code, line), (3, line), "unreachable\n{}", done.err);
        done.out + &done.err
    }

    /// In the files that `init` made.
    fn replace_ports(&self) {
        let mut folders = vec![self.workspace.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else if let Ok(mut text) = std::fs::read_to_string(entry.path()) {
                    self.ports.iter().for_each(|(old, new)| {
                        text = text.replace(&format!("127.0.0.1:{old}"), &format!("127.0.0.1:{new}"));
                    });
                    std::fs::write(entry.path(), text).expect("written");
                }
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(mut listener) = self.listener.take() {
            let _ = listener.kill();
            let _ = listener.wait();
        }
    }
}

/// `expected` stands in a line of `output`; `…` is anything.
fn is_shown(output: &str, expected: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts: Vec<String> = expected.split('…').map(squeeze).collect();
    output.lines().map(squeeze).any(|line| {
        let mut rest = line.as_str();
        parts.iter().all(|part| match rest.find(part.as_str()) {
            Some(place) => {
                rest = &rest[place + part.len()..];
                true
            }
            None => false,
        })
    })
}

/// The lines of fenced blocks of a language, with the heading they stand under.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(word) => inside = !inside && word == language,
            None if inside => lines.push(line),
            None => {}
        }
    }
    lines
}

#[test]
fn the_tutorial_works_as_printed() {
    let page = page("docs/tutorials/first-interface.md");
    let mut reader = Reader::new();
    let mut calls: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in blocks(&page, "console").into_iter().filter(|line| !line.trim().is_empty()) {
        match (line.strip_prefix("$ "), calls.last_mut()) {
            (Some(command), _) => calls.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("{line}: no command before it"),
        }
    }
    assert!(calls.len() >= 10, "the blocks of the tutorial are read");
    for (command, shown) in calls {
        // What the engine does takes a moment; a reader looks again.
        let is_look = ["sinew queues", "sinew status", "sinew explain"].iter().any(|look| command.starts_with(look));
        let started = std::time::Instant::now();
        loop {
            let mut output = reader.enter(command);
            reader.ports.iter().for_each(|(old, new)| output = output.replace(new.as_str(), old));
            let Some(missing) = shown.iter().find(|line| !is_shown(&output, line)) else { break };
            let is_over = !is_look || started.elapsed() > super::support::PATIENCE;
            assert!(!is_over, "`{command}`: the tutorial shows `{missing}`, it printed:\n{output}");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

#[test]
fn the_readme_works_as_printed() {
    let page = page("README.md");
    let section =
        page.split("## The first interface").nth(1).expect("the section").split("\n## ").next().expect("its text");
    let mut reader = Reader::new();
    let mut commands = 0;
    for line in blocks(section, "").into_iter().filter(|line| line.starts_with("sinew ") || line.starts_with("cd ")) {
        let output = reader.enter(line);
        commands += 1;
        if line.starts_with("sinew send") {
            assert!(output.contains(" AA"), "{output}");
        }
        if line.starts_with("sinew replay") {
            assert!(output.contains("--yes"), "{output}");
        }
    }
    assert!(commands >= 8, "the block of the README is read");
}

#[test]
fn the_interfaces_on_the_pages_check() {
    for name in ["README.md", "docs/how-to/receive-and-fan-out.md"] {
        let page = page(name);
        let text: Vec<&str> =
            blocks(&page, "").into_iter().skip_while(|line| !line.starts_with("interface ")).collect();
        let end = text.iter().position(|line| *line == "}").expect("the end of the block");
        let workspace = Workspace::empty();
        workspace.write("interfaces/adt-main/interface.flow", &(text[..=end].join("\n") + "\n"));
        workspace.sinew(&["check"]).expect(0).says(&["0 errors"]);
    }
}
