//! One question to a web server: GET, or POST of a small text, with the key in it.

use super::config::headers;
use crate::{
    codes,
    web::{Client, Limits, Place, Url, auth::Credentials, encode::percent, settings::limits},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Lookup},
};
use message::Reason;

/// What stands for the value that is looked up.
const KEY: &str = "{key}";

/// How a server is asked.
pub(crate) struct Asking {
    pub(crate) url: Url,
    /// Path and query, with [`KEY`].
    target: String,
    /// The body of a POST, with [`KEY`].
    body: String,
    headers: HeaderMap,
    limits: Limits,
}

/// The line.
pub(crate) struct Question {
    config: Asking,
    client: Client,
    credentials: Credentials,
}

impl Asking {
    pub(crate) fn read(settings: &Settings) -> Result<Asking, Reason> {
        // The braces are no letters of an address.
        let url = Url::parse(&settings.address.replace(KEY, MARK))?;
        let complain = |text: &str| Err(Reason::new(codes::E6010, text.to_owned()));
        let (target, body) = (url.target().replace(MARK, KEY), settings.text("body").to_owned());
        if url.authority.to_str().is_ok_and(|host| host.contains(MARK)) {
            return complain("`{key}` stands in the path, the query or the `body`, never in the name of a server");
        }
        if !target.contains(KEY) && !body.contains(KEY) {
            return complain("nothing says where the value goes: write `{key}` into the path, the query or the `body`");
        }
        let mut headers = headers(settings)?;
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        Ok(Asking { url, target, body, headers, limits: limits(settings)? })
    }

    fn request(&self, key: &str) -> Result<Request<Full<Bytes>>, Reason> {
        // A path of dots leads to another place, however it is encoded.
        if key.bytes().all(|byte| byte == b'.') {
            return Err(Reason::new(codes::E6001, "the value cannot stand in an address"));
        }
        let is_form = self.headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(FORM.as_bytes()));
        let inside = if is_form { percent(key.as_bytes()) } else { in_json(key) };
        let mut request = Request::new(Full::new(Bytes::from(self.body.replace(KEY, &inside))));
        if !self.body.is_empty() {
            *request.method_mut() = Method::POST;
        }
        let target = self.target.replace(KEY, &percent(key.as_bytes()));
        // Without the address: the key stands in it.
        *request.uri_mut() =
            target.parse().map_err(|_| Reason::new(codes::E6001, "the value cannot stand in an address"))?;
        *request.headers_mut() = self.headers.clone();
        if !self.body.is_empty() {
            request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        Ok(request)
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
/// Letters that addresses may have, in the place of [`KEY`] while the address is read.
const MARK: &str = "sinew-key-goes-here";

/// As it stands between the quotes of a text of JSON.
fn in_json(key: &str) -> String {
    let quoted = serde_json::Value::from(key).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

impl Question {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Question, Reason> {
        let config = Asking::read(settings)?;
        let credentials = Credentials::read(settings, context, &config.url, config.limits)?;
        let client = Client::new(Place::read(settings, context, config.url.clone())?, config.limits);
        Ok(Question { config, client, credentials })
    }

    async fn look(&mut self, key: &str) -> Result<Option<Bytes>, Reason> {
        let request = self.config.request(key)?;
        let answer = self.credentials.exchange(&mut self.client, request).await;
        let answer = answer.map_err(crate::web::client::Fault::into_reason)?;
        match answer.status.as_u16() {
            404 | 410 | 204 => Ok(None),
            200..=299 => Ok(Some(answer.body)),
            401 => Err(Reason::answered(codes::E6512, &self.config.url.address, 401)),
            status => Err(Reason::answered(codes::E6307, &self.config.url.address, status)),
        }
    }
}

impl Lookup for Question {
    fn ask<'a>(&'a mut self, key: &'a str) -> Boxed<'a, Result<Option<Bytes>, Reason>> {
        Box::pin(self.look(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::Http,
        testing::{context, lookup_settings},
    };
    use interface::catalogue::{Connector, Value};
    use std::sync::atomic::{AtomicBool, Ordering};
    use testkit::{
        lookup::{ANSWER_TIME_MAX, Conduct, HELD, NAME, Subject},
        web::{Asked, Told, WebServer},
    };

    struct Web {
        /// The key goes into the body.
        posts: bool,
    }

    fn shelf(asked: &Asked) -> Told {
        let is_held = asked.target == format!("/people/{HELD}") || asked.text() == format!("{{\"mrn\":\"{HELD}\"}}");
        if is_held { Told::json(200, &format!("{{\"name\":\"{NAME}\"}}")) } else { Told::json(404, "{}") }
    }

    impl Subject for Web {
        fn line<'a>(&'a self, conduct: Conduct) -> Boxed<'a, Option<Box<dyn Lookup>>> {
            Box::pin(async move {
                let is_first = AtomicBool::new(true);
                let server = WebServer::start(move |asked| match (conduct, is_first.swap(false, Ordering::SeqCst)) {
                    (Conduct::SilentFirst, true) => Told::Silence,
                    (Conduct::GarbageFirst, true) => Told::Raw(b"what?\r\n\r\n".to_vec()),
                    (Conduct::CloseFirst, true) => Told::Close,
                    (Conduct::Broken, _) => Told::json(500, "{}"),
                    _ => shelf(asked),
                })
                .await;
                let path = if self.posts { "people" } else { "people/{key}" };
                let mut values = vec![("timeout", Value::Duration(ANSWER_TIME_MAX))];
                if self.posts {
                    values.push(("body", Value::Text("{\"mrn\":\"{key}\"}".into())));
                }
                let settings = lookup_settings(&Http, &format!("http://{}/{path}", server.address), &values);
                Http.check_lookup(&settings).unwrap();
                if conduct == Conduct::Absent {
                    server.kill().await;
                } else {
                    // It serves until the test ends.
                    std::mem::forget(server);
                }
                Some(Http.lookup(&settings, &context()).unwrap())
            })
        }

        fn has_twins(&self) -> bool {
            false
        }
    }

    #[tokio::test]
    async fn it_keeps_the_contract() {
        testkit::lookup::suite(&Web { posts: false }).await;
        testkit::lookup::suite(&Web { posts: true }).await;
    }

    #[test]
    fn where_the_value_goes_is_said() {
        let check = |address: &str| Http.check_lookup(&lookup_settings(&Http, address, &[])).is_ok();
        assert!(check("http://127.0.0.1/a/{key}") && check("http://127.0.0.1/a?b={key}"));
        assert!(!check("http://127.0.0.1/a") && !check("http://{key}.example.org/a") && !check("{key}"));
    }

    #[test]
    fn a_key_is_a_value_wherever_it_stands() {
        assert_eq!(in_json("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
        assert_eq!(in_json("\""), "\\\"");
        assert_eq!(percent(b"../x?y=z&"), "..%2Fx%3Fy%3Dz%26");
    }
}
