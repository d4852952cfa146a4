//! Settings of the syslog connector, read once.

use crate::{codes, settings::duration, tcp, tls};
use interface::catalogue::{Context, Settings};
use message::{Reason, Timestamp};
use std::time::Duration;

const SEVERITIES: [&str; 8] =
    ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

/// How a lane writes.
pub(crate) struct Logging {
    pub(crate) address: String,
    pub(crate) transport: Transport,
    pub(crate) header: Header,
    pub(crate) connect_time_max: Duration,
    pub(crate) write_time_max: Duration,
}

/// How messages travel.
pub(crate) enum Transport {
    Stream(Option<tls::Client>),
    Datagrams,
}

/// What is the same in every header.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    priority: u64,
    hostname: String,
    app_name: String,
    message_id: String,
}

/// What can be said without opening anything.
pub(crate) fn check(settings: &Settings) -> Result<(), Reason> {
    tcp::check_host_port(&settings.address)?;
    let named = ["ca", "cert", "key", "server-name"].into_iter().find(|name| !settings.text(name).is_empty());
    match (settings.text("transport"), named) {
        ("tls", _) | (_, None) => {}
        (_, Some(name)) => {
            let text = format!("`{name}` needs `transport tls`: without it nothing is encrypted");
            return Err(Reason::new(codes::E6503, text));
        }
    }
    Header::read(settings).map(drop)
}

impl Logging {
    pub(crate) fn read(settings: &Settings, context: &Context) -> Result<Logging, Reason> {
        check(settings)?;
        let host = settings.address.rsplit_once(':').map_or("", |(host, _)| host);
        Ok(Logging {
            transport: match settings.text("transport") {
                "udp" => Transport::Datagrams,
                "tcp" => Transport::Stream(None),
                _ => Transport::Stream(Some(tls::Client::read(settings, context, host)?)),
            },
            address: settings.address.to_string(),
            header: Header::read(settings)?,
            connect_time_max: duration(settings, "connect-timeout")?,
            write_time_max: duration(settings, "timeout")?,
        })
    }
}

impl Header {
    fn read(settings: &Settings) -> Result<Header, Reason> {
        // RFC 5424 §6: printable letters without spaces, of these lengths.
        let word = |name: &'static str, length_max: usize| {
            let text = settings.text(name);
            if text.len() > length_max || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                let text = format!("`{name}` has at most {length_max} letters of ASCII, without spaces");
                return Err(Reason::new(codes::E6010, text));
            }
            Ok(if text.is_empty() { "-".to_owned() } else { text.to_owned() })
        };
        let severity = SEVERITIES.iter().position(|known| *known == settings.text("severity")).unwrap_or(6) as u64;
        Ok(Header {
            priority: settings.count("facility") * 8 + severity,
            hostname: word("hostname", 255)?,
            app_name: word("app-name", 48)?,
            message_id: word("message-id", 32)?,
        })
    }

    /// The header of a message, with the space behind it. There is no process and no structured part.
    pub(crate) fn of(&self, accepted: Timestamp) -> String {
        let Header { priority, hostname, app_name, message_id } = self;
        format!("<{priority}>1 {} {hostname} {app_name} - {message_id} - ", accepted.to_rfc3339())
    }
}
