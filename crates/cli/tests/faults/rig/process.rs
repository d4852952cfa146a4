//! A process from outside: its memory, its use of the processor, its file handles; connections from other addresses.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use socket2::{Domain, Socket, Type};
use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Ticks of the processor's time in a second, as Linux tells them to programs (USER_HZ).
const TICKS_PER_SECOND: u64 = 100;

/// A line of `/proc/PID/status`, in kB.
fn kilobytes(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a status");
    let line = status.lines().find(|line| line.starts_with(name)).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// The most memory that a process ever had resident, in kB.
pub fn resident_peak(pid: u32) -> u64 {
    kilobytes(pid, "VmHWM:")
}

/// The same without the pages of files, which are the program itself: a debug binary is large, and grows with its crates.
pub fn own_peak(pid: u32) -> u64 {
    resident_peak(pid).saturating_sub(kilobytes(pid, "RssFile:"))
}

/// What the processor has spent on a process.
pub fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a stat");
    // The name in brackets may hold anything; behind it, utime and stime are the 12th and 13th.
    let (_, rest) = stat.rsplit_once(") ").expect("a name");
    let ticks: u64 = rest.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// File handles that a process has open.
pub fn handles(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).expect("handles").count()
}

/// Lets a running process have so many file handles; gives how many it may have at most.
pub fn limit_handles(pid: u32, count: u64) -> u64 {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("limits");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a line");
    let maximum: u64 = line.split_whitespace().nth(4).and_then(|number| number.parse().ok()).expect("a number");
    let limit = Rlimit { current: Some(count), maximum: Some(maximum) };
    prlimit(Pid::from_raw(i32::try_from(pid).expect("a pid")), Resource::Nofile, limit).expect("a limit");
    maximum
}

/// Raises the limit of this test as far as it goes; whether it may have so many.
pub fn has_handles(test: &str, count: u64) -> bool {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let has = getrlimit(Resource::Nofile).current.is_none_or(|limit| limit >= count);
    if !has {
        println!("skipped: {test}: it needs {count} file handles");
    }
    has
}

/// Connects from one of this machine's own addresses, as another peer.
pub fn connect_from(own: [u8; 4], address: &str) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((own, 0)).into())?;
    socket.connect(&address.parse::<SocketAddr>().expect("an address").into())?;
    Ok(socket.into())
}
