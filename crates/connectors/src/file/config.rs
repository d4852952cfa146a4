//! Settings of the file connector, read once.

use crate::{
    codes,
    folder::{self, Habits, name::Template},
    settings::{count, size},
};
use interface::catalogue::Settings;
use message::Reason;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How a folder is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) folder: PathBuf,
    pub(crate) habits: Habits,
    /// Where files go whose messages were all accepted.
    pub(crate) done: PathBuf,
    pub(crate) errors: PathBuf,
    /// Where the acknowledgments of each file are written.
    pub(crate) answers: Option<PathBuf>,
}

/// How files are written.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub(crate) folder: PathBuf,
    /// The folder is one of the workspace, so it is made when it is missing. A missing folder elsewhere may be a drive
    /// that is not mounted, and must not be written beside it.
    pub(crate) is_of_workspace: bool,
    pub(crate) template: Template,
    /// Messages are gathered in batches; `None`: each is a file of its own.
    pub(crate) batch: Option<Batching>,
}

/// How batches are written, and what closes one: whatever comes first.
#[derive(Clone, Debug)]
pub(crate) struct Batching {
    /// FHS and FTS stand around each.
    pub(crate) is_file: bool,
    pub(crate) count_max: usize,
    pub(crate) bytes_max: usize,
    /// Since its first message; `None`: for as long as it takes.
    pub(crate) age_max: Option<Duration>,
    /// Minutes of the day by the clock on the wall.
    pub(crate) times: Vec<u16>,
}

const DAY_S: i64 = 24 * 60 * 60;

impl Batching {
    fn read(settings: &Settings) -> Result<Option<Batching>, Reason> {
        let is_file = match settings.text("batch") {
            "file" => true,
            "bare" => false,
            _ => return Ok(None),
        };
        let times = settings.list("batch-at").iter().map(|text| time_of_day(text)).collect::<Result<_, _>>()?;
        Ok(Some(Batching {
            is_file,
            count_max: count(settings, "batch-count"),
            bytes_max: size(settings, "batch-size")?,
            age_max: Some(settings.duration("batch-time")).filter(|age| !age.is_zero()),
            times,
        }))
    }

    /// A batch whose first message came at `opened_s` is closed at `now_s`: one of the times of day was passed between. Both
    /// by the clock on the wall.
    pub(crate) fn is_past_time(&self, opened_s: i64, now_s: i64) -> bool {
        let day = opened_s - opened_s.rem_euclid(DAY_S);
        self.times.iter().map(|minute| day + i64::from(*minute) * 60).any(|today| {
            let next = if today > opened_s { today } else { today + DAY_S };
            now_s >= next
        })
    }
}

/// `06:30` in minutes.
fn time_of_day(text: &str) -> Result<u16, Reason> {
    let wrong = || Reason::new(codes::E6010, format!("`batch-at`: `{text}` is no time of day such as `06:30`"));
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let is_two = |digits: &str| digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    match (hour.parse::<u16>(), minute.parse::<u16>()) {
        (Ok(hours @ 0..=23), Ok(minutes @ 0..=59)) if is_two(hour) && is_two(minute) => Ok(hours * 60 + minutes),
        _ => Err(wrong()),
    }
}

impl Reading {
    pub(crate) fn read(settings: &Settings, workspace: &Path) -> Result<Reading, Reason> {
        let (folder, pattern) = folder::separate(&settings.address)?;
        let folder = workspace.join(folder);
        let inside = |name: &str| folder.join(settings.text(name));
        Ok(Reading {
            habits: Habits::read(settings, pattern)?,
            done: inside("done"),
            errors: inside("errors"),
            answers: Some(settings.text("answers")).filter(|name| !name.is_empty()).map(|_| inside("answers")),
            folder,
        })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings, workspace: &Path) -> Result<Writing, Reason> {
        folder::check_target(&settings.address)?;
        let template = Template::read(settings.text("name"))?;
        let is_of_workspace = Path::new(&*settings.address).is_relative();
        let batch = Batching::read(settings)?;
        Ok(Writing { folder: workspace.join(&*settings.address), is_of_workspace, template, batch })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        let check = |text: &str, expect: Option<u16>| assert_eq!(time_of_day(text).ok(), expect, "{text}");
        check("00:00", Some(0));
        check("06:30", Some(390));
        check("23:59", Some(1439));
        for text in ["", "6:30", "24:00", "06:60", "06:5", "0630", "+6:30"] {
            check(text, None);
        }
    }

    #[test]
    fn a_time_of_day_that_was_passed_closes() {
        let hour = |hour: i64| 40 * DAY_S + hour * 3600;
        let batching =
            Batching { is_file: true, count_max: 9, bytes_max: 9, age_max: None, times: vec![6 * 60, 18 * 60] };
        let check = |opened, now, expect| assert_eq!(batching.is_past_time(opened, now), expect, "{opened} {now}");
        check(hour(5), hour(6) - 1, false);
        check(hour(5), hour(6), true);
        // Opened at that very minute: the next one.
        check(hour(6), hour(17), false);
        check(hour(6), hour(18), true);
        check(hour(19), hour(24 + 5), false);
        check(hour(19), hour(24 + 6), true);
        check(hour(5), hour(99), true);
        check(hour(7), hour(5), false);
    }
}
