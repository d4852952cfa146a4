//! Why a sign-in by the provider did not take place, and how that is told: a person at a browser comes to the sign-in page, which
//! has words for it and the ways that are left; a program gets a problem document.
//!
//! Promises: the address of the page holds one of the words below and nothing of what the provider or the person sent.

use super::GONE;
use crate::{codes, problem::Problem};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// What the page is told; it has a sentence for each (`console/src/screens/signin/refusals.ts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Begun by another browser, too long ago, or used before.
    Stale,
    /// The provider says that it did not take place.
    Declined,
    /// What the provider gave is not what it should be.
    Answer,
    /// The provider does not answer as it should.
    Provider,
    /// No group of the person has a role here.
    Role,
    /// The user is disabled here.
    Disabled,
    /// The name cannot be one here, or is somebody else's.
    Name,
    /// Too many sign-ins are under way.
    Busy,
    /// Anything else.
    Failed,
}

impl Why {
    /// Where the page is, with the word behind the `#`: it is sent to no server.
    fn page(self) -> &'static str {
        match self {
            Why::Stale => "/#sign-in=stale",
            Why::Declined => "/#sign-in=declined",
            Why::Answer => "/#sign-in=answer",
            Why::Provider => "/#sign-in=provider",
            Why::Role => "/#sign-in=role",
            Why::Disabled => "/#sign-in=disabled",
            Why::Name => "/#sign-in=name",
            Why::Busy => "/#sign-in=busy",
            Why::Failed => "/#sign-in=failed",
        }
    }

    /// A refusal for this reason. `what` quotes nothing.
    pub(super) fn because(self, what: &str) -> Refusal {
        let text = format!("the sign-in by the provider was refused: {what}");
        Refusal { why: self, problem: Problem::new(StatusCode::UNAUTHORIZED, codes::E7311, text) }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Refusal {
    why: Why,
    problem: Problem,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        let why = match problem.code() {
            code if code == codes::E7310.id => Why::Provider,
            code if code == codes::E7064.id => Why::Busy,
            _ => Why::Failed,
        };
        Refusal { why, problem }
    }
}

impl Refusal {
    /// For the audit chain.
    pub(super) fn text(&self) -> &str {
        &self.problem.reason().text
    }

    /// The way back to the sign-in page, or the problem for a program.
    pub(super) fn answer(self, is_page: bool) -> Result<Response, Problem> {
        if !is_page {
            return Err(self.problem);
        }
        let mut response = StatusCode::SEE_OTHER.into_response();
        let headers = response.headers_mut();
        headers.insert(header::LOCATION, HeaderValue::from_static(self.why.page()));
        headers.insert(header::SET_COOKIE, HeaderValue::from_static(GONE));
        Ok(response)
    }
}
