//! ProFTPD, for FTP over TLS.

use super::{Daemon, find, run};
use crate::Folder;
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

/// The password of the only user.
const PASSWORD: &str = "an example";
/// Where Debian has the server's modules.
const MODULES: &str = "/usr/lib/proftpd";

/// A server that speaks TLS only, with one user.
pub struct ProFtpd {
    daemon: Daemon,
    /// The user's name.
    pub user: &'static str,
}

impl ProFtpd {
    /// Starts one with this certificate and key, in PEM.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start(cert: &str, key: &str) -> Result<ProFtpd, String> {
        ProFtpd::start_as(cert, key, "")
    }

    /// The same, without the lists that programs read (MLSD): as older servers are.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start_without_mlsd(cert: &str, key: &str) -> Result<ProFtpd, String> {
        ProFtpd::start_as(cert, key, "FactsAdvertise off\n")
    }

    /// The same, with TLS from the first byte on.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start_implicit(cert: &str, key: &str) -> Result<ProFtpd, String> {
        ProFtpd::start_as(cert, key, "TLSOptions UseImplicitSSL\n")
    }

    fn start_as(cert: &str, key: &str, more: &'static str) -> Result<ProFtpd, String> {
        let server = find("proftpd")?;
        if !Path::new(MODULES).join("mod_tls.so").is_file() {
            return Err("`proftpd-mod-crypto` is not installed".to_owned());
        }
        let folder = Folder::new();
        let say = |error: std::io::Error| error.to_string();
        let number = |flag: &str| run(Command::new("id").arg(flag));
        let (user, group) = (number("-u")?, number("-g")?);
        let hash = run(Command::new(find("openssl")?).args(["passwd", "-6", PASSWORD]))?;
        let line = format!("sinew:{hash}:{user}:{group}::{}:/bin/sh\n", folder.path().display());
        for (name, text) in [("users", line.as_str()), ("cert.pem", cert), ("key.pem", key)] {
            fs::write(folder.join(name), text).map_err(say)?;
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).map_err(say)?;
        }
        let names = (run(Command::new("id").arg("-un"))?, run(Command::new("id").arg("-gn"))?);
        let daemon = Daemon::start("proftpd", folder, move |folder, port| {
            // Where it cannot be written, the server says so.
            let _ = fs::write(folder.join("config"), settings(folder, port, &names, more));
            let mut command = Command::new(&server);
            command.args(["--nodaemon", "--quiet", "--config"]).arg(folder.join("config"));
            command
        })?;
        Ok(ProFtpd { daemon, user: "sinew" })
    }

    /// To end it and begin it again.
    #[must_use]
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// The user's password.
    #[must_use]
    pub fn password(&self) -> &'static str {
        PASSWORD
    }
}

fn settings(folder: &Path, port: u16, (user, group): &(String, String), more: &str) -> String {
    let place = folder.display();
    format!(
        "ModulePath {MODULES}\nLoadModule mod_tls.c\nServerType standalone\nServerName test\nPort {port}\n\
         DefaultAddress 127.0.0.1\nSocketBindTight on\nUser {user}\nGroup {group}\nRootLogin on\nRequireValidShell off\n\
         AuthOrder mod_auth_file.c\nAuthUserFile {place}/users\nUseReverseDNS off\nWtmpLog off\nUseFtpUsers off\n\
         PidFile {place}/pid\nScoreboardFile {place}/scoreboard\nSystemLog {place}/log\nTransferLog none\n\
         AllowOverwrite on\nMaxInstances 100\nTimesGMT on\n{more}\
         TLSEngine on\nTLSRequired on\nTLSProtocol TLSv1.2 TLSv1.3\nTLSLog {place}/log\n\
         TLSECCertificateFile {place}/cert.pem\nTLSECCertificateKeyFile {place}/key.pem\n"
    )
}
