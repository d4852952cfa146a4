//! Reading checked settings with the bounds that only a connector knows.

use crate::codes;
use interface::catalogue::{Setting, SettingKind, Settings};
use message::{Reason, limits};
use std::time::Duration;

/// Smallest limit of size that makes sense: an MSH segment with long names still fits.
const SIZE_MIN: usize = 1024;

/// A count that the checker has bounded; at least 1.
pub(crate) fn count(settings: &Settings, name: &str) -> usize {
    usize::try_from(settings.count(name)).unwrap_or(usize::MAX).max(1)
}

/// A limit of size in bytes, between 1 KiB and [`limits::FRAME_BYTES_CEILING`].
pub(crate) fn size(settings: &Settings, name: &str) -> Result<usize, Reason> {
    match usize::try_from(settings.count(name)) {
        Ok(size) if (SIZE_MIN..=limits::FRAME_BYTES_CEILING).contains(&size) => Ok(size),
        _ => Err(Reason::new(codes::E6010, format!("`{name}` must be at least 1KiB and less than 2GiB"))),
    }
}

/// `max-size`, which the engine goes by, is one that a part can have, where it is said.
pub(crate) fn part_size(settings: &Settings) -> Result<(), Reason> {
    if settings.count("max-size") == 0 { Ok(()) } else { size(settings, "max-size").map(drop) }
}

/// A duration that may not be zero, because zero would mean "never" or "at once" and neither is meant.
pub(crate) fn duration(settings: &Settings, name: &str) -> Result<Duration, Reason> {
    let value = settings.duration(name);
    if value.is_zero() {
        return Err(Reason::new(codes::E6010, format!("`{name}` must be longer than 0s")));
    }
    Ok(value)
}

/// A line of a spec.
pub(crate) const fn setting(
    name: &'static str,
    kind: SettingKind,
    default: &'static str,
    description: &'static str,
) -> Setting {
    Setting { name, kind, default, description }
}

/// Several tables of settings as one: `&join::<{ A.len() + B.len() }>(&[A, B])`.
pub(crate) const fn join<const N: usize>(tables: &[&[Setting]]) -> [Setting; N] {
    let mut joined = [setting("", SettingKind::Flag, "", ""); N];
    let (mut table, mut filled) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            joined[filled] = tables[table][row];
            row += 1;
            filled += 1;
        }
        table += 1;
    }
    assert!(filled == N, "a table is missing");
    joined
}
