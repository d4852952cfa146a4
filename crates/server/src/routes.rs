//! The table of routes: the one place where a path is bound to what does it, who may, and what it is about. The router, the
//! OpenAPI document and the matrix of rights are made of it.

use crate::{
    alerts, audit, backup, bench, changes, describe, dictionary, engine_routes as engine,
    gate::caller::Stage,
    live, maps, messages,
    pages::paper,
    people::{keys, me, passkeys, sign_in, sso, users},
    quality,
    rights::Right,
    route::{
        About::{Engine, Interface, Message, Some as Part},
        Gives::{Bytes, Json as Gives, Lines, Stream, Text, Typed},
        Need, Route, schema,
    },
    scan, searches, secrets, steer, store_key, verify,
};
use axum::http::Method;

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const DELETE: Method = Method::DELETE;

/// Largest body of somebody who is not signed in.
const SIGN_IN_BYTES_MAX: usize = 4 * 1024;

/// Every route.
pub(crate) fn all() -> Vec<Route> {
    let of_people =
        [of_sign_in(), of_me(), of_passkeys(), of_users(), of_user_states(), of_roles_and_keys(), of_secrets()];
    let of_engine = [
        of_engine(),
        of_looking(),
        of_knowing(),
        of_keeping(),
        of_messages(),
        of_searches(),
        of_acts(),
        of_changes(),
        of_maps(),
        of_alerts(),
    ];
    of_engine.into_iter().chain(of_people).flatten().collect()
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
            changes::reload,
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
            (GET, "/api/v1/interfaces/{name}/document"),
            (may(Right::Look), Interface),
            Text("text/html"),
            "The specification and the runbook of an interface, to read and to print",
            paper::document,
        ),
        Route::new(
            (POST, "/api/v1/interfaces/{name}/test"),
            (may(Right::Masked), Interface),
            Gives("sinew.test/1"),
            "Run the tests of an interface",
            describe::test,
        ),
        Route::new(
            (POST, "/api/v1/interfaces/{name}/try"),
            (may(Right::Masked), Interface),
            Gives("sinew.bench/1"),
            "A message through the lines of an interface, step by step; nothing is stored or sent",
            bench::attempt,
        )
        .up_to(bench::CONTENT_BYTES_MAX),
        Route::new(
            (GET, "/api/v1/interfaces/{name}/samples"),
            (may(Right::Propose), Interface),
            Gives("sinew.samples/1"),
            "The messages that lie beside an interface, for its tests",
            bench::samples,
        ),
        Route::new(
            (POST, "/api/v1/interfaces/{name}/tests"),
            (may(Right::Propose), Interface),
            Gives("sinew.test-kept/1"),
            "Keep a message and what becomes of it as a test of the interface",
            bench::keep,
        )
        .up_to(bench::CONTENT_BYTES_MAX),
    ]
}

