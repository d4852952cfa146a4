//! The machine under the store: its disk, its room, its clock, its limits.

use super::{Finding, Level, finding};
use message::Clock;
use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// Slower fsyncs than this limit every sender that waits for its acknowledgment.
const FSYNC_SLOW: Duration = Duration::from_millis(20);
/// Less free space than this is worth a warning.
const FREE_BYTES_LOW: u64 = 2 * 1024 * 1024 * 1024;
/// Fewer days of free space than this are worth a warning.
const DAYS_LOW: f64 = 14.0;
const DAY_SECONDS: f64 = 86_400.0;
/// Fewer file handles than this are used up by a flood of connections.
const HANDLES_LOW: u64 = 4096;

/// Free space, and how long the disk takes to make a write safe.
pub(super) fn disk(data: &Path) -> Vec<Finding> {
    let mut report = Vec::new();
    if let Err(error) = fs::create_dir_all(data) {
        return vec![finding(
            Level::Fail,
            "storage",
            format!("{}: {error}", data.display()),
            "make the folder writable for this user",
        )];
    }
    match probe_fsync(data) {
        Err(error) => report.push(finding(
            Level::Fail,
            "storage",
            format!("{}: {error}", data.display()),
            "the disk does not take writes",
        )),
        Ok(median) => {
            let text = format!("{}, fsync {:.2} ms", data.display(), median.as_secs_f64() * 1000.0);
            let is_slow = median > FSYNC_SLOW;
            let remedy = if is_slow {
                "each acknowledgment waits for this: use a local disk with a write cache that survives a power cut"
            } else {
                ""
            };
            report.push(finding(if is_slow { Level::Warn } else { Level::Ok }, "storage", text, remedy));
        }
    }
    report.extend(free_bytes(data).map(|free| space(free, grown_bytes_per_day(data))));
    report
}

/// Free space against what the store needs to go on, and how long it lasts at the present rate.
fn space(free: u64, bytes_per_day: Option<f64>) -> Finding {
    let lasts = bytes_per_day.filter(|rate| *rate > 0.0).map(|rate| free as f64 / rate);
    let days = lasts.map_or_else(String::new, |days| format!(" ({days:.0} days at this rate)"));
    let text = format!("{:.1} GB free{days}", free as f64 / 1e9);
    let remedy = "free space, or shorten [store] retention in sinew.toml";
    // Below a segment and the reserve, no segment can be made and senders are told to come later (R8).
    let needed = store::SEGMENT_BYTES + store::RESERVE_BYTES;
    match () {
        () if free < needed => {
            finding(Level::Fail, "space", format!("{text}: messages are answered \"later\""), remedy)
        }
        () if free < FREE_BYTES_LOW || lasts.is_some_and(|days| days < DAYS_LOW) => {
            finding(Level::Warn, "space", text, remedy)
        }
        () => finding(Level::Ok, "space", text, ""),
    }
}

/// How fast the log grew since its oldest piece; `None` in the first day.
fn grown_bytes_per_day(data: &Path) -> Option<f64> {
    let pieces = fs::read_dir(data.join("log")).ok()?.filter_map(|entry| entry.ok()?.metadata().ok());
    let (mut bytes, mut oldest) = (0, None);
    for piece in pieces {
        bytes += piece.len();
        oldest = oldest.into_iter().chain(piece.modified().ok()).min();
    }
    let days = oldest?.elapsed().ok()?.as_secs_f64() / DAY_SECONDS;
    (days >= 1.0).then_some(bytes as f64 / days)
}

/// The median of nine writes of 4 KB with fdatasync.
fn probe_fsync(data: &Path) -> std::io::Result<Duration> {
    let path = data.join(".doctor-probe");
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    drop(file);
    fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times.get(4).copied().unwrap_or_default())
}

