//! Settings of the soap connector, read once.

use super::envelope::{Version, escaped};
use crate::{
    codes,
    web::{Limits, Url, auth, settings::limits},
};
use interface::catalogue::Settings;
use message::Reason;

/// Where the message stands in `body`.
pub(crate) const PLACE: &str = "{message}";

/// Where the acknowledgment stands in `response`.
pub(crate) const ACKNOWLEDGMENT: &str = "{acknowledgment}";

/// What a service takes and says.
#[derive(Clone, Debug)]
pub(crate) struct Answering {
    /// The element that holds the message.
    pub(crate) message: Option<String>,
    /// The body of an answer: what stands before and behind the acknowledgment, or all of it.
    response: (String, Option<String>),
}

impl Answering {
    pub(crate) fn read(settings: &Settings) -> Result<Answering, Reason> {
        let text = settings.text("response");
        let response = match text.split_once(ACKNOWLEDGMENT) {
            Some((before, behind)) => (before.to_owned(), Some(behind.to_owned())),
            None => (text.to_owned(), None),
        };
        if !text.is_empty() && xml::read(&text.replace(ACKNOWLEDGMENT, "")).is_err() {
            return Err(Reason::new(codes::E6010, "`response` is not one element of XML"));
        }
        let message = Some(settings.text("message")).filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(Answering { message, response })
    }

    /// The body of an answer; for a message that is refused only where the acknowledgment is in it.
    pub(crate) fn response(&self, acknowledgment: Option<&[u8]>, is_refused: bool) -> Option<String> {
        match (&self.response, acknowledgment) {
            ((before, Some(behind)), Some(bytes)) => {
                let text = xml::decode(bytes).ok().and_then(|text| escaped(&text))?;
                Some(format!("{before}{text}{behind}"))
            }
            ((before, behind), _) if !is_refused => Some(format!("{before}{}", behind.as_deref().unwrap_or_default())),
            _ => None,
        }
    }
}

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
    /// What is attached goes beside the envelope.
    pub(crate) is_mtom: bool,
    /// Without `body`: the elements that hold what is attached.
    pub(crate) attach: Option<String>,
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
        let is_mtom = settings.flag("mtom");
        let attach = Some(settings.text("attach")).filter(|name| !name.is_empty()).map(str::to_owned);
        if is_mtom && body.is_some() == attach.is_some() {
            return complain("`mtom yes` needs either `body`, whose `{message}` is attached, or `attach`");
        }
        if attach.is_some() && !is_mtom {
            return complain("`attach` needs `mtom yes`");
        }
        Ok(Calling {
            url,
            to: settings.address.to_string(),
            version: if settings.text("version") == "1.1" { Version::One } else { Version::Two },
            action: action.to_owned(),
            body,
            reply: Some(settings.text("reply")).filter(|reply| !reply.is_empty()).map(str::to_owned),
            is_addressed,
            is_mtom,
            attach,
            limits: limits(settings)?,
        })
    }
}
