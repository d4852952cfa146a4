//! Settings of the snmp connector, read once.

use super::usm::{Digest, User};
use crate::{codes, settings::duration, tcp};
use interface::catalogue::Settings;
use message::Reason;
use std::time::Duration;

/// `enterprises` (RFC 2578): what organisations number themselves.
const ENTERPRISES: [u32; 6] = [1, 3, 6, 1, 4, 1];
/// Arcs of a name (RFC 2578 §3.5), less those that come behind the own ones.
const ARCS_MAX: usize = 124;
/// Fewer letters make no key (RFC 3414 §11.2).
const PASSWORD_LETTERS_MIN: usize = 8;
/// `SnmpAdminString` of a user (RFC 3414 §5), and the text in an engine's id (RFC 3411 §5).
const NAME_BYTES_MAX: usize = 32;
const ENGINE_BYTES_MAX: usize = 27;
/// The fifth byte of an engine's id: a text that the administrator chose.
const IS_TEXT: u8 = 4;

/// How a lane notifies.
pub(crate) struct Notifying {
    pub(crate) address: String,
    /// What objects and notifications stand below.
    pub(crate) enterprise: Vec<u32>,
    pub(crate) security: Security,
    pub(crate) time_max: Duration,
}

/// Who receivers take it from.
pub(crate) enum Security {
    /// SNMPv2c: a word that everybody on the way can read.
    Community(String),
    /// SNMPv3.
    User(Box<User>),
}

/// The settings as texts, looked at.
struct Read<'a> {
    enterprise: Vec<u32>,
    engine: Vec<u8>,
    version: &'a str,
}

fn complain(text: String) -> Reason {
    Reason::new(codes::E6010, text)
}

/// What can be said without opening anything.
pub(crate) fn check(settings: &Settings) -> Result<(), Reason> {
    looked_at(settings).map(drop)
}

fn looked_at(settings: &Settings) -> Result<Read<'_>, Reason> {
    tcp::check_host_port(&settings.address)?;
    let enterprise = enterprise(settings.text("enterprise"))?;
    let name = settings.text("engine-name");
    if name.is_empty() || name.len() > ENGINE_BYTES_MAX || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        let text =
            format!("`engine-name` has at most {ENGINE_BYTES_MAX} letters of ASCII, without spaces, and at least one");
        return Err(complain(text));
    }
    let version = settings.text("version");
    let (user, community) = (settings.text("user"), settings.text("community"));
    let passwords = ["auth-password", "privacy-password"];
    if version == "v2c" {
        if let Some(name) = passwords.into_iter().chain(["user"]).find(|name| !settings.text(name).is_empty()) {
            return Err(complain(format!(
                "`{name}` belongs to `version v3`: v2c has a `community`, which anybody on the way can read"
            )));
        }
        if community.is_empty() {
            return Err(complain("`version v2c` needs a `community`".to_owned()));
        }
    } else {
        if !community.is_empty() {
            return Err(complain(
                "`community` belongs to `version v2c`; v3 has a `user` with two passwords".to_owned(),
            ));
        }
        if user.is_empty() || user.len() > NAME_BYTES_MAX {
            return Err(complain(format!("`version v3` needs a `user` of at most {NAME_BYTES_MAX} bytes")));
        }
        if let Some(name) =
            passwords.into_iter().find(|name| settings.text(name).chars().count() < PASSWORD_LETTERS_MIN)
        {
            return Err(complain(format!("`{name}` needs at least {PASSWORD_LETTERS_MIN} letters (RFC 3414)")));
        }
    }
    // The number of the organisation with its first bit set, then the name.
    let organisation = enterprise.get(ENTERPRISES.len()).copied().unwrap_or(0) | 0x8000_0000;
    let engine = [&organisation.to_be_bytes()[..], &[IS_TEXT], name.as_bytes()].concat();
    Ok(Read { enterprise, engine, version })
}

/// `1.3.6.1.4.1.32473.1`: below the number of an organisation.
fn enterprise(text: &str) -> Result<Vec<u32>, Reason> {
    let arcs: Option<Vec<u32>> = text.split('.').map(|arc| arc.parse().ok()).collect();
    let is_below =
        |arcs: &Vec<u32>| arcs.len() > ENTERPRISES.len() && arcs.starts_with(&ENTERPRISES) && arcs.len() <= ARCS_MAX;
    // The number of the organisation is part of the id of the engine, whose first bit is taken.
    let fits = |arcs: &Vec<u32>| arcs[ENTERPRISES.len()] < 0x8000_0000;
    arcs.filter(is_below).filter(fits).ok_or_else(|| {
        complain("`enterprise` is numbers below 1.3.6.1.4.1, the first of them that of your organisation: 1.3.6.1.4.1.32473.1".to_owned())
    })
}

impl Notifying {
    pub(crate) fn read(settings: &Settings) -> Result<Notifying, Reason> {
        let Read { enterprise, engine, version } = looked_at(settings)?;
        let security = if version == "v2c" {
            Security::Community(settings.text("community").to_owned())
        } else {
            let passwords = (settings.text("auth-password"), settings.text("privacy-password"));
            let digest = Digest::parse(settings.text("auth"));
            Security::User(Box::new(User::new(settings.text("user"), &engine, digest, passwords)))
        };
        let time_max = duration(settings, "timeout")?;
        Ok(Notifying { address: settings.address.to_string(), enterprise, security, time_max })
    }
}
