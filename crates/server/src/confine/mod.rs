//! What the process of an engine gives up at its start, for good: running other programs, making devices, and the calls of the
//! kernel that no engine needs.
//!
//! Promises: a hole in a parser or a script does not become a shell, a look into another process or another kernel; no
//! privileges come by a file. Never: keeps an engine from starting on a kernel that cannot do this; it says so instead.

mod calls;
mod programs;

use serde::Serialize;

/// What the kernel took of something that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    /// All of it.
    Fully,
    /// Some of it.
    Partly,
    /// Nothing: the kernel does not have it, or it is off.
    Not,
}

/// What was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Confined {
    /// Running programs and making devices, by Landlock.
    pub programs: Taken,
    /// Calls of the kernel, by a seccomp filter.
    pub calls: Taken,
}

/// Gives it up for this thread and every thread that it starts from now on: to be called before any other.
#[must_use]
pub fn confine() -> Confined {
    Confined { programs: programs::give_up(), calls: calls::give_up() }
}
