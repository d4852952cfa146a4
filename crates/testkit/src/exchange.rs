//! The way between interfaces, for tests: names and intakes.

use interface::{catalogue::Exchange, contract::Intake};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Interfaces that tests say are running.
#[derive(Default)]
pub struct Switchboard(Mutex<HashMap<String, Arc<dyn Intake>>>);

impl Switchboard {
    /// From now on `interface` runs.
    pub fn plug(&self, interface: &str, intake: Arc<dyn Intake>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(interface.to_owned(), intake);
    }

    /// From now on `interface` does not run.
    pub fn unplug(&self, interface: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(interface);
    }
}

impl Exchange for Switchboard {
    fn intake(&self, interface: &str) -> Option<Arc<dyn Intake>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(interface).cloned()
    }
}
