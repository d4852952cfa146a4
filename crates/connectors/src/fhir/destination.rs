//! One lane to a FHIR server.

use super::{
    config::Sending,
    meaning,
    resource::{Kind, Plan, plan},
};
use crate::{
    codes,
    web::{Client, Place, auth::Credentials},
};
use http_body_util::Full;
use hyper::{Method, Request};
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Destination, Outgoing},
};
use message::{Clock, Outcome, Reason};
use std::sync::Arc;

/// The lane.
pub(crate) struct Lane {
    client: Client,
    credentials: Credentials,
    config: Sending,
    clock: Arc<dyn Clock>,
}

impl Lane {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Lane, Reason> {
        let config = Sending::read(settings)?;
        let place = Place::read(settings, context, config.url.clone())?;
        Ok(Lane {
            credentials: Credentials::read(settings, context, &config.url, config.limits)?,
            client: Client::new(place, config.limits),
            config,
            clock: context.clock.clone(),
        })
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let planned = plan(&outgoing.bytes, &self.config.interaction, &self.config.system);
        let (request, kind) = match planned.and_then(|plan| self.request(plan)) {
            Ok(made) => made,
            Err(reason) => return Outcome::Permanent { reason, reply: None },
        };
        match self.credentials.exchange(&mut self.client, request).await {
            Ok(answer) => meaning::outcome(&self.client.url().address, answer, &kind, self.clock.now()),
            Err(fault) => fault.outcome(),
        }
    }

    fn request(&self, plan: Plan) -> Result<(Request<Full<bytes::Bytes>>, Kind), Reason> {
        let target = format!("{}{}", self.config.base, plan.path);
        let target = if target.is_empty() { "/" } else { &target };
        let mut request = Request::new(Full::new(plan.body));
        *request.method_mut() = if plan.is_put { Method::PUT } else { Method::POST };
        *request.uri_mut() = target.parse().map_err(|_| Reason::new(codes::E6001, "the path cannot be used"))?;
        *request.headers_mut() = self.config.headers.clone();
        Ok((request, plan.kind))
    }
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
