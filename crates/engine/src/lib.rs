//! Floor 4: runs interfaces: intake, pipeline, dispatch, replies, reload, drain.
