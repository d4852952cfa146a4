//! Names as small numbers, for the ledger's rows.

use message::Name;

/// Interfaces, and (interface, destination) pairs, each numbered from 0 in order of appearance.
#[derive(Clone, Default)]
pub(crate) struct Names {
    interfaces: Vec<Name>,
    routes: Vec<(u16, Name)>,
    /// Routes of each interface: a handful, so that a linear search beats a hash.
    routes_of: Vec<Vec<u16>>,
    latest: usize,
}

/// Distinct names of each sort that one store may hold within retention. Beyond it, the last number is shared.
const NAMES_MAX: usize = u16::MAX as usize;

impl Names {
    pub(crate) fn interface(&mut self, name: &str) -> u16 {
        let is_same = |own: &Name| **own == *name;
        if self.interfaces.get(self.latest).is_some_and(is_same) {
            return self.latest as u16;
        }
        self.latest = match self.interfaces.iter().position(is_same) {
            Some(number) => number,
            None if self.interfaces.len() < NAMES_MAX => {
                self.interfaces.push(Name::from(name));
                self.routes_of.push(Vec::new());
                self.interfaces.len() - 1
            }
            None => NAMES_MAX - 1,
        };
        self.latest as u16
    }
    pub(crate) fn route(&mut self, interface: u16, destination: &str) -> u16 {
        let Some(own) = self.routes_of.get_mut(usize::from(interface)) else { return 0 };
        let found = own.iter().find(|route| *self.routes[usize::from(**route)].1 == *destination);
        if let Some(number) = found {
            return *number;
        }
        if self.routes.len() >= NAMES_MAX {
            return NAMES_MAX as u16 - 1;
        }
        let number = self.routes.len() as u16;
        self.routes.push((interface, Name::from(destination)));
        own.push(number);
        number
    }
    pub(crate) fn interfaces(&self) -> &[Name] {
        &self.interfaces
    }
    pub(crate) fn routes(&self) -> &[(u16, Name)] {
        &self.routes
    }
    /// The names of a route.
    pub(crate) fn of_route(&self, route: u16) -> Option<(&Name, &Name)> {
        let (interface, destination) = self.routes.get(usize::from(route))?;
        Some((self.interfaces.get(usize::from(*interface))?, destination))
    }
}
