//! Two machines of a network that the test makes itself: two network namespaces joined by a veth pair. The link can be made
//! to swallow everything without a word, as a pulled cable behind a switch or a dropped entry of a firewall does.

use super::run;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::{fs::File, os::fd::AsFd};

/// The first machine's address.
pub const HERE: &str = "10.99.0.1";
/// The second machine's address.
pub const THERE: &str = "10.99.0.2";
/// A hardware address that no machine has: what is sent there is gone.
const NOBODY: &str = "02:00:00:00:00:99";

/// The network; gone when dropped.
pub struct Network {
    here: String,
    there: String,
}

impl Network {
    /// Two machines that reach each other.
    pub fn up() -> Result<Network, String> {
        let name = format!("sinew-{}", std::process::id());
        let network = Network { here: format!("{name}-a"), there: format!("{name}-b") };
        for machine in [&network.here, &network.there] {
            run(&["ip", "netns", "add", machine])?;
            run(&["ip", "-n", machine, "link", "set", "lo", "up"])?;
        }
        let (here, there) = (&network.here, &network.there);
        run(&["ip", "link", "add", "va", "netns", here, "type", "veth", "peer", "name", "vb", "netns", there])?;
        for (machine, device, address) in [(here, "va", HERE), (there, "vb", THERE)] {
            run(&["ip", "-n", machine, "addr", "add", &format!("{address}/24"), "dev", device])?;
            run(&["ip", "-n", machine, "link", "set", device, "up"])?;
        }
        Ok(network)
    }

    /// The name of the first machine, for `ip netns exec`.
    pub fn here(&self) -> &str {
        &self.here
    }

    /// From now on nothing arrives, in either direction, and nobody is told.
    pub fn silence(&self) {
        for (machine, device, other) in [(&self.here, "va", THERE), (&self.there, "vb", HERE)] {
            let words = ["ip", "-n", machine, "neigh", "replace", other, "lladdr", NOBODY, "dev", device];
            run(&[&words[..], &["nud", "permanent"]].concat()).expect("to silence the link");
        }
    }

    /// Everything arrives again.
    pub fn heal(&self) {
        for (machine, device, other) in [(&self.here, "va", THERE), (&self.there, "vb", HERE)] {
            run(&["ip", "-n", machine, "neigh", "del", other, "dev", device]).expect("to heal the link");
        }
    }

    /// Does this on the first machine: sockets that it makes stay there.
    pub fn at_here<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        at(&self.here, act)
    }

    /// Does this on the second machine.
    pub fn at_there<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        at(&self.there, act)
    }
}

/// On a thread of its own, because a thread does not come back from another namespace by itself.
fn at<T: Send>(machine: &str, act: impl FnOnce() -> T + Send) -> T {
    let space = File::open(format!("/run/netns/{machine}")).expect("a namespace");
    std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network)).expect("to enter it");
            act()
        });
        inside.join().expect("to act inside")
    })
}

impl Drop for Network {
    fn drop(&mut self) {
        for machine in [&self.here, &self.there] {
            let _ = run(&["ip", "netns", "del", machine]);
        }
    }
}
