//! Workspaces that ship inside the binary: what `sinew init` writes, and the hospital of `sinew demo`.
//!
//! Promises: both check without findings, are laid out as `sinew fmt` would, and their tests pass.
//! Never: writes files; who asks gets path and text.

mod hello;
mod hospital;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

/// The port of the starter workspace's interface.
pub const HELLO_PORT: u16 = 2575;

/// A file of a template: its path with `/`, relative to the workspace, and its text.
pub type TemplateFile = (&'static str, Cow<'static, str>);

/// The starter workspace, called `name`, with its interface on `port`.
///
/// `None` when `name` is not a name of the language (letters, digits, `-`, `_`).
#[must_use]
pub fn hello(name: &str, port: u16) -> Option<Vec<TemplateFile>> {
    if !crate::compile::reader::is_name(name) {
        return None;
    }
    let change = |(path, text): &(&'static str, &'static str)| {
        let text = match *path {
            "sinew.toml" => Cow::Owned(text.replace("name = \"hello\"", &format!("name = \"{name}\""))),
            "README.md" => {
                Cow::Owned(text.replace("# hello", &format!("# {name}")).replace(&of(HELLO_PORT), &of(port)))
            }
            _ if text.contains(&of(HELLO_PORT)) => Cow::Owned(text.replace(&of(HELLO_PORT), &of(port))),
            _ => Cow::Borrowed(*text),
        };
        (*path, text)
    };
    Some(hello::FILES.iter().map(change).collect())
}

fn of(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// The workspace of the simulated hospital. Its interfaces are named in its README; addresses are on loopback and meant
/// to be overridden, see [`crate::workspace::Options::overrides`].
#[must_use]
pub fn hospital() -> &'static [(&'static str, &'static str)] {
    hospital::FILES
}

/// Which interface of the hospital takes what a system sends: sender (`hospital::SystemName`), MSH-9.1, interface.
pub const HOSPITAL_SOURCES: &[(&str, &str, &str)] = &[
    ("epr-north", "ADT", "north-adt"),
    ("epr-north", "OML", "orders"),
    ("epr-north", "RDE", "medication"),
    ("reg-south", "ADT", "south-adt"),
    ("reg-south", "ORM", "orders"),
    ("reg-south", "DFT", "charges"),
    ("lab", "ORU", "lab-results"),
    ("rad", "ORM", "orders"),
    ("rad", "ORU", "rad-results"),
    ("rad", "MDM", "documents"),
    ("clinic", "SIU", "appointments"),
    ("clinic", "VXU", "immunisations"),
    ("clinic", "DFT", "charges"),
    ("ward", "ORU", "vitals"),
];
