//! What a request shows of who we are: nothing, a fixed header, or a token that is fetched.

use super::{
    client::{Answer, Client, Fault, Limits, Place},
    encode::base64,
    token::{self, Tokens},
    url::Url,
};
use crate::codes;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Request, StatusCode,
    header::{AUTHORIZATION, HeaderValue},
};
use interface::catalogue::{Context, Settings};
use message::Reason;

/// Credentials of one lane.
pub(crate) enum Credentials {
    /// The certificate at most.
    None,
    /// Basic (RFC 7617) or bearer (RFC 6750).
    Fixed(HeaderValue),
    /// OAuth 2 client credentials.
    Tokens(Box<Tokens>),
}

impl Credentials {
    /// Reads the settings of [`super::settings::CREDENTIALS`].
    pub(crate) fn read(
        settings: &Settings,
        context: &Context,
        url: &Url,
        limits: Limits,
    ) -> Result<Credentials, Reason> {
        let complain = |text: &'static str| Reason::new(codes::E6010, text);
        let given = |name: &str| Some(settings.text(name)).filter(|text| !text.is_empty());
        let ways = [given("user"), given("token"), given("token-url")];
        if ways.iter().flatten().count() > 1 {
            return Err(complain("only one of `user`, `token` and `token-url` can be used"));
        }
        let credentials = match ways {
            [Some(user), ..] => {
                if user.contains(':') {
                    return Err(complain("`user` cannot hold a colon (RFC 7617)"));
                }
                let password = given("password").ok_or_else(|| complain("`user` needs `password`"))?;
                Credentials::Fixed(secret(&format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))?)
            }
            [_, Some(token), _] => Credentials::Fixed(secret(&format!("Bearer {token}"))?),
            [.., Some(token_url)] => {
                let way = token::Way::read(settings, context, token_url)?;
                let place = Place::read(settings, context, way.url.clone())?;
                Credentials::Tokens(Box::new(Tokens::new(way, Client::new(place, limits), context.clock.clone())))
            }
            [None, None, None] => {
                if given("password").is_some() || given("client-id").is_some() {
                    return Err(complain("`password` needs `user`, and `client-id` needs `token-url`"));
                }
                Credentials::None
            }
        };
        // Everyone on the way could read it and use it again.
        if !matches!(credentials, Credentials::None) && !url.is_secure && !url.is_loopback() {
            return Err(Reason::new(codes::E6513, format!("{} is not https://", url.origin())));
        }
        Ok(credentials)
    }

    /// Sends a request with them. A token that the server does not take any more (401) is fetched anew, once: a server
    /// that asks for credentials has not processed the request (RFC 9110 §15.5.2).
    pub(crate) async fn exchange(
        &mut self,
        client: &mut Client,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Answer, Fault> {
        match self {
            Credentials::None => client.exchange(request).await,
            Credentials::Fixed(value) => {
                request.headers_mut().insert(AUTHORIZATION, value.clone());
                client.exchange(request).await
            }
            Credentials::Tokens(tokens) => {
                let value = tokens.current().await.map_err(Fault::Unsent)?;
                request.headers_mut().insert(AUTHORIZATION, value);
                let answer = client.exchange(request.clone()).await?;
                if answer.status != StatusCode::UNAUTHORIZED {
                    return Ok(answer);
                }
                let value = tokens.renewed().await.map_err(Fault::Unsent)?;
                request.headers_mut().insert(AUTHORIZATION, value);
                client.exchange(request).await
            }
        }
    }

    /// Closes what is idle; a token is kept.
    pub(crate) fn close(&mut self) {
        if let Credentials::Tokens(tokens) = self {
            tokens.close();
        }
    }
}

/// A header that is never printed, not even by `Debug`.
pub(super) fn secret(text: &str) -> Result<HeaderValue, Reason> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Reason::new(codes::E6010, "a credential has letters that HTTP does not allow"))?;
    value.set_sensitive(true);
    Ok(value)
}
