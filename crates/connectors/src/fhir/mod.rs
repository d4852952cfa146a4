//! A FHIR server as a partner: resources are created and updated there, bundles executed, and what was changed is found.
//!
//! Source: HL7 FHIR R4 §3.1.0 (RESTful API), §2.4 and value set issue-type (OperationOutcome), §3.1.1 (search); SMART App
//! Launch 2.2, backend services.
//!
//! Owns: which request a resource becomes, what a server's outcome means, how far a search is.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`.
//! Never: puts an identifier into an address, follows a link to another server, repeats what a server says in words.

mod bookmark;
mod config;
mod destination;
mod lookup;
mod meaning;
mod page;
mod resource;
mod source;

#[cfg(test)]
mod tests;

use crate::{
    settings::{join, setting},
    tls,
    web::{
        auth,
        settings::{CREDENTIALS, LIMITS},
    },
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Lookup, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Fhir;

impl Connector for Fhir {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        let url = if is_source { config::Following::read(settings)?.url } else { config::Sending::read(settings)?.url };
        auth::check(settings, &url)
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let (settings, context) = (settings.clone(), context.clone());
        Box::pin(async move { Ok(Box::new(source::Search::open(settings, context).await?) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::open(settings, context)?))
    }

    fn lookup_side(&self) -> Option<&'static Side> {
        Some(&LOOKUP)
    }

    fn check_lookup(&self, settings: &Settings) -> Result<(), Reason> {
        auth::check(settings, &lookup::Asking::read(settings)?.url)
    }

    fn lookup(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Lookup>, Reason> {
        Ok(Box::new(lookup::Question::open(settings, context)?))
    }
}

static SPEC: Spec = Spec {
    name: "fhir",
    title: "FHIR R4 servers",
    description: "\
Sends resources to a FHIR server, and finds those that were changed there. JSON; TLS, and tokens as SMART backend services \
have them (`private-key`: RS384 or ES384).

**As a destination** it creates a resource without an id (POST), updates one with an id (PUT), executes a Bundle of the type \
`transaction` or `batch`, and has a Bundle of the type `message` processed. `interaction` says otherwise: \
`conditional-update` and `conditional-create` find the resource by its identifier. They travel as a transaction of one entry, \
so that the identifier stands in the body and not in an address that proxies log.

What the server answers is read from its OperationOutcome first: `invalid`, `structure`, `required`, `value`, `invariant`, \
`business-rule`, `duplicate`, `multiple-matches` and the like park the message; `transient`, `exception`, `lock-error`, `conflict` try it \
again; `throttled` and `no-store` make the whole destination wait, and so do `login` and `expired`; `timeout` and `incomplete` are *ambiguous*. Where it \
says only `processing` or nothing, the status decides as for `http`, and 409 is tried again. The reason names the issue and its \
path, never the server's words. Each entry of a batch is looked at: with some executed and some refused, the message is \
parked; with some that pass by themselves, it is sent again only if nothing in it would be created twice.

**As a source** it asks a search again and again for what was changed since (`_lastUpdated`, sorted by it), and takes each \
resource of each page as one message, as the server wrote it. How far it is, is kept on disk: after a crash or a lost page the \
search begins again where everything before is taken. What was taken around that time is remembered, so that the same \
version of a resource comes once; only what was taken between the last write and a crash comes twice. Deleted resources \
are not found by a search. Links to the next page are followed on the same server only.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "The search: `\"https://host/r4/Observation?category=laboratory\"`, in quotes where it has a query. Without `_lastUpdated`, `_sort` \
                          and `_count`.",
        },
        options: &join::<{ SOURCE_OPTIONS.len() + SHARED_LEN }>(&[
            SOURCE_OPTIONS,
            SEARCH_LIMITS,
            HEADERS,
            CREDENTIALS,
            tls::CLIENT,
        ]),
        example: "receive fhir \"https://fhir.example.org/r4/Observation?category=laboratory\" { every 30s }",
    }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Url, description: "The base of the server: `https://host/r4`." },
        options: &join::<{ DESTINATION_OPTIONS.len() + SHARED_LEN }>(&[
            DESTINATION_OPTIONS,
            LIMITS,
            HEADERS,
            CREDENTIALS,
            tls::CLIENT,
        ]),
        example: "send repository {\n  fhir https://fhir.example.org/r4 timeout 20s\n}",
    }),
};

/// A question of a line.
static LOOKUP: Side = Side {
    address: Address {
        kind: AddressKind::Remote,
        description: "`\"https://host/r4/Patient/{key}\"` reads a resource by its id, \
                      `\"https://host/r4/Patient?identifier=SYSTEM|{key}\"` searches one, in quotes. A search is a POST, so that the value \
                      stands in no address. Nothing found is nothing; several are a failure.",
    },
    options: &join::<SHARED_LEN>(&[LIMITS, HEADERS, CREDENTIALS, tls::CLIENT]),
    example: "lookup person fhir \"https://fhir.example.org/r4/Patient?identifier=http://hospital.example/mrn|{key}\"",
};

const SHARED_LEN: usize = LIMITS.len() + HEADERS.len() + CREDENTIALS.len() + tls::CLIENT.len();

const HEADERS: &[Setting] = &[setting("headers", SettingKind::List, "", "Further headers, each `\"Name: value\"`.")];

/// As [`LIMITS`], with room for a page.
const SEARCH_LIMITS: &[Setting] = &[
    setting("timeout", SettingKind::Duration, "60s", "From the first byte sent to the last byte of a page."),
    LIMITS[1],
    setting("limit", SettingKind::Size, "64MiB", "Largest page that is read."),
    LIMITS[3],
];

const SOURCE_OPTIONS: &[Setting] = &[
    setting("every", SettingKind::Duration, "60s", "How long to wait between two searches."),
    setting("count", SettingKind::Count(1, 10_000), "100", "Resources of one page that are asked for (`_count`)."),
    setting(
        "from",
        SettingKind::Text,
        "now",
        "Where the first search begins: `now`, `beginning`, or an instant such as `\"2026-03-01T00:00:00Z\"`. Later ones go on \
         where the one before ended.",
    ),
    setting(
        "overlap",
        SettingKind::Duration,
        "10s",
        "How far each search goes back behind what it has: servers may show a change later than its time says.",
    ),
    setting(
        "bookmark",
        SettingKind::Text,
        "",
        "Under which name is kept how far the search is; without it, its address. Two interfaces with the same search need \
         two names; another name begins anew.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    setting(
        "interaction",
        SettingKind::Word(&["auto", "create", "update", "conditional-create", "conditional-update"]),
        "auto",
        "What is done with a resource. `auto`: as its id and, for a Bundle, its type say.",
    ),
    setting(
        "identifier-system",
        SettingKind::Text,
        "",
        "With a conditional interaction: the system of the identifier that finds the resource; without it, the first one.",
    ),
    setting(
        "return",
        SettingKind::Word(&["minimal", "representation", "OperationOutcome"]),
        "minimal",
        "What the server is asked to answer (`Prefer: return=`). It is kept as the reply.",
    ),
];
