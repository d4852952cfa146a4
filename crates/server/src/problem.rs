//! Errors of the API as problem documents (RFC 9457): `{"type","title","status","code"}`.

use crate::codes;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use message::{Code, Reason};

/// An error on its way to the client.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    reason: Reason,
    retry_after_s: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: Code, text: impl Into<String>) -> Problem {
        Problem { status, reason: Reason::new(code, text.into()), retry_after_s: None }
    }

    pub(crate) fn bad_request(reason: Reason) -> Problem {
        Problem { status: StatusCode::BAD_REQUEST, reason, retry_after_s: None }
    }

    /// The request is not what the document of the API says.
    pub(crate) fn not_understood(text: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, codes::E7004, text)
    }

    pub(crate) fn not_allowed(text: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, codes::E7061, text)
    }

    /// Adds when to try again.
    pub(crate) fn after(self, seconds: u64) -> Problem {
        Problem { retry_after_s: Some(seconds), ..self }
    }

    pub(crate) fn reason(&self) -> &Reason {
        &self.reason
    }

    pub(crate) fn code(&self) -> &str {
        &self.reason.code
    }
}

impl From<Reason> for Problem {
    /// Not found and wrong state are told apart by their codes; the rest is the engine's trouble.
    fn from(reason: Reason) -> Problem {
        let status = match &*reason.code {
            "E5201" | "E5320" | "E7400" => StatusCode::NOT_FOUND,
            "E5202" | "E4014" | "E4047" | "E7050" | "E7250" | "E7306" | "E7402" | "E7432" => StatusCode::CONFLICT,
            "E4044" | "E5091" | "E5321" | "E7002" | "E7003" | "E7004" => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem { status, reason, retry_after_s: None }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        let status = match &error {
            store::Error::NotFound { .. } => StatusCode::NOT_FOUND,
            store::Error::Refused { .. } | store::Error::Rotation { .. } => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem { status, reason: error.reason(), retry_after_s: None }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "type": format!("https://sinew.example/errors/{}", self.reason.code),
            "title": self.reason.text,
            "status": self.status.as_u16(),
            "code": self.reason.code,
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, body.to_string()).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
