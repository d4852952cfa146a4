//! Settings of the s3 connector, read once.

use super::sign::Keys;
use crate::{
    codes,
    folder::{self, Habits, name::Template},
    settings::duration,
    web::{Limits, Url},
};
use hyper::header::HeaderValue;
use interface::catalogue::Settings;
use message::Reason;
use std::sync::Arc;

/// Largest page of a list, and largest answer of a destination: a page has at most 1000 keys of 1 KiB.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A bucket of a store, and who we are there.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// The store; its host names the bucket where the style is `virtual`.
    pub(crate) url: Url,
    /// What stands before a key in a path: `/bucket/`, or `/`.
    pub(crate) root: String,
    pub(crate) bucket: String,
    /// What the keys begin with: empty, or with a slash at its end.
    pub(crate) prefix: String,
    pub(crate) keys: Keys,
    pub(crate) limits: Limits,
}

/// How a bucket is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) login: Login,
    pub(crate) habits: Habits,
    /// Prefixes, with a slash at their end.
    pub(crate) done: String,
    pub(crate) errors: String,
}

/// How a bucket is written.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub(crate) login: Login,
    pub(crate) template: Template,
    pub(crate) is_conditional: bool,
}

impl Reading {
    pub(crate) fn read(settings: &Settings) -> Result<Reading, Reason> {
        let (address, pattern) = folder::separate(&settings.address)?;
        let habits = Habits::read(settings, pattern)?;
        let mut login = Login::read(settings, &address)?;
        login.limits.reply_bytes_max = habits.bytes_max.max(PAGE_BYTES_MAX);
        let below = |name: &str| folder_of(&format!("{}{}", login.prefix, settings.text(name).trim_matches('/')));
        let (done, errors) = (below("done"), below("errors"));
        Ok(Reading { login, habits, done, errors })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings) -> Result<Writing, Reason> {
        folder::check_target(&settings.address)?;
        Ok(Writing {
            login: Login::read(settings, &settings.address)?,
            template: Template::read(settings.text("name"))?,
            is_conditional: settings.flag("conditional"),
        })
    }
}

impl Login {
    fn read(settings: &Settings, address: &str) -> Result<Login, Reason> {
        let mut url = Url::parse(address)?;
        if url.query.is_some() {
            return Err(Reason::new(codes::E6001, "the address of a bucket has no query"));
        }
        let path = url.path.trim_start_matches('/').to_owned();
        let (bucket, prefix) = path.split_once('/').unwrap_or((&path, ""));
        let is_bucket = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if bucket.is_empty() || !bucket.bytes().all(is_bucket) {
            return Err(Reason::new(
                codes::E6001,
                format!("`{address}` names no bucket: write https://host/bucket/prefix"),
            ));
        }
        let (bucket, prefix) = (bucket.to_owned(), folder_of(prefix));
        let root = match settings.text("style") {
            "virtual" => {
                name_in_host(&mut url, &bucket)?;
                "/".to_owned()
            }
            _ => format!("/{bucket}/"),
        };
        let needed = |name: &'static str| match settings.text(name) {
            "" => Err(Reason::new(codes::E6010, format!("`s3` needs `{name}`"))),
            text => Ok(Arc::from(text)),
        };
        let keys = Keys {
            access: needed("access-key")?,
            secret: needed("secret-key")?,
            session: Some(settings.text("session-token")).filter(|token| !token.is_empty()).map(Arc::from),
            region: needed("region")?,
        };
        let limits = Limits {
            connect_time_max: duration(settings, "connect-timeout")?,
            reply_time_max: duration(settings, "timeout")?,
            reply_bytes_max: PAGE_BYTES_MAX,
        };
        Ok(Login { url, root, bucket, prefix, keys, limits })
    }

    /// For people: the host and the bucket.
    pub(crate) fn place(&self) -> String {
        format!("{}/{}", self.url.address, self.bucket)
    }
}

fn name_in_host(url: &mut Url, bucket: &str) -> Result<(), Reason> {
    let authority = format!("{bucket}.{}", url.authority.to_str().unwrap_or_default());
    url.host = format!("{bucket}.{}", url.host);
    url.address = format!("{bucket}.{}", url.address);
    url.authority = HeaderValue::from_str(&authority)
        .map_err(|_| Reason::new(codes::E6001, format!("`{bucket}` cannot be part of a host's name")))?;
    Ok(())
}

/// `a/b` as what keys begin with.
fn folder_of(prefix: &str) -> String {
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{s3::S3, testing};
    use interface::catalogue::Value;

    #[test]
    fn addresses() {
        let check = |address: &str, style: &str, expect: &str| {
            let text = |name, text: &str| (name, Value::Text(text.into()));
            let values = [text("access-key", "A"), text("secret-key", "S"), text("style", style)];
            let read = Reading::read(&testing::settings(&S3, true, address, &values));
            let said = read.map_or_else(
                |reason| reason.code.to_string(),
                |read| {
                    let Login { url, root, prefix, .. } = read.login;
                    format!("{} {root}{prefix}{} {}", url.address, read.habits.pattern, read.done)
                },
            );
            assert_eq!(said, expect, "{address}");
        };
        check("https://s3.example.org/box/in/*.hl7", "path", "s3.example.org:443 /box/in/*.hl7 in/done/");
        check("http://10.0.0.1:9000/box", "path", "10.0.0.1:9000 /box/* done/");
        check("https://s3.example.org/box/a/b/", "virtual", "box.s3.example.org:443 /a/b/* a/b/done/");
        check("https://s3.example.org/", "path", "E6001");
        check("s3://box/in", "path", "E6001");
        check("https://s3.example.org/box/*/a.hl7", "path", "E6201");
    }
}
