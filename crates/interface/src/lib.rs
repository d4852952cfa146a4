//! Floor 3: what an interface is.
//!
//! Owns: the contracts between the engine and its connectors ([`contract`]), what a connector says of itself
//! ([`catalogue`]), the definition of an interface as the engine runs it ([`definition`]), the meaning of a peer's
//! answers ([`replies`]), the count of connections ([`handles`]), which hosts are this machine ([`host`]), the words of interfaces and tests ([`keywords`]), tests as data ([`case`]), profiles ([`profiles`]), the workspace folder
//! ([`workspace`]) and the workspaces that ship inside the binary ([`template`]).
//!
//! Promises: a definition that compiles can run; a definition that does not compile leaves the running version alone.
//! Never: opens a socket or touches the store.

pub mod case;
pub mod catalogue;
pub mod codes;
mod compile;
pub mod contract;
pub mod definition;
pub mod handles;
pub mod host;
pub mod keywords;
pub mod profiles;
pub mod replies;
pub mod template;
pub mod workspace;

pub use contract::{Destination, Intake, Lookup, Source};
pub use definition::Definition;
pub use workspace::Workspace;
