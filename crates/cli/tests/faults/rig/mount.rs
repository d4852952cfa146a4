//! A file system of its own for the data folder, unmounted when dropped.

use super::run;
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Waits for a line, then cuts: FS_IOC_SHUTDOWN (`_IOR('X', 125, __u32)`) with FS_SHUTDOWN_FLAGS_NOLOGFLUSH, after which
/// nothing that was not fsynced reaches the disk. In Python, because the call needs `unsafe` in Rust; started before it
/// is needed, so that the cut comes at the moment that chance chose.
const CUT: &str = "import fcntl, os, struct, sys
folder = os.open(sys.argv[1], os.O_RDONLY)
print('ready', flush=True)
sys.stdin.readline()
fcntl.ioctl(folder, 0x8004587D, struct.pack('I', 2))
print('cut', flush=True)
";

/// A mounted file system.
pub struct Mount {
    folder: PathBuf,
    /// The image behind a loop device; a `tmpfs` has none.
    image: Option<PathBuf>,
    is_mounted: bool,
}

/// A power cut that is prepared.
pub struct Cut(Child);

impl Mount {
    /// An empty ext4 of that size in an image file beside the folder.
    pub fn ext4(folder: &Path, megabytes: u32) -> Result<Mount, String> {
        let image = folder.with_extension("img");
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let text = image.display().to_string();
        run(&["truncate", "-s", &format!("{megabytes}M"), &text])?;
        run(&["mkfs.ext4", "-q", "-F", &text])?;
        let mut mount = Mount { folder: folder.to_path_buf(), image: Some(image), is_mounted: false };
        mount.mount()?;
        Ok(mount)
    }

    /// An empty file system in memory.
    pub fn tmpfs(folder: &Path, megabytes: u32) -> Result<Mount, String> {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let size = format!("size={megabytes}m");
        run(&["mount", "-t", "tmpfs", "-o", &size, "tmpfs", &folder.display().to_string()])?;
        Ok(Mount { folder: folder.to_path_buf(), image: None, is_mounted: true })
    }

    fn mount(&mut self) -> Result<(), String> {
        let Some(image) = &self.image else { return Err("a file system in memory cannot be mounted again".into()) };
        run(&["mount", "-o", "loop", &image.display().to_string(), &self.folder.display().to_string()])?;
        self.is_mounted = true;
        Ok(())
    }

    /// Unmounts and mounts again, as a machine does that comes back after a power cut.
    pub fn come_back(&mut self) {
        run(&["umount", &self.folder.display().to_string()]).expect("to unmount");
        self.is_mounted = false;
        self.mount().expect("to mount again");
    }

    /// Prepares a power cut.
    pub fn prepare_cut(&self) -> Cut {
        let mut command = Command::new("python3");
        command.args(["-c", CUT]).arg(&self.folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut cut = Cut(command.spawn().expect("python3"));
        cut.hear("ready");
        cut
    }
}

impl Cut {
    fn hear(&mut self, word: &str) {
        let mut line = String::new();
        // Byte by byte through a buffer of one line: what it says next is not taken along.
        BufReader::with_capacity(1, self.0.stdout.as_mut().expect("stdout")).read_line(&mut line).expect("a line");
        assert_eq!(line.trim(), word, "the power cut failed");
    }

    /// The power is gone when this returns.
    pub fn now(mut self) {
        self.0.stdin.as_mut().expect("stdin").write_all(b"\n").expect("to say so");
        self.hear("cut");
        assert!(self.0.wait().expect("python3").success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.is_mounted {
            let folder = self.folder.display().to_string();
            // Lazily where something still holds it: the folder above is removed next.
            let _ = run(&["umount", &folder]).or_else(|_| run(&["umount", "-l", &folder]));
        }
        if let Some(image) = &self.image {
            let _ = std::fs::remove_file(image);
        }
    }
}
