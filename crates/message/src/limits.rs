//! Every limit has a name. Unbounded is a bug.

use std::time::Duration;

/// Largest frame that a source takes unless its interface says otherwise.
pub const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Hard ceiling that no interface may exceed.
pub const FRAME_BYTES_CEILING: usize = 2 * 1024 * 1024 * 1024 - 1;
/// Longest silence inside a frame.
pub const FRAME_IDLE_MAX: Duration = Duration::from_secs(30);
/// Longest time for a whole frame of ordinary size.
pub const FRAME_TIME_MAX: Duration = Duration::from_secs(300);
/// Connections that one listener serves at a time.
pub const LISTENER_CONNECTIONS_MAX: usize = 1024;
/// Time to make a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time to wait for an acknowledgment.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest reply that is read from a peer.
pub const REPLY_BYTES_MAX: usize = 1024 * 1024;
/// First and last pause between attempts.
pub const RETRY_DELAY_MIN: Duration = Duration::from_secs(1);
/// See [`RETRY_DELAY_MIN`].
pub const RETRY_DELAY_MAX: Duration = Duration::from_secs(60);
/// Deliveries of one destination that may be under way at once.
pub const LANES_MAX: usize = 256;
/// Destinations that one message may go to.
pub const DELIVERIES_PER_MESSAGE_MAX: usize = 1024;
/// How long a control id is remembered (R4).
pub const DUPLICATE_WINDOW: Duration = Duration::from_secs(7 * 24 * 3600);
/// Steps of evaluation that one message may use, maps included.
pub const FUEL_PER_MESSAGE: u64 = 2_000_000;
/// Nesting of blocks and brackets in the language.
pub const SYNTAX_DEPTH_MAX: usize = 64;
/// Largest source file of the language.
pub const SYNTAX_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Rows of one code table.
pub const TABLE_ROWS_MAX: usize = 1_000_000;
/// Hops that one message may make from interface to interface.
pub const INTERFACE_HOPS_MAX: u8 = 16;
