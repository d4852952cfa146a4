//! A limit of memory for a process, by a control group of its own where this machine lets us make one.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The group; gone when dropped, after its process.
pub struct MemoryLimit(PathBuf);

impl MemoryLimit {
    /// Puts a process into a group that may have so many bytes; `None`, said aloud, where that is not possible.
    pub fn put(test: &str, pid: u32, bytes: u64) -> Option<MemoryLimit> {
        let name = format!("sinew-{pid}");
        let places = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        for (root, limit) in places {
            let folder = Path::new(root).join(&name);
            if fs::create_dir(&folder).is_err() {
                continue;
            }
            let group = MemoryLimit(folder);
            let is_limited = fs::write(group.0.join(limit), bytes.to_string()).is_ok();
            if is_limited && fs::write(group.0.join("cgroup.procs"), pid.to_string()).is_ok() {
                return Some(group);
            }
        }
        println!("skipped: {test}: the limit of memory (no control group here); memory is measured only");
        None
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        // Gone once its process is; the engine is dropped before.
        let _ = fs::remove_dir(&self.0);
    }
}
