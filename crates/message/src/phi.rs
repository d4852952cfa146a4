//! Patient data that cannot be printed by accident (R10).

use std::fmt;

/// A value that may identify a patient. `Debug` and `Display` print `[patient data]`; [`Phi::reveal`] is the only way
/// to the value, so that every reader of it can be found by its name.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Phi(value)
    }
    /// The value itself. The caller must not log it, put it in an error text, a metric or an URL.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
    /// Takes the value out.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[patient data]")
    }
}

impl<T> fmt::Display for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[patient data]")
    }
}