fn of_knowing() -> Vec<Route> {
    vec![
        Route::new(
            (GET, "/api/v1/dictionary"),
            (Need::Known, Part),
            Gives("sinew.dictionary/1"),
            "What the standard calls the places of a message",
            describe::names,
        ),
        Route::new(
            (POST, "/api/v1/dictionary/look"),
            (Need::Known, Part),
            Gives("sinew.dictionary-entry/1"),
            "What the standards say of a segment, field, data type, table or element, or where a word stands",
            dictionary::look,
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

fn of_alerts() -> Vec<Route> {
    vec![
        Route::new(
            (GET, "/api/v1/alerts"),
            (may(Right::Look), Part),
            Gives("sinew.alerts/1"),
            "What is wrong now and was lately, who has it and who is on call",
            alerts::look,
        ),
        Route::new(
            (POST, "/api/v1/alerts/act"),
            (may(Right::Steer), Engine),
            Gives("sinew.incident/1"),
            "Acknowledge, assign, snooze, wake or annotate an incident",
            alerts::act,
        ),
        Route::new(
            (POST, "/api/v1/alerts/try"),
            (may(Right::Steer), Engine),
            Gives(""),
            "Send a trial through a channel of alerts",
            alerts::attempt,
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
            (POST, "/api/v1/audit/search"),
            (may(Right::Audit), Engine),
            Gives("sinew.audit/1"),
            "Find records of the audit chain, and what destinations were given about a patient",
            audit::search,
        ),
        Route::new(
            (POST, "/api/v1/audit/verify"),
            (may(Right::Audit), Engine),
            Gives("sinew.audit_verify/1"),
            "Read the whole audit chain and say whether it is as it was written",
            audit::verify,
        ),
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
            (POST, "/api/v1/messages/scan"),
            (may(Right::Reveal), Part),
            Lines,
            "Look for a text inside messages, the newest first",
            scan::scan,
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

fn of_searches() -> Vec<Route> {
    vec![
        Route::new(
            (GET, "/api/v1/searches"),
            (may(Right::Masked), Part),
            Gives("sinew.searches/1"),
            "Searches that people share",
            searches::list,
        ),
        Route::new(
            (POST, "/api/v1/searches"),
            (may(Right::Masked), Part),
            Gives("sinew.search/1"),
            "Share a search that names nobody",
            searches::add,
        ),
        Route::new(
            (POST, "/api/v1/searches/remove"),
            (may(Right::Masked), Part),
            Gives(""),
            "Take a shared search back",
            searches::remove,
        ),
    ]
}

fn of_maps() -> Vec<Route> {
    vec![
        Route::new(
            (GET, "/api/v1/interfaces/{name}/maps"),
            (may(Right::Look), Interface),
            Gives("sinew.maps/1"),
            "The map files of an interface",
            maps::list,
        ),
        Route::new(
            (POST, "/api/v1/interfaces/{name}/maps/look"),
            (may(Right::Masked), Interface),
            Gives("sinew.map/1"),
            "What the text of a map says, and what it does to a message",
            maps::look,
        )
        .up_to(maps::TEXT_BYTES_MAX),
        Route::new(
            (POST, "/api/v1/interfaces/{name}/maps/draw"),
            (may(Right::Masked), Interface),
            Gives("sinew.map-drawn/1"),
            "The text of a map after an act in its drawing",
            maps::draw,
        )
        .up_to(maps::TEXT_BYTES_MAX),
        Route::new(
            (POST, "/api/v1/interfaces/{name}/maps/values"),
            (may(Right::Masked), Interface),
            Gives("sinew.map-line-values/1"),
            "What a line of a map became over the newest messages",
            maps::values,
        )
        .up_to(maps::TEXT_BYTES_MAX),
        Route::new(
            (PUT, "/api/v1/interfaces/{name}/maps"),
            (may(Right::Propose), Interface),
            Gives("sinew.map-kept/1"),
            "Keep the text of a map in the workspace, to be applied as any change",
            maps::keep,
        )
        .up_to(maps::TEXT_BYTES_MAX),
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
            (POST, "/api/v1/interfaces/drain"),
            (may(Right::Steer), Interface),
            Gives(""),
            "Let out what waits now: of a destination, and what comes later waits; of an interface, by stopping its intake",
            steer::drain,
        ),
        Route::new(
            (GET, "/api/v1/interfaces/{name}/waiting"),
            (may(Right::Look), Interface),
            Gives("sinew.waiting/1"),
            "What waits for a destination, in its order",
            steer::waiting,
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

fn of_sign_in() -> Vec<Route> {
    vec![
        Route::new(
            (POST, "/api/v1/sign-in"),
            (Need::Nobody, Part),
            Typed(schema::<sign_in::SignedIn>),
            "Sign in with name and password",
            sign_in::with_password,
        )
        .up_to(SIGN_IN_BYTES_MAX),
        Route::new(
            (POST, "/api/v1/sign-in/token"),
            (Need::Nobody, Part),
            Typed(schema::<sign_in::SignedIn>),
            "Choose a password with a one-time token",
            sign_in::with_token,
        )
        .up_to(SIGN_IN_BYTES_MAX),
        Route::new(
            (GET, "/api/v1/sign-in/ways"),
            (Need::Nobody, Part),
            Gives("sinew.ways/1"),
            "How people may sign in here",
            sso::ways,
        ),
        Route::new(
            (GET, "/api/v1/sign-in/provider"),
            (Need::Nobody, Part),
            Gives(""),
            "Go to the provider of sign-ins (OpenID Connect)",
            sso::begin,
        ),
        Route::new(
            (GET, "/api/v1/sign-in/provider/back"),
            (Need::Nobody, Part),
            Text("text/html"),
            "Where the provider sends the browser back to",
            sso::end,
        ),
        Route::new(
            (POST, "/api/v1/sign-in/code"),
            (Need::Stage(&[Stage::Factor]), Part),
            Typed(schema::<sign_in::SignedIn>),
            "Show the second factor: a code of an app, or a recovery code",
            sign_in::with_code,
        ),
        Route::new(
            (POST, "/api/v1/sign-out"),
            (Need::Stage(&[Stage::Factor, Stage::Enroll, Stage::Full]), Part),
            Gives(""),
            "End this session",
            sign_in::out,
        ),
    ]
}

fn of_me() -> Vec<Route> {
    vec![
        Route::new(
            (GET, "/api/v1/me"),
            (Need::Known, Part),
            Typed(schema::<me::Me>),
            "Who is signed in, and what is allowed",
            me::look,
        ),
        Route::new(
            (POST, "/api/v1/me/password"),
            (Need::Stage(&[Stage::Full]), Part),
            Gives(""),
            "Change the password",
            me::password,
        ),
        Route::new(
            (POST, "/api/v1/me/totp"),
            (Need::Stage(&[Stage::Enroll, Stage::Full]), Part),
            Gives("sinew.totp/1"),
            "A new secret for an authenticator app",
            me::begin_totp,
        ),
        Route::new(
            (POST, "/api/v1/me/totp/confirm"),
            (Need::Stage(&[Stage::Enroll, Stage::Full]), Part),
            Gives("sinew.recovery/1"),
            "Confirm the secret with a code; gives recovery codes once",
            me::confirm_totp,
        ),
        Route::new(
            (POST, "/api/v1/me/totp/remove"),
            (Need::Stage(&[Stage::Full]), Part),
            Gives(""),
            "Remove the authenticator app",
            me::remove_totp,
        ),
        Route::new(
            (GET, "/api/v1/me/sessions"),
            (Need::Stage(&[Stage::Full]), Part),
            Gives("sinew.sessions/1"),
            "The sessions of the caller",
            me::sessions,
        ),
        Route::new(
            (DELETE, "/api/v1/me/sessions/{id}"),
            (Need::Stage(&[Stage::Full]), Part),
            Gives(""),
            "End a session of the caller",
            me::end_session,
        ),
        Route::new(
            (POST, "/api/v1/me/glass"),
            (may(Right::BreakGlass), Part),
            Gives("sinew.glass/1"),
            "Break the glass: an hour of reading content, for a reason",
            me::break_glass,
        ),
    ]
}

fn of_users() -> Vec<Route> {
    vec![
        Route::new(
            (POST, "/api/v1/setup"),
            (may(Right::People), Engine),
            Gives("sinew.setup/1"),
            "A one-time token for the first administrator",
            users::setup,
        ),
        Route::new(
            (GET, "/api/v1/users"),
            (may(Right::People), Engine),
            Gives("sinew.users/1"),
            "The users",
            users::list,
        ),
        Route::new(
            (POST, "/api/v1/users"),
            (may(Right::People), Engine),
            Gives("sinew.user/1"),
            "Make a user; a person gets an invitation",
            users::add,
        ),
        Route::new(
            (GET, "/api/v1/users/{name}"),
            (may(Right::People), Engine),
            Gives("sinew.user/1"),
            "A user",
            users::look,
        ),
        Route::new(
            (DELETE, "/api/v1/users/{name}"),
            (may(Right::People), Engine),
            Gives(""),
            "Remove a user",
            users::remove,
        ),
        Route::new(
            (PUT, "/api/v1/users/{name}/grants"),
            (may(Right::People), Engine),
            Gives("sinew.user/1"),
            "Set the roles of a user",
            users::grant,
        ),
    ]
}

fn of_user_states() -> Vec<Route> {
    vec![
        Route::new(
            (POST, "/api/v1/users/{name}/disable"),
            (may(Right::People), Engine),
            Gives("sinew.user/1"),
            "Disable a user, at once",
            users::disable,
        ),
        Route::new(
            (POST, "/api/v1/users/{name}/enable"),
            (may(Right::People), Engine),
            Gives("sinew.user/1"),
            "Enable a user again",
            users::enable,
        ),
        Route::new(
            (POST, "/api/v1/users/{name}/reset"),
            (may(Right::People), Engine),
            Gives("sinew.user/1"),
            "Take password and factors away, and invite again",
            users::reset,
        ),
        Route::new(
            (POST, "/api/v1/users/{name}/reset-password"),
            (may(Right::People), Engine),
            Gives("sinew.user/1"),
            "Take the password away, and invite again; the second factor stays",
            users::reset_password,
        ),
        Route::new(
            (POST, "/api/v1/users/{name}/sign-out"),
            (may(Right::People), Engine),
            Gives(""),
            "End every session of a user",
            users::sign_out,
        ),
        Route::new(
            (GET, "/api/v1/audit"),
            (may(Right::Audit), Engine),
            Gives("sinew.audit/1"),
            "The audit chain, the newest first",
            audit::list,
        ),
    ]
}

fn of_roles_and_keys() -> Vec<Route> {
    vec![
        Route::new(
            (GET, "/api/v1/roles"),
            (may(Right::People), Engine),
            Gives("sinew.roles/1"),
            "The roles",
            users::roles,
        ),
        Route::new(
            (POST, "/api/v1/roles"),
            (may(Right::People), Engine),
            Gives("sinew.role/1"),
            "Make a role",
            users::add_role,
        ),
        Route::new(
            (DELETE, "/api/v1/roles/{name}"),
            (may(Right::People), Engine),
            Gives(""),
            "Remove a role of this site",
            users::remove_role,
        ),
        Route::new((GET, "/api/v1/keys"), (may(Right::People), Engine), Gives("sinew.keys/1"), "The keys", keys::list),
        Route::new(
            (POST, "/api/v1/keys"),
            (may(Right::People), Engine),
            Gives("sinew.key/1"),
            "Make a key; its text is told once",
            keys::add,
        ),
        Route::new(
            (DELETE, "/api/v1/keys/{id}"),
            (may(Right::People), Engine),
            Gives(""),
            "Remove a key",
            keys::remove,
        ),
    ]
}

fn of_secrets() -> Vec<Route> {
    vec![
        Route::new(
            (GET, "/api/v1/secrets"),
            (may(Right::Secrets), Engine),
            Gives("sinew.secrets/2"),
            "Which secrets there are, and who uses them; never a text",
            secrets::list,
        ),
        Route::new(
            (PUT, "/api/v1/secrets/{name}"),
            (may(Right::Secrets), Engine),
            Gives("sinew.secret/1"),
            "Keep a secret of a partner; it is never given again",
            secrets::set,
        )
        .up_to(secrets::BODY_BYTES_MAX),
        Route::new(
            (GET, "/api/v1/store/key"),
            (may(Right::Secrets), Engine),
            Gives("sinew.store-key/1"),
            "Which master key the store has and since when; never the key",
            store_key::look,
        ),
        Route::new(
            (POST, "/api/v1/store/key"),
            (may(Right::Secrets), Engine),
            Gives("sinew.store-key/1"),
            "Put another master key under the store, while messages go on",
            store_key::rotate,
        ),
        Route::new(
            (DELETE, "/api/v1/secrets/{name}"),
            (may(Right::Secrets), Engine),
            Gives(""),
            "Remove a secret of a partner",
            secrets::remove,
        ),
    ]
}

fn of_changes() -> Vec<Route> {
    vec![
        Route::new(
            (GET, "/api/v1/plan"),
            (may(Right::Propose), Engine),
            Gives("sinew.plan/1"),
            "What a reload would change",
            changes::plan,
        ),
        Route::new(
            (GET, "/api/v1/changes"),
            (may(Right::Look), Engine),
            Gives("sinew.changes/1"),
            "Changes that were proposed",
            changes::list,
        ),
        Route::new(
            (GET, "/api/v1/versions"),
            (may(Right::Look), Engine),
            Gives("sinew.versions/1"),
            "Versions of the workspace that were put into force",
            changes::versions::list,
        ),
        Route::new(
            (POST, "/api/v1/rollback"),
            (may(Right::Apply), Engine),
            Gives("sinew.reload/1"),
            "Go back to a version, or tell what would differ",
            changes::versions::back,
        ),
        Route::new(
            (POST, "/api/v1/changes"),
            (may(Right::Propose), Engine),
            Gives("sinew.change/1"),
            "Propose the workspace as it is on disk",
            changes::propose,
        ),
        Route::new(
            (POST, "/api/v1/changes/{id}/approve"),
            (may(Right::Approve), Engine),
            Gives("sinew.change/1"),
            "Approve what somebody else proposed",
            changes::approve,
        ),
        Route::new(
            (POST, "/api/v1/changes/{id}/apply"),
            (may(Right::Apply), Engine),
            Gives("sinew.reload/1"),
            "Put a change into force, as it was proposed",
            changes::apply,
        ),
    ]
}

fn of_passkeys() -> Vec<Route> {
    const OWN: Need = Need::Stage(&[Stage::Full]);
    const MAKING: Need = Need::Stage(&[Stage::Enroll, Stage::Full]);
    const SHOWING: Need = Need::Stage(&[Stage::Factor]);
    vec![
        Route::new(
            (POST, "/api/v1/sign-in/passkey/begin"),
            (SHOWING, Part),
            Gives("sinew.passkey-options/1"),
            "What the browser needs to show a passkey",
            passkeys::begin_sign_in,
        ),
        Route::new(
            (POST, "/api/v1/sign-in/passkey"),
            (SHOWING, Part),
            Typed(schema::<sign_in::SignedIn>),
            "Show the second factor: a passkey",
            passkeys::sign_in,
        ),
        Route::new(
            (GET, "/api/v1/me/passkeys"),
            (OWN, Part),
            Gives("sinew.passkeys/1"),
            "The passkeys of the caller",
            passkeys::list,
        ),
        Route::new(
            (POST, "/api/v1/me/passkeys/begin"),
            (MAKING, Part),
            Gives("sinew.passkey-options/1"),
            "What the browser needs to make a passkey",
            passkeys::begin,
        ),
        Route::new(
            (POST, "/api/v1/me/passkeys"),
            (MAKING, Part),
            Gives("sinew.recovery/1"),
            "Keep the passkey that the browser made",
            passkeys::add,
        ),
        Route::new((POST, "/api/v1/me/passkeys/remove"), (OWN, Part), Gives(""), "Remove a passkey", passkeys::remove),
    ]
}
