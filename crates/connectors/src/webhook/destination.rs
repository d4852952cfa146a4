//! One lane to a receiver of webhooks.

use super::config::Posting;
use crate::{
    codes,
    http::media_type,
    web::{Client, Place, client::Answer, meaning},
};
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Destination, Outgoing},
};
use message::{Clock, Outcome, Reason, Scope};
use ring::digest::{SHA256, digest};
use std::sync::Arc;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// The lane.
pub(crate) struct Lane {
    client: Client,
    config: Posting,
    clock: Arc<dyn Clock>,
}

impl Lane {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Lane, Reason> {
        let config = Posting::read(settings)?;
        let place = Place::read(settings, context, config.url.clone())?.within(config.reach);
        Ok(Lane { client: Client::new(place, config.limits), config, clock: context.clock.clone() })
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let Some(request) = self.request(outgoing) else {
            let reason = Reason::new(codes::E6010, "the id or the signature cannot be a header");
            return Outcome::Permanent { reason, reply: None };
        };
        match self.client.exchange(request).await {
            Ok(answer) => self.judge(answer),
            Err(fault) => fault.outcome(),
        }
    }

    fn request(&self, outgoing: &Outgoing) -> Option<Request<Full<bytes::Bytes>>> {
        let timestamp = self.clock.now().0 / 1_000_000;
        let id = id_of(outgoing);
        let signature = self.config.keys.sign(&id, timestamp, &outgoing.bytes);
        let mut request = Request::new(Full::new(outgoing.bytes.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.config.target.clone();
        *request.headers_mut() = self.config.headers.clone();
        let headers = request.headers_mut();
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type(outgoing.format)));
        headers.insert(ID, HeaderValue::from_str(&id).ok()?);
        headers.insert(TIMESTAMP, HeaderValue::from(timestamp));
        headers.insert(SIGNATURE, HeaderValue::from_str(&signature).ok()?);
        Some(request)
    }

    fn judge(&self, answer: Answer) -> Outcome {
        let address = &self.client.url().address;
        let status = answer.status;
        if status == StatusCode::NOT_FOUND {
            let reason = Reason::answered(codes::E6304, address, status.as_u16());
            return Outcome::Transient { scope: Scope::Destination, reason, retry_after: None };
        }
        match meaning::outcome(address, answer, self.clock.now()) {
            // What a receiver says beside its yes is for people, and no acknowledgment.
            Outcome::Delivered { .. } => Outcome::Delivered { reply: None },
            Outcome::Permanent { reason, .. } => Outcome::Permanent { reason, reply: None },
            other @ (Outcome::Transient { .. } | Outcome::Ambiguous { .. }) => other,
        }
    }
}

/// The same over all attempts of a delivery, another one for every other delivery, and nothing that tells how many
/// there were.
fn id_of(outgoing: &Outgoing) -> String {
    let name = format!("{}/{}/{}", outgoing.interface, outgoing.delivery.message, outgoing.delivery.number);
    let hash = digest(&SHA256, name.as_bytes());
    let letters = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("msg_{letters}")
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        self.client.close();
        Box::pin(async {})
    }
}
