//! Single questions to a server over HTTPS, for the binary: the one client of the connectors, without an interface around it.
//!
//! Promises: no redirect is followed; answers have a size and a time; a certificate is verified. Never: keeps a connection.

use crate::{
    codes,
    relay::Pems,
    web::{Client, Limits, Place, Url, encode},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
    http::request,
};
use interface::catalogue::{Context, Settings};
use message::Reason;
use std::{path::Path, time::Duration};

/// Time and size of an answer.
const REPLY_TIME_MAX: Duration = Duration::from_secs(10);
const REPLY_BYTES_MAX: usize = 256 * 1024;

/// Who is asked.
pub struct Asking {
    settings: Settings,
    context: Context,
}

impl Asking {
    /// Servers with a certificate of a public authority, or of those in the file `ca`.
    #[must_use]
    pub fn new(context: Context, ca: Option<&Path>) -> Asking {
        Asking::with(context, &Pems { ca: ca.map(Path::to_path_buf), own: None })
    }

    /// The same, with a certificate of our own.
    #[must_use]
    pub fn with(context: Context, pems: &Pems) -> Asking {
        Asking { settings: pems.settings(), context }
    }

    /// Asks, and gives the body of an answer of 200. `form` makes it a POST; `basic` are user and password.
    ///
    /// # Errors
    /// The server cannot be reached, or answers otherwise. Nothing of the answer is told.
    pub async fn ask(
        &self,
        url: &str,
        form: Option<&[(&str, &str)]>,
        basic: Option<(&str, &str)>,
    ) -> Result<Vec<u8>, Reason> {
        let mut request = Request::builder().header(ACCEPT, "application/json");
        if let Some((user, password)) = basic {
            // RFC 6749 §2.3.1: both are encoded as in a form before they are joined.
            let pair = format!("{}:{}", encode::percent(user.as_bytes()), encode::percent(password.as_bytes()));
            request = request.header(AUTHORIZATION, format!("Basic {}", encode::base64(pair.as_bytes())));
        }
        let body = match form {
            None => Bytes::new(),
            Some(form) => {
                request = request.method(Method::POST).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                let pair = |(name, value): &(&str, &str)| format!("{name}={}", encode::percent(value.as_bytes()));
                form.iter().map(pair).collect::<Vec<_>>().join("&").into()
            }
        };
        self.exchange(url, request, body).await
    }

    /// Posts a FHIR resource in JSON; an answer of 200 or 201 says that it was created.
    ///
    /// # Errors
    /// As [`Asking::ask`].
    pub async fn create(&self, url: &str, resource: &str) -> Result<(), Reason> {
        let request = Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/fhir+json");
        self.exchange(url, request, Bytes::copy_from_slice(resource.as_bytes())).await.map(drop)
    }

    /// Posts JSON, with one header more where it is asked for; an answer of 200 or 201 says that it was taken.
    ///
    /// # Errors
    /// As [`Asking::ask`].
    pub async fn post(&self, url: &str, header: Option<(&str, &str)>, body: &str) -> Result<(), Reason> {
        let mut request = Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/json");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        self.exchange(url, request, Bytes::copy_from_slice(body.as_bytes())).await.map(drop)
    }

    async fn exchange(&self, url: &str, request: request::Builder, body: Bytes) -> Result<Vec<u8>, Reason> {
        let address = Url::parse(url)?;
        if !address.is_secure && !address.is_loopback() {
            return Err(Reason::new(codes::E6010, "only https addresses are asked"));
        }
        let place = Place::read(&self.settings, &self.context, address)?;
        let limits = Limits {
            connect_time_max: REPLY_TIME_MAX,
            reply_time_max: REPLY_TIME_MAX,
            reply_bytes_max: REPLY_BYTES_MAX,
        };
        let mut client = Client::new(place, limits);
        let request = request
            .uri(client.url().target())
            .body(Full::new(body))
            .map_err(|_| Reason::new(codes::E6010, "the address cannot be asked"))?;
        let answer = client.exchange(request).await.map_err(|fault| fault.into_reason())?;
        if answer.status != StatusCode::OK && answer.status != StatusCode::CREATED {
            let text = format!("the server answered {}", answer.status.as_u16());
            return Err(Reason::new(codes::E6900, text));
        }
        Ok(answer.body.to_vec())
    }
}
