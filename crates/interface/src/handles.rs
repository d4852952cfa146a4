//! The file handles that peers may take: one count for all sources of an engine.
//!
//! Owns the count. Promises: the connections of all sources together never pass the limit, so that the log, the index,
//! the control socket and the destinations have a handle when they need one; one network address never has more than half
//! of them, so that a peer that floods leaves room for the others. Never: opens or closes anything.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// See the module. Without a limit until one is set.
#[derive(Debug)]
pub struct Handles(Mutex<Taken>);

#[derive(Debug)]
struct Taken {
    max: usize,
    total: usize,
    of: HashMap<IpAddr, usize>,
}

/// A handle that a connection has; dropping it gives it back.
#[derive(Debug)]
pub struct Handle {
    handles: Arc<Handles>,
    peer: IpAddr,
}

/// Why there is no handle for one more connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowded {
    /// So many are taken, which is all there are for peers.
    All(usize),
    /// The network address has so many, which is half.
    Peer(usize),
}

impl Default for Handles {
    fn default() -> Handles {
        Handles(Mutex::new(Taken { max: usize::MAX, total: 0, of: HashMap::new() }))
    }
}

impl Handles {
    /// Sets the limit. Connections beyond a lower one go on.
    pub fn set_max(&self, max: usize) {
        self.lock().max = max;
    }

    /// How many are taken, and how many there are.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        let taken = self.lock();
        (taken.total, taken.max)
    }

    /// Takes one for a connection from this address.
    ///
    /// # Errors
    /// Why there is none.
    pub fn take(self: &Arc<Handles>, peer: IpAddr) -> Result<Handle, Crowded> {
        let mut taken = self.lock();
        if taken.total >= taken.max {
            return Err(Crowded::All(taken.max));
        }
        let half = taken.max.div_ceil(2);
        let count = taken.of.entry(peer).or_insert(0);
        if *count >= half {
            return Err(Crowded::Peer(half));
        }
        *count += 1;
        taken.total += 1;
        Ok(Handle { handles: self.clone(), peer })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut taken = self.handles.lock();
        taken.total -= 1;
        if let Some(count) = taken.of.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                taken.of.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn one_address_takes_half_and_all_take_what_there_is() {
        let handles = Arc::new(Handles::default());
        handles.set_max(5);
        let mine: Vec<Handle> = (0..3).map(|_| handles.take(peer(1)).unwrap()).collect();
        assert_eq!(handles.take(peer(1)).unwrap_err(), Crowded::Peer(3));
        let others: Vec<Handle> = (2..4).map(|last| handles.take(peer(last)).unwrap()).collect();
        assert_eq!(handles.take(peer(4)).unwrap_err(), Crowded::All(5));
        drop(mine);
        assert_eq!(handles.count(), (2, 5));
        assert!(handles.take(peer(4)).is_ok());
        drop(others);
        assert_eq!(handles.count().0, 0);
        assert!(handles.lock().of.is_empty(), "addresses that are gone take no memory");
    }

    #[test]
    fn a_lower_limit_ends_nothing() {
        let handles = Arc::new(Handles::default());
        let many: Vec<Handle> = (0..10).map(|_| handles.take(peer(1)).unwrap()).collect();
        handles.set_max(4);
        assert_eq!(handles.take(peer(2)).unwrap_err(), Crowded::All(4));
        drop(many);
        assert!(handles.take(peer(2)).is_ok());
    }
}
