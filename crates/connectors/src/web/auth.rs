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
        check(settings, url)?;
        let given = |name: &str| Some(settings.text(name)).filter(|text| !text.is_empty());
        Ok(match [given("user"), given("token"), given("token-url")] {
            [Some(user), ..] => {
                let pair = format!("{user}:{}", settings.text("password"));
                Credentials::Fixed(secret(&format!("Basic {}", base64(pair.as_bytes())))?)
            }
            [_, Some(token), _] => Credentials::Fixed(secret(&format!("Bearer {token}"))?),
            [.., Some(token_url)] => {
                let way = token::Way::read(settings, context, token_url)?;
                let place = Place::read(settings, context, way.url.clone())?;
                Credentials::Tokens(Box::new(Tokens::new(way, Client::new(place, limits), context.clock.clone())))
            }
            [None, None, None] => Credentials::None,
        })
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

/// What can be said of credentials without a look at files.
pub(crate) fn check(settings: &Settings, url: &Url) -> Result<(), Reason> {
    let complain = |text: &'static str| Err(Reason::new(codes::E6010, text));
    let has = |name: &str| !settings.text(name).is_empty();
    let ways = ["user", "token", "token-url"].into_iter().filter(|name| has(name)).count();
    if ways > 1 {
        return complain("only one of `user`, `token` and `token-url` can be used");
    }
    if has("user") != has("password") {
        return complain("`user` and `password` belong together: one of them is missing");
    }
    if settings.text("user").contains(':') {
        return complain("`user` cannot hold a colon (RFC 7617)");
    }
    if has("token-url") {
        token::check(settings)?;
    } else if has("client-id") || has("client-secret") || has("private-key") {
        return complain("`client-id`, `client-secret` and `private-key` need `token-url`");
    }
    // Everyone on the way could read them and use them again.
    if ways > 0 && !url.is_secure && !url.is_loopback() {
        return Err(Reason::new(codes::E6513, format!("{} is not https://", url.origin())));
    }
    Ok(())
}

/// A header that is never printed, not even by `Debug`.
pub(super) fn secret(text: &str) -> Result<HeaderValue, Reason> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Reason::new(codes::E6010, "a credential has letters that HTTP does not allow"))?;
    value.set_sensitive(true);
    Ok(value)
}
