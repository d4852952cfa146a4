//! The table of routes: the one place where a path is bound to what does it, who may, and what it is about. The router, the
//! OpenAPI document and the matrix of rights are made of it.

use crate::{
    backup, describe, engine_routes as engine, live, messages, quality,
    rights::Right,
    route::{
        About::{Engine, Interface, Message, Some as Part},
        Gives::{Bytes, Json as Gives, Lines, Stream, Text},
        Need, Route,
    },
    steer, verify,
};
use axum::http::Method;

const GET: Method = Method::GET;
const POST: Method = Method::POST;

/// Every route.
pub(crate) fn all() -> Vec<Route> {
    [of_engine(), of_looking(), of_keeping(), of_messages(), of_acts()].into_iter().flatten().collect()
}

fn may(right: Right) -> Need {
    Need::Right(right)
}

fn of_engine() -> Vec<Route> {
    let status = Gives("sinew.status/1");
    vec![
        Route::new((GET, "/api/v1/status"), (may(Right::Look), Part), status, "How the engine fares", engine::status),
        Route::new(
            (GET, "/api/v1/interfaces"),
            (may(Right::Look), Part),
            Gives("sinew.interfaces/1"),
            "The interfaces and how each fares",
            engine::interfaces,
        ),
        Route::new(
            (GET, "/api/v1/queues"),
            (may(Right::Look), Part),
            Gives("sinew.queues/1"),
            "What waits for which destination",
            engine::queues,
        ),
        Route::new(
            (GET, "/api/v1/metrics"),
            (may(Right::Look), Engine),
            Text("text/plain; version=0.0.4"),
            "Counters for Prometheus",
            engine::metrics,
        ),
        Route::new(
            (POST, "/api/v1/reload"),
            (may(Right::Apply), Engine),
            Gives("sinew.reload/1"),
            "Read the workspace again and apply what changed",
            engine::reload,
        ),
        Route::new((POST, "/api/v1/stop"), (may(Right::Stop), Engine), Gives(""), "End the engine", engine::stop),
    ]
}

fn of_looking() -> Vec<Route> {
    vec![
        Route::new((GET, "/api/v1/openapi.json"), (Need::Known, Part), Gives(""), "This document", engine::openapi),
        Route::new(
            (GET, "/api/v1/interfaces/{name}/text"),
            (may(Right::Look), Interface),
            Gives("sinew.interface/1"),
            "What an interface is made of: its owner and its files",
            describe::interface,
        ),
        Route::new(
            (POST, "/api/v1/interfaces/{name}/test"),
            (may(Right::Masked), Interface),
            Gives("sinew.test/1"),
            "Run the tests of an interface",
            describe::test,
        ),
        Route::new(
            (GET, "/api/v1/dictionary"),
            (Need::Known, Part),
            Gives("sinew.dictionary/1"),
            "What the standard calls the places of a message",
            describe::names,
        ),
        Route::new(
            (GET, "/api/v1/quality"),
            (may(Right::Look), Part),
            Gives("sinew.quality/1"),
            "The quality of what interfaces received",
            quality::look,
        ),
        Route::new(
            (GET, "/api/v1/news"),
            (may(Right::Look), Part),
            Stream,
            "What happens, without content",
            live::news,
        ),
        Route::new(
            (POST, "/api/v1/tap"),
            (may(Right::Reveal), Interface),
            Lines,
            "Messages as they pass a place, with content",
            live::tap,
        ),
    ]
}

fn of_keeping() -> Vec<Route> {
    let verify_progress = Gives("sinew.verify_progress/1");
    vec![
        Route::new(
            (GET, "/api/v1/backup"),
            (may(Right::Backup), Engine),
            Gives(""),
            "How the backup under way is, or how the last one ended",
            backup::look,
        ),
        Route::new((POST, "/api/v1/backup"), (may(Right::Backup), Engine), Gives(""), "Begin a backup", backup::begin),
        Route::new(
            (GET, "/api/v1/verify"),
            (may(Right::Backup), Engine),
            verify_progress,
            "How far the examination of the store is",
            verify::progress,
        ),
        Route::new(
            (POST, "/api/v1/verify"),
            (may(Right::Backup), Engine),
            Gives(""),
            "Examine the whole store",
            verify::run,
        ),
    ]
}

fn of_messages() -> Vec<Route> {
    vec![
        Route::new(
            (POST, "/api/v1/messages/search"),
            (may(Right::Masked), Part),
            Gives("sinew.messages/1"),
            "Find messages, the newest first",
            messages::search,
        ),
        Route::new(
            (POST, "/api/v1/messages/facets"),
            (may(Right::Masked), Part),
            Gives("sinew.facets/1"),
            "Count what a search finds, by state, interface, type and facility",
            messages::facets,
        ),
        Route::new(
            (GET, "/api/v1/messages/{id}"),
            (may(Right::Look), Message),
            Gives("sinew.journey/1"),
            "The journey of a message",
            messages::journey,
        ),
        Route::new(
            (GET, "/api/v1/messages/{id}/masked"),
            (may(Right::Masked), Message),
            Bytes,
            "The content, with what may identify a patient masked",
            messages::masked,
        ),
        Route::new(
            (POST, "/api/v1/messages/{id}/content"),
            (may(Right::Reveal), Message),
            Bytes,
            "The content as it is, for a reason",
            messages::content,
        ),
        Route::new(
            (POST, "/api/v1/messages/{id}/edit"),
            (may(Right::Edit), Message),
            Gives("sinew.edited/1"),
            "Run an edited copy of a message through its interface",
            steer::edit,
        )
        .up_to(steer::EDITED_BYTES_MAX),
    ]
}

fn of_acts() -> Vec<Route> {
    vec![
        Route::new(
            (POST, "/api/v1/interfaces/pause"),
            (may(Right::Steer), Interface),
            Gives(""),
            "Stop the intake of an interface, or the deliveries of one destination",
            steer::pause,
        ),
        Route::new(
            (POST, "/api/v1/interfaces/resume"),
            (may(Right::Steer), Interface),
            Gives(""),
            "Undo a pause",
            steer::resume,
        ),
        Route::new(
            (POST, "/api/v1/interfaces/release"),
            (may(Right::Steer), Interface),
            Gives(""),
            "Send now what a destination holds or retries",
            steer::release,
        ),
        Route::new(
            (POST, "/api/v1/deliveries/retry"),
            (may(Right::Resend), Message),
            Gives(""),
            "Put parked deliveries of a message back into their queue",
            steer::retry,
        ),
        Route::new(
            (POST, "/api/v1/deliveries/resend"),
            (may(Right::Resend), Message),
            Gives(""),
            "Send the stored output of delivered messages again",
            steer::resend,
        ),
        Route::new(
            (POST, "/api/v1/deliveries/delete"),
            (may(Right::Delete), Message),
            Gives(""),
            "Remove a delivery that waits or is parked",
            steer::delete,
        ),
        Route::new(
            (POST, "/api/v1/replay"),
            (may(Right::Resend), Part),
            Gives(""),
            "Run stored messages again, or plan to",
            steer::replay,
        ),
    ]
}
