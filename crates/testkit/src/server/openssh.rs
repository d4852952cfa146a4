//! OpenSSH's `sshd`, for its sftp.

use super::{Daemon, find, run};
use crate::Folder;
use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Command,
};

/// A password of the server that [`OpenSsh::start_with_password`] starts.
const PASSWORD: &str = "correct horse";
/// crypt(3), SHA-512, of [`PASSWORD`].
const PASSWORD_HASH: &str =
    "$6$sinewtest$xL4IyphcCtm7lfT5/Jd0bRoX9StVEnzdRwWIZ8WZ5BP1UaswSLPBtcVVYn7Vcg1z.hRcL/SWK5eHLUicAefs61";

/// A server with one user, the one who runs the test, who is let in by key.
pub struct OpenSsh {
    daemon: Daemon,
    /// The user's name.
    pub user: String,
    /// The user's private key, as text.
    pub key: String,
    /// `SHA256:…` of the server's key.
    pub fingerprint: String,
}

impl OpenSsh {
    /// Starts one.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start() -> Result<OpenSsh, String> {
        OpenSsh::start_as(false)
    }

    /// Starts one that knows passwords only; needs root, because the system keeps passwords.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start_with_password() -> Result<(OpenSsh, &'static str), String> {
        if !rustix::process::geteuid().is_root() {
            return Err("passwords need root".to_owned());
        }
        find("unshare")?;
        OpenSsh::start_as(true).map(|server| (server, PASSWORD))
    }

    fn start_as(is_by_password: bool) -> Result<OpenSsh, String> {
        let sshd = find("sshd")?;
        let keygen = find("ssh-keygen")?;
        let user = run(Command::new("id").arg("-un"))?;
        let folder = Folder::new();
        for name in ["host", "user"] {
            make_key(&keygen, &folder.join(name))?;
        }
        let print = run(Command::new(&keygen).args(["-l", "-f"]).arg(folder.join("host.pub")))?;
        let fingerprint = print.split(' ').nth(1).ok_or("ssh-keygen prints no fingerprint")?.to_owned();
        let key = fs::read_to_string(folder.join("user")).map_err(|error| error.to_string())?;
        if rustix::process::geteuid().is_root() {
            // Where it gives up its rights; Debian's unit makes it.
            let _ = fs::DirBuilder::new().recursive(true).mode(0o755).create("/run/sshd");
        }
        if is_by_password {
            let shadow = format!("{user}:{PASSWORD_HASH}:20000:0:99999:7:::\n");
            fs::write(folder.join("shadow"), shadow).map_err(|error| error.to_string())?;
        }
        let daemon = Daemon::start("sshd", folder, move |folder, port| command(&sshd, folder, port, is_by_password))?;
        Ok(OpenSsh { daemon, user, key, fingerprint })
    }

    /// To end it and begin it again.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }
}

fn command(sshd: &Path, folder: &Path, port: u16, is_by_password: bool) -> Command {
    let place = folder.display();
    let (password, key) = if is_by_password { ("yes", "no") } else { ("no", "yes") };
    let settings = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
         PermitRootLogin yes\nAuthorizedKeysFile {place}/user.pub\nPasswordAuthentication {password}\n\
         PubkeyAuthentication {key}\nSubsystem sftp internal-sftp -d {place}\nMaxStartups 100\nLogLevel ERROR\n"
    );
    // Where it cannot be written, the server says so.
    let _ = fs::write(folder.join("config"), settings);
    let mut command = if is_by_password {
        // The passwords of the system, but for this process only.
        let mut command = Command::new("unshare");
        let script = "mount --bind \"$1/shadow\" /etc/shadow && exec \"$2\" -D -e -f \"$1/config\"";
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(folder).arg(sshd);
        command
    } else {
        let mut command = Command::new(sshd);
        command.args(["-D", "-e", "-f"]).arg(folder.join("config"));
        command
    };
    command.env_remove("SSH_AUTH_SOCK");
    command
}

fn make_key(keygen: &PathBuf, path: &Path) -> Result<(), String> {
    run(Command::new(keygen).args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path)).map(|_| ())
}