/// Free bytes of the file system, as `df` says it: there is no safe call in the standard library.
fn free_bytes(data: &Path) -> Option<u64> {
    let out = std::process::Command::new("df").arg("-Pk").arg(data).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let kilobytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Settings of the system that messages depend on; `pid` is the running engine's.
pub(super) fn settings(data: &Path, pid: Option<u64>) -> Vec<Finding> {
    let read = |path: String| fs::read_to_string(path).unwrap_or_default();
    let owner = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    let mut report = vec![clock(data)];
    report.extend(handles(&read(format!("/proc/{owner}/limits"))));
    report.extend(swap(&read("/proc/meminfo".to_owned())));
    report
}

/// The wall clock is not behind what was written last: acknowledgments and retries carry its time.
fn clock(data: &Path) -> Finding {
    let now = message::clock::System.now();
    let written = fs::metadata(data.join("checkpoint")).and_then(|facts| facts.modified()).ok();
    let ahead = written.and_then(|written| written.elapsed().err()).map(|error| error.duration());
    let is_synchronised = Path::new("/run/systemd/timesync/synchronized").exists();
    match ahead {
        Some(ahead) if ahead > CLOCK_BEHIND_MAX => finding(
            Level::Warn,
            "clock",
            format!("{} is {:.0} s behind what was written last", now.to_rfc3339(), ahead.as_secs_f64()),
            "set the clock, and let the system keep it (chrony, systemd-timesyncd)",
        ),
        _ if is_synchronised => finding(Level::Ok, "clock", format!("{}, synchronised", now.to_rfc3339()), ""),
        _ => finding(Level::Ok, "clock", now.to_rfc3339(), ""),
    }
}

/// A clock that was set back by more than this is worth a warning.
const CLOCK_BEHIND_MAX: Duration = Duration::from_secs(2);

/// `Max open files            1024                 524288               files`
fn handles(limits: &str) -> Option<Finding> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft: u64 = line.split_whitespace().next()?.parse().ok()?;
    let text = format!("{soft} file handles");
    Some(match soft < HANDLES_LOW {
        true => finding(
            Level::Warn,
            "limits",
            text,
            "each connection takes one: ulimit -n 65536, or LimitNOFILE=65536 in the unit of the service",
        ),
        false => finding(Level::Ok, "limits", text, ""),
    })
}

/// Messages under way are in memory, and swapped memory is on a disk that nothing seals.
fn swap(meminfo: &str) -> Option<Finding> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("SwapTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    (kilobytes > 0).then(|| {
        finding(
            Level::Warn,
            "swap",
            format!(
                "{:.1} GB of swap: messages under way may be written to it, outside of the sealed store",
                kilobytes as f64 / 1e6
            ),
            "turn swap off (swapoff -a), or encrypt it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(found: Option<Finding>) -> Option<&'static str> {
        found.map(|finding| finding.level.word().0)
    }

    #[test]
    fn space_against_the_reserve_and_the_rate() {
        let check = |free: u64, rate: Option<f64>, expect: &str| {
            assert_eq!(space(free, rate).level.word().0, expect, "{free} {rate:?}");
        };
        check(store::SEGMENT_BYTES, None, "FAIL");
        check(FREE_BYTES_LOW - 1, None, "WARN");
        check(500_000_000_000, None, "ok");
        check(500_000_000_000, Some(100e9), "WARN");
        check(500_000_000_000, Some(1e9), "ok");
        assert!(space(500_000_000_000, Some(1e9)).text.ends_with("500.0 GB free (500 days at this rate)"));
    }

    #[test]
    fn limits_and_swap() {
        let limits =
            |soft: u32| format!("Limit  Soft  Hard  Units\nMax open files            {soft}    524288    files\n");
        assert_eq!(levels(handles(&limits(1024))), Some("WARN"));
        assert_eq!(levels(handles(&limits(65_536))), Some("ok"));
        assert_eq!(levels(handles("")), None);
        assert_eq!(levels(swap("MemTotal: 1 kB\nSwapTotal:        2097148 kB\n")), Some("WARN"));
        assert_eq!(levels(swap("SwapTotal:             0 kB\n")), None);
    }
}
