//! How a command reaches the running engine of its workspace.

use crate::{
    outcome::{Exit, Failure, Result},
    place::Place,
    run::block_on,
};
use bytes::Bytes;
use clap::Args;
use message::Code;
use serde_json::Value;
use server::client::{Client, Error};

/// The flags of a command that asks an engine.
#[derive(Args, Clone, Debug)]
pub struct Reach {
    #[command(flatten)]
    place: Place,
}

impl Reach {
    fn client(&self) -> Result<Client> {
        Ok(Client::new(&self.place.store_folder()?))
    }

    /// Where the command works.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// `GET`, JSON.
    pub fn get(&self, path: &str) -> Result<Value> {
        let client = self.client()?;
        block_on(async { client.get(path).await })?.map_err(failure)
    }

    /// `PUT`, JSON.
    pub fn put(&self, path: &str, body: &Value) -> Result<Value> {
        let client = self.client()?;
        block_on(async { client.put(path, body).await })?.map_err(failure)
    }

    /// `DELETE`, JSON.
    pub fn delete(&self, path: &str) -> Result<Value> {
        let client = self.client()?;
        block_on(async { client.delete(path).await })?.map_err(failure)
    }

    /// `POST`; the answer as bytes.
    pub fn post_for_bytes(&self, path: &str, body: &Value) -> Result<Bytes> {
        let client = self.client()?;
        block_on(async { client.post_for_bytes(path, body).await })?.map_err(failure)
    }

    /// `GET`, or `POST` with a body, as a stream, line by line, until `each` says `false`.
    pub fn follow(&self, path: &str, body: Option<&Value>, each: impl FnMut(&str) -> bool) -> Result<()> {
        let client = self.client()?;
        block_on(async { client.follow(path, body, each).await })?.map_err(failure)
    }

    /// `POST`, JSON.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let client = self.client()?;
        block_on(async { client.post(path, body).await })?.map_err(failure)
    }
}

/// Why the engine did not do it.
pub fn failure(error: Error) -> Failure {
    match error {
        Error::NotRunning(reason) => Failure::unreachable(reason.text)
            .code(server::codes::E7001)
            .hint("start the engine with `sinew run`, or name its workspace with --workspace DIR"),
        Error::Refused { status, reason } => {
            let exit = match status {
                400 => Exit::Usage,
                403 => Exit::NotAllowed,
                404 | 409 => Exit::Problems,
                _ => Exit::Unreachable,
            };
            let failure = Failure::new(exit, reason.text);
            match known(&reason.code) {
                Some(code) => failure.code(code),
                None => failure,
            }
        }
    }
}

/// The code of the catalogue with this id.
pub fn known(id: &str) -> Option<Code> {
    crate::commands::explain::catalogue().find(|code| code.id == id).copied()
}
