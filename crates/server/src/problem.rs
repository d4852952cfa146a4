//! Errors of the API as problem documents (RFC 9457): `{"type","title","status","code","detail"}`.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use message::Reason;

/// An error on its way to the client.
pub(crate) struct Problem {
    status: StatusCode,
    reason: Reason,
}

impl Problem {
    pub(crate) fn bad_request(reason: Reason) -> Problem {
        Problem { status: StatusCode::BAD_REQUEST, reason }
    }
}

impl From<Reason> for Problem {
    /// Not found and wrong state are told apart by their codes; the rest is the engine's trouble.
    fn from(reason: Reason) -> Problem {
        let status = match &*reason.code {
            "E5201" => StatusCode::NOT_FOUND,
            "E5202" | "E4047" | "E7050" => StatusCode::CONFLICT,
            "E4044" | "E5091" | "E7002" | "E7003" | "E7004" => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem { status, reason }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        let status = match &error {
            store::Error::NotFound { .. } => StatusCode::NOT_FOUND,
            store::Error::Refused { .. } => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem { status, reason: error.reason() }
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
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}
