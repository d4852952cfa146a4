//! Settings of the soap connector, read once.

use super::envelope::Version;
use crate::{
    codes,
    web::{Limits, Url, auth, settings::limits},
};
use interface::catalogue::Settings;
use message::Reason;

/// Where the message stands in `body`.
pub(crate) const PLACE: &str = "{message}";

/// How a service is called.
#[derive(Clone, Debug)]
pub(crate) struct Calling {
    pub(crate) url: Url,
    /// The address as written, for `wsa:To`.
    pub(crate) to: String,
    pub(crate) version: Version,
    pub(crate) action: String,
    /// What stands before and behind the message; `None` where it is the body.
    pub(crate) body: Option<(String, String)>,
    /// The element that holds the acknowledgment.
    pub(crate) reply: Option<String>,
    pub(crate) is_addressed: bool,
    pub(crate) limits: Limits,
}

impl Calling {
    pub(crate) fn read(settings: &Settings) -> Result<Calling, Reason> {
        let complain = |text: &str| Err(Reason::new(codes::E6010, text.to_owned()));
        let url = Url::parse(&settings.address)?;
        auth::check(settings, &url)?;
        let action = settings.text("action");
        if !action.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'<' | b'&')) {
            return complain("`action` is an address: letters of ASCII without spaces and quotes");
        }
        let body = match settings.text("body") {
            "" => None,
            text => {
                let Some((before, behind)) = text.split_once(PLACE) else {
                    return complain("`body` has no `{message}` in it");
                };
                if xml::read(&format!("{before}{behind}")).is_err() {
                    return complain("`body` is not one element of XML");
                }
                Some((before.to_owned(), behind.to_owned()))
            }
        };
        let is_addressed = settings.flag("addressing");
        if is_addressed && action.is_empty() {
            return complain("`addressing yes` needs `action`");
        }
        Ok(Calling {
            url,
            to: settings.address.to_string(),
            version: if settings.text("version") == "1.1" { Version::One } else { Version::Two },
            action: action.to_owned(),
            body,
            reply: Some(settings.text("reply")).filter(|reply| !reply.is_empty()).map(str::to_owned),
            is_addressed,
            limits: limits(settings)?,
        })
    }
}
