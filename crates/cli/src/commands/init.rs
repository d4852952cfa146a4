//! `sinew init`: a workspace that checks, passes its test and runs.

use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;
use interface::template;
use std::path::PathBuf;

/// Make a new workspace with one interface that works
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew init hello
  sinew init hello --port 2600
  sinew check hello && sinew test hello && sinew run hello

Exit: 0, 2 the name is not allowed, 5 the folder is not empty.")]
pub struct Init {
    /// The folder to make; its last part is the workspace's name
    #[arg(default_value = "hello")]
    dir: PathBuf,
    /// Where the interface listens, on 127.0.0.1
    #[arg(long, value_name = "PORT", default_value_t = template::HELLO_PORT)]
    port: u16,
}

impl Init {
    pub fn run(self, screen: &Screen) -> Result {
        let name = self.dir.file_name().and_then(|name| name.to_str()).unwrap_or("hello");
        let files = template::hello(name, self.port).ok_or_else(|| {
            Failure::usage(format!("`{name}` cannot be the name of a workspace"))
                .hint("letters, digits, `-` and `_`, beginning with a letter: sinew init hello")
        })?;
        let is_taken = std::fs::read_dir(&self.dir).is_ok_and(|mut entries| entries.next().is_some());
        if is_taken {
            let message = format!("{} is not empty; nothing was written", self.dir.display());
            return Err(Failure::new(Exit::Refused, message).hint("name a folder that does not exist yet"));
        }
        for (path, text) in &files {
            let path = self.dir.join(path);
            let parent = path.parent().unwrap_or(&self.dir);
            let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, text.as_bytes()));
            written.map_err(|error| Failure::unreachable(format!("{}: {error}", path.display())))?;
        }
        let dir = self.dir.display();
        screen.say(format!("{} {} files in {dir}. Next:", screen.mark(true), files.len()));
        for line in [format!("sinew check {dir}"), format!("sinew test {dir}"), format!("sinew run {dir}")] {
            screen.say(format!("  {line}"));
        }
        Ok(Exit::Ok)
    }
}
