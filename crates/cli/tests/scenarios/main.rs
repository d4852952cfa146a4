//! Scenarios on the real binary, with real sockets and temporary folders: what an analyst and an operator do, and what
//! they are promised. Each is a file; what they share is in `support`.

// Nothing outside uses a test: `pub` marks what a module offers to its siblings.
#![allow(unreachable_pub)]

mod audit;
mod backup;
mod broken_line;
mod canary;
mod canary_acts;
mod confined;
mod connectors;
mod convert;
mod desk;
mod destination_down;
mod dictionary;
mod documents;
mod duplicate;
mod examples;
mod fhir;
mod fhir_out;
mod fhirpath;
mod first_interface;
mod hostile;
mod in_postgresql;
mod keys;
mod kill;
mod live;
mod lsp;
mod maps;
mod offline;
mod pages;
mod profile;
mod profiles;
mod protocol;
mod quality;
mod record;
mod repository;
mod rollback;
mod route;
mod scripts;
mod secrets;
mod shutdown;
mod steering;
#[allow(dead_code, reason = "the faults use the rest")]
mod support;
mod telemetry;
mod topics;
mod transport;
mod traps;
mod trouble;
mod two_processes;
mod validate;
mod versions;
