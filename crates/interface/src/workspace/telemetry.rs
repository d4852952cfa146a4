//! The part `[telemetry]` of `sinew.toml`: where metrics and the journeys of messages are sent by OpenTelemetry.

use super::{
    secure::is_secure_or_here,
    server::{KeyPlace, key_place},
};
use crate::compile::read_duration;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Keys of the part.
pub(super) const KEYS: [&str; 9] = [
    "telemetry.otlp",
    "telemetry.every",
    "telemetry.traces",
    "telemetry.conventions",
    "telemetry.header",
    "telemetry.secret",
    "telemetry.ca",
    "telemetry.certificate",
    "telemetry.key",
];

/// What `[telemetry]` says.
#[derive(Clone, Debug, PartialEq)]
pub struct TelemetryLines {
    /// The base address of a collector that takes OTLP over HTTP; `None`: nothing is sent.
    pub otlp: Option<Arc<str>>,
    /// Pause between two looks at the metrics.
    pub every: Duration,
    /// The share of messages whose journey is told, 0 to 1.
    pub traces: f64,
    /// Metrics under the names of OpenTelemetry's conventions for messaging too.
    pub has_conventions: bool,
    /// The header that holds the secret.
    pub header: Arc<str>,
    /// Where the value of the header is found.
    pub secret: Option<KeyPlace>,
    /// Authorities besides the public ones, PEM.
    pub ca: Option<PathBuf>,
    /// Our certificate, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
}

impl Default for TelemetryLines {
    fn default() -> TelemetryLines {
        TelemetryLines {
            otlp: None,
            every: Duration::from_secs(30),
            traces: 0.0,
            has_conventions: false,
            header: "authorization".into(),
            secret: None,
            ca: None,
            certificate: None,
            key: None,
        }
    }
}

impl TelemetryLines {
    /// Reads one line of the part.
    pub(super) fn apply(&mut self, key: &str, text: &str) -> Result<(), (String, String)> {
        match key {
            "telemetry.otlp" => {
                if !is_secure_or_here(text) {
                    let hint =
                        "write the base of its OTLP receiver over HTTP: https://otel.example.org:4318".to_owned();
                    return Err((format!("`{text}` is neither https nor on this machine"), hint));
                }
                self.otlp = Some(text.trim_end_matches('/').into());
            }
            "telemetry.every" => {
                let is_fit = |time: &Duration| (1..=3_600).contains(&time.as_secs());
                self.every = read_duration(text).filter(is_fit).ok_or_else(|| {
                    (format!("`{text}` is not a time that fits"), "write a time from 1s to 1h, such as 30s".to_owned())
                })?;
            }
            "telemetry.traces" => {
                let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
                self.traces = share.ok_or_else(|| {
                    let hint = "write a share from 0 to 1: 0.01 tells of every hundredth message".to_owned();
                    (format!("`{text}` is no share"), hint)
                })?;
            }
            "telemetry.conventions" => {
                self.has_conventions = match text {
                    "sinew" => false,
                    "messaging" => true,
                    _ => {
                        let hint =
                            "write sinew (our names, the default) or messaging (those of OpenTelemetry too)".to_owned();
                        return Err((format!("`{text}` are no conventions"), hint));
                    }
                }
            }
            "telemetry.header" => {
                if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                    return Err((format!("`{text}` is no name of a header"), "write it as x-api-key".to_owned()));
                }
                self.header = text.to_ascii_lowercase().into();
            }
            "telemetry.secret" => self.secret = Some(key_place(text)?),
            "telemetry.ca" => self.ca = Some(PathBuf::from(text)),
            "telemetry.certificate" => self.certificate = Some(PathBuf::from(text)),
            _ => self.key = Some(PathBuf::from(text)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_what_is_wrong_with_them() {
        let mut lines = TelemetryLines::default();
        let mut apply = |key: &str, text: &str| lines.apply(&format!("telemetry.{key}"), text);
        for (key, text) in [
            ("otlp", "https://otel.example.org:4318/"),
            ("every", "10s"),
            ("traces", "0.25"),
            ("conventions", "messaging"),
            ("header", "X-Api-Key"),
            ("secret", "env:OTEL_KEY"),
        ] {
            assert_eq!(apply(key, text), Ok(()), "{key}");
        }
        for (key, text, expect) in [
            (
                "otlp",
                "http://otel.example.org:4318",
                "`http://otel.example.org:4318` is neither https nor on this machine",
            ),
            ("every", "0s", "`0s` is not a time that fits"),
            ("traces", "2", "`2` is no share"),
            ("traces", "NaN", "`NaN` is no share"),
            ("conventions", "both", "`both` are no conventions"),
            ("header", "a b", "`a b` is no name of a header"),
            ("secret", "Bearer x", "the key is not `env:NAME` or `file:PATH`"),
        ] {
            assert_eq!(apply(key, text).map_err(|(message, _)| message), Err(expect.to_owned()), "{key}");
        }
        assert_eq!((lines.otlp.as_deref(), lines.traces), (Some("https://otel.example.org:4318"), 0.25));
        assert_eq!((&*lines.header, lines.has_conventions), ("x-api-key", true));
    }
}
