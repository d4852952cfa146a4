//! Settings of the webhook connector, read once.

use super::signature::Keys;
use crate::{
    codes,
    http::headers,
    tcp::connect::Reach,
    web::{Limits, Url, settings::limits},
};
use hyper::{HeaderMap, Uri};
use interface::catalogue::Settings;
use message::Reason;

/// How a lane posts.
pub(crate) struct Posting {
    pub(crate) url: Url,
    /// Path and query.
    pub(crate) target: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) keys: Keys,
    pub(crate) reach: Reach,
    pub(crate) limits: Limits,
}

impl Posting {
    pub(crate) fn read(settings: &Settings) -> Result<Posting, Reason> {
        let url = Url::parse(&settings.address)?;
        let reach = match (settings.flag("private"), settings.flag("link-local")) {
            (false, _) => Reach::Public,
            (true, false) => Reach::House,
            (true, true) => Reach::Everywhere,
        };
        if !url.is_secure && reach == Reach::Public {
            let text = "a webhook goes to an https:// address; only with `private yes` may it be http://";
            return Err(Reason::new(codes::E6010, text));
        }
        Ok(Posting {
            target: url.target().parse().map_err(|_| Reason::new(codes::E6001, "the path cannot be used"))?,
            url,
            headers: headers(settings)?,
            keys: Keys::read(settings)?,
            reach,
            limits: limits(settings)?,
        })
    }
}

/// What can be said without a look at files.
pub(crate) fn check(settings: &Settings) -> Result<(), Reason> {
    Posting::read(settings).map(|_| ())
}
