//! The limits of the counts: memory is fixed, whatever a sender does.

use std::time::Duration;

/// Kinds of message (sender, type, trigger event, version) that one interface counts apart. What comes after them is
/// counted together under [`OTHERS`].
pub const STREAMS_MAX: usize = 64;
/// The name of what is counted together.
pub const OTHERS: &str = "(others)";
/// Different segment ids of one kind of message.
pub const SEGMENTS_MAX: usize = 96;
/// Fields of a segment that are counted; the longest of the standard has 87.
pub const FIELDS_MAX: u16 = 96;
/// Components of a field that are counted; the longest data type has 25.
pub const COMPONENTS_MAX: u16 = 25;
/// Fields and components of one kind of message.
pub const SLOTS_MAX: usize = 8_000;
/// Different codes of one coded place that are counted apart; more are counted together.
pub const CODES_MAX: usize = 16;
/// Rules, by place, that the `validate` lines of an interface found broken in one kind of message and that are counted
/// apart; more are counted together under [`OTHERS`].
pub const ISSUES_MAX: usize = 96;
/// Characters of an application's or facility's name.
pub const NAME_CHARACTERS_MAX: usize = 48;
/// Largest message whose content is looked at, bytes. Larger ones are counted as left out.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Spans that ended, by kind of message, and wait to be taken out of the book of an interface.
pub const ENDED_MAX: usize = 4_096;

/// Messages of one interface that are looked at in a second when more come for long. The others are counted as left out.
pub const LOOKED_AT_A_SECOND: i64 = 1_000;
/// Messages that are looked at besides, when they come at once.
pub const LOOKED_AT_AT_ONCE: i64 = 2_000;
/// Messages that wait to be counted; more are counted as left out.
pub const PENDING_MAX: usize = 4_096;
/// Bytes of messages that wait to be counted.
pub const PENDING_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Messages that are counted together: the work is done once for so many.
pub const BATCH: usize = 64;

/// The span of the fine counts.
pub const HOUR: Duration = Duration::from_secs(3_600);
/// The span of the coarse counts.
pub const DAY: Duration = Duration::from_secs(86_400);
/// How long the fine counts are kept before they are folded into days.
pub const HOURS_KEPT: Duration = Duration::from_secs(15 * 86_400);
/// How long the coarse counts are kept.
pub const DAYS_KEPT: Duration = Duration::from_secs(400 * 86_400);
/// Pause between writings: what a crash may lose.
pub const FLUSH_PAUSE: Duration = Duration::from_secs(30);
