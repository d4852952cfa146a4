//! Who asks: a person, a service, or the owner of the control socket.

use crate::rights::{Object, Power, Right};
use message::Timestamp;
use std::{net::IpAddr, sync::Arc};

/// How a request came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// By the control socket, opened by this user of the operating system.
    Socket(Arc<str>),
    /// By the HTTP listener.
    Network {
        /// From where.
        address: IpAddr,
        /// Inside TLS.
        is_sealed: bool,
    },
}

impl Source {
    /// From where, over a network.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Source::Socket(_) => None,
            Source::Network { address, .. } => Some(*address),
        }
    }

    /// For the audit chain and for limits.
    pub(crate) fn told(&self) -> String {
        match self {
            Source::Socket(_) => "socket".to_owned(),
            Source::Network { address, .. } => address.to_string(),
        }
    }
}

/// How far a sign-in has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// The second factor is still to be shown.
    Factor,
    /// A second factor is still to be set up.
    Enroll,
    /// Done.
    Full,
}

/// What vouches for a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Voucher {
    /// The operating system: the caller could open the socket.
    Socket,
    /// A session, by the hash of its token.
    Session(Arc<str>),
    /// A key, by its id.
    Key(Arc<str>),
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The name for the audit chain.
    pub(crate) who: Arc<str>,
    /// What vouches for it.
    pub(crate) voucher: Voucher,
    /// How far the sign-in has come.
    pub(crate) stage: Stage,
    /// What it may do.
    pub(crate) powers: Vec<Power>,
    /// What of that it may do at most; `None`: all.
    pub(crate) bounds: Option<Vec<Power>>,
}

impl Caller {
    /// The owner of the control socket: may do everything, by the operating system's word.
    pub(crate) fn local(who: &str) -> Caller {
        Caller {
            who: who.into(),
            voucher: Voucher::Socket,
            stage: Stage::Full,
            powers: vec![Power::whole()],
            bounds: None,
        }
    }

    /// It may do this now. A sign-in that is not complete allows nothing.
    pub(crate) fn may(&self, right: Right, object: Object<'_>, now: Timestamp) -> bool {
        let any = |powers: &[Power]| powers.iter().any(|power| power.allows(right, object, now));
        self.stage == Stage::Full && any(&self.powers) && self.bounds.as_deref().is_none_or(any)
    }
}
