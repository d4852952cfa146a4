//! One question to a database: a SELECT with the key as a value.

use super::{
    cell::{Cell, Rows},
    client::{self, Client, Work},
    config::Asking,
};
use crate::codes;
use bytes::Bytes;
use interface::contract::{Boxed, Lookup};
use message::Reason;

/// The line.
pub(crate) struct Question {
    config: Asking,
    client: Option<Box<dyn Client>>,
}

impl Question {
    pub(crate) fn new(config: Asking) -> Question {
        Question { config, client: None }
    }

    async fn look(&mut self, key: &str) -> Result<Option<Bytes>, Reason> {
        let Asking { login, query, bytes_max } = &self.config;
        let told = |failure: client::Failure| failure.reason(&login.address);
        // Taken out: a question that is dropped or fails leaves no half-used connection.
        let known = self.client.take().filter(|client| !client.is_closed());
        let mut client = match known {
            Some(client) => client,
            None => client::connect(login).await.map_err(told)?,
        };
        let values = query.places.iter().map(|_| Cell::Text(key.to_owned())).collect();
        let work = Work { text: &query.text, values };
        // A second row shows that the first is not the only one.
        let read = client::within(login.answer_time_max, client.read(work, 2, *bytes_max)).await;
        let rows = read.map_err(told)?;
        self.client = Some(client);
        Rows::check(&rows.columns)?;
        match rows.rows.as_slice() {
            [] => Ok(None),
            [row] if row.iter().map(Cell::size).sum::<usize>() > *bytes_max => {
                Err(Reason::new(codes::E6621, format!("{}: the row is larger than `limit`", login.address)))
            }
            [row] => Ok(Some(Rows::object(&rows.columns, row).into())),
            [_, _, ..] => {
                let text = format!("{}: `query` gives several rows for one value; one is needed", login.address);
                Err(Reason::new(codes::E6621, text))
            }
        }
    }
}

impl Lookup for Question {
    fn ask<'a>(&'a mut self, key: &'a str) -> Boxed<'a, Result<Option<Bytes>, Reason>> {
        Box::pin(self.look(key))
    }
}
