//! One lane to a web service: one connection, one call under way.

use super::{
    config::Calling,
    envelope::{self, Blame, Call, Said, Version},
};
use crate::{
    codes,
    http::media_type,
    web::{Client, Place, auth::Credentials, client::Answer, meaning},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Destination, Outgoing},
};
use message::{Clock, Outcome, Reason, Scope};
use ring::digest::{SHA256, digest};
use std::sync::Arc;

const ACTION: HeaderName = HeaderName::from_static("soapaction");

/// The lane.
pub(crate) struct Lane {
    config: Calling,
    client: Client,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
}

impl Lane {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Lane, Reason> {
        let config = Calling::read(settings)?;
        let credentials = Credentials::read(settings, context, &config.url, config.limits)?;
        let client = Client::new(Place::read(settings, context, config.url.clone())?, config.limits);
        Ok(Lane { config, client, credentials, clock: context.clock.clone() })
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let id = id_of(outgoing);
        let kind = media_type(outgoing.format);
        let Some(call) = envelope::write(&self.config, &outgoing.bytes, kind, &id) else {
            let text = "the message cannot stand in an envelope: it is no XML, has letters that XML has no place for, or what \
                        is to be attached is no base64";
            return Outcome::Permanent { reason: Reason::new(codes::E6110, text), reply: None };
        };
        let Some(request) = self.request(call) else {
            let reason = Reason::new(codes::E6010, "the action cannot be a header");
            return Outcome::Permanent { reason, reply: None };
        };
        match self.credentials.exchange(&mut self.client, request).await {
            Ok(answer) => self.judge(answer, &id),
            Err(fault) => fault.outcome(),
        }
    }

    fn request(&self, call: Call) -> Option<Request<Full<Bytes>>> {
        let Calling { url, version, action, .. } = &self.config;
        let mut request = Request::new(Full::new(Bytes::from(call.body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.target().parse().ok()?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(&call.media_type).ok()?);
        if *version == Version::One {
            headers.insert(ACTION, HeaderValue::from_str(&format!("\"{action}\"")).ok()?);
        }
        Some(request)
    }

    fn judge(&self, answer: Answer, id: &str) -> Outcome {
        let address = &self.client.url().address;
        let status = answer.status;
        let media_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let id = self.config.is_addressed.then_some(id);
        let reason = |code| Reason::answered(code, address, status.as_u16());
        match envelope::read(&answer.body, media_type, self.config.reply.as_deref(), id) {
            // A yes in an envelope under a status that says no is none.
            Said::Yes(found) if status.is_success() => match (found, &self.config.reply) {
                (None, Some(_)) => Outcome::Ambiguous { reason: reason(codes::E6834) },
                (found, _) => Outcome::Delivered { reply: found },
            },
            Said::Fault(Blame::Sender) => Outcome::Permanent { reason: reason(codes::E6831), reply: None },
            Said::Fault(Blame::Receiver) => {
                let retry_after = meaning::retry_after(&answer.headers, self.clock.now());
                Outcome::Transient { scope: Scope::Message, reason: reason(codes::E6832), retry_after }
            }
            Said::Fault(Blame::Protocol) => {
                Outcome::Transient { scope: Scope::Destination, reason: reason(codes::E6833), retry_after: None }
            }
            Said::Foreign => Outcome::Ambiguous { reason: reason(codes::E6834) },
            // 202: it was taken, and nothing more will be said (SOAP 1.2 part 2 §7.4).
            Said::Nothing if status.as_u16() == 202 && self.config.reply.is_none() => {
                Outcome::Delivered { reply: None }
            }
            Said::Nothing if status.is_success() => Outcome::Ambiguous { reason: reason(codes::E6834) },
            Said::Yes(_) | Said::Nothing => match meaning::outcome(address, answer, self.clock.now()) {
                Outcome::Permanent { reason, .. } => Outcome::Permanent { reason, reply: None },
                other @ (Outcome::Transient { .. } | Outcome::Ambiguous { .. } | Outcome::Delivered { .. }) => other,
            },
        }
    }
}

/// The same over all attempts of a delivery, another one for every other delivery: a UUID of version 8 (RFC 9562).
fn id_of(outgoing: &Outgoing) -> String {
    let name = format!("{}/{}/{}", outgoing.interface, outgoing.delivery.message, outgoing.delivery.number);
    let hash = digest(&SHA256, name.as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0F);
    bytes[8] = 0x80 | (bytes[8] & 0x3F);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        self.client.close();
        self.credentials.close();
        Box::pin(async {})
    }
}
