//! One lane to a mail server: a connection for each mail, because servers close idle ones soon.

use super::{
    config::{Encryption, Mailing},
    mail::compose,
    talk::{Lost, Reply, Talk},
};
use crate::{codes, tcp::connect, tls, web::encode::base64};
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Destination, Outgoing},
};
use message::{Clock, Outcome, Reason, Scope};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

/// How long the mail server may take to say goodbye, after everything is decided.
const FAREWELL_TIME_MAX: Duration = Duration::from_millis(500);

/// The lane.
pub(crate) struct Lane {
    config: Mailing,
    tls: Option<tls::Client>,
    clock: Arc<dyn Clock>,
}

type Line = Talk<tls::Stream<TcpStream>>;

/// How far a mail is: whether the mail server may have taken it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// The dot behind the mail may have been read.
    Ended,
}

impl Lane {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Lane, Reason> {
        let config = Mailing::read(settings)?;
        let tls = match config.encryption {
            Encryption::None => None,
            Encryption::StartTls | Encryption::Implicit => Some(tls::Client::read(settings, context, &config.host)?),
        };
        Ok(Lane { config, tls, clock: context.clock.clone() })
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let mail = compose(&self.config, outgoing, self.clock.now());
        let mut stage = Stage::Open;
        let end = Instant::now() + self.config.time_max;
        match timeout_at(end, self.post(&mail, &mut stage)).await {
            Ok(outcome) => outcome.unwrap_or_else(|outcome| outcome),
            Err(_) => {
                let (address, seconds) = (&self.config.address, self.config.time_max.as_secs_f32());
                let text = format!("{address} was not through with the mail within {seconds} s");
                self.lost(stage, Reason::new(codes::E6106, text))
            }
        }
    }

    /// Both sides are outcomes: `Err` ends the conversation early.
    async fn post(&self, mail: &[u8], stage: &mut Stage) -> Result<Outcome, Outcome> {
        let mut line = self.connect().await?;
        let Mailing { from, to, login, .. } = &self.config;
        let mut greeted = self.hello(&mut line).await?;
        if self.config.encryption == Encryption::StartTls {
            line = self.start_tls(line, &greeted).await?;
            greeted = self.hello(&mut line).await?;
        }
        if let Some(login) = login {
            self.log_in(&mut line, &greeted, login).await?;
        }
        self.ask(&mut line, &format!("MAIL FROM:<{from}>"), "the sender").await?;
        for (number, to) in to.iter().enumerate() {
            self.ask(&mut line, &format!("RCPT TO:<{to}>"), &format!("recipient {}", number + 1)).await?;
        }
        let go = line.ask("DATA").await.map_err(|lost| self.explain(*stage, lost))?;
        if go.code != 354 {
            return Err(self.refused(&go, "the mail", Scope::Message));
        }
        line.send(mail).await.map_err(|lost| self.explain(*stage, lost))?;
        *stage = Stage::Ended;
        line.send(b".\r\n").await.map_err(|lost| self.explain(*stage, lost))?;
        let done = line.reply().await.map_err(|lost| self.explain(*stage, lost))?;
        let _ = timeout(FAREWELL_TIME_MAX, line.ask("QUIT")).await;
        match done.code {
            200..=299 => Ok(Outcome::Delivered { reply: None }),
            _ => Err(self.refused(&done, "the mail", Scope::Message)),
        }
    }

    async fn connect(&self) -> Result<Line, Outcome> {
        let Mailing { address, connect_time_max, encryption, .. } = &self.config;
        let stream = connect::connect(address, *connect_time_max).await.map_err(transient)?;
        let stream = if let (Encryption::Implicit, Some(tls)) = (encryption, &self.tls) {
            let secured = tls.secure(stream, address, *connect_time_max).await.map_err(transient)?;
            tls::Stream::Secure(Box::new(secured))
        } else {
            tls::Stream::Plain(stream)
        };
        let mut line = Talk::new(stream);
        let greeting = line.reply().await.map_err(|lost| self.explain(Stage::Open, lost))?;
        if greeting.code != 220 {
            return Err(self.busy(&greeting));
        }
        Ok(line)
    }

    async fn hello(&self, line: &mut Line) -> Result<Reply, Outcome> {
        let domain = self.config.from.rsplit('@').next().unwrap_or("localhost");
        let reply = line.ask(&format!("EHLO {domain}")).await.map_err(|lost| self.explain(Stage::Open, lost))?;
        if reply.code == 250 { Ok(reply) } else { Err(self.busy(&reply)) }
    }

    async fn start_tls(&self, mut line: Line, greeted: &Reply) -> Result<Line, Outcome> {
        let address = &self.config.address;
        let complain = |why: &str| transient(Reason::new(codes::E6501, format!("{address} {why}")));
        if !greeted.lines.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
            return Err(complain("does not offer STARTTLS; for TLS from the first byte write `tls implicit`"));
        }
        let reply = line.ask("STARTTLS").await.map_err(|lost| self.explain(Stage::Open, lost))?;
        if reply.code != 220 {
            return Err(complain("offers STARTTLS and refuses it"));
        }
        let stream = line.into_stream().map(tls::Stream::into_inner);
        let (Some(stream), Some(tls)) = (stream, &self.tls) else {
            return Err(complain("spoke before the TLS handshake"));
        };
        let secured = tls.secure(stream, address, self.config.connect_time_max).await.map_err(transient)?;
        Ok(Talk::new(tls::Stream::Secure(Box::new(secured))))
    }

    async fn log_in(&self, line: &mut Line, greeted: &Reply, login: &(String, String)) -> Result<(), Outcome> {
        let address = &self.config.address;
        let offers = greeted.lines.iter().map(|line| line.to_ascii_uppercase());
        let has_plain =
            offers.filter(|line| line.starts_with("AUTH")).any(|line| line.split([' ', '=']).any(|way| way == "PLAIN"));
        if !has_plain {
            let text = format!("{address} does not offer to log in with AUTH PLAIN");
            return Err(transient(Reason::new(codes::E6541, text)));
        }
        let pair = base64(format!("\0{}\0{}", login.0, login.1).as_bytes());
        let reply = line.ask(&format!("AUTH PLAIN {pair}")).await.map_err(|lost| self.explain(Stage::Open, lost))?;
        if reply.code == 235 {
            return Ok(());
        }
        Err(transient(Reason::new(codes::E6541, format!("{address} answered {} to the login", reply.code))))
    }

    async fn ask(&self, line: &mut Line, command: &str, what: &str) -> Result<(), Outcome> {
        let reply = line.ask(command).await.map_err(|lost| self.explain(Stage::Open, lost))?;
        if (200..=299).contains(&reply.code) { Ok(()) } else { Err(self.refused(&reply, what, Scope::Message)) }
    }

    /// The server's words are not repeated: they may quote the mail.
    fn refused(&self, reply: &Reply, what: &str, scope: Scope) -> Outcome {
        let text = format!("{} answered {} to {what}", self.config.address, reply.code);
        match reply.code {
            // 421: the server closes, for whatever it was asked.
            421 => transient(Reason::new(codes::E6542, text)),
            400..=499 => Outcome::Transient { scope, reason: Reason::new(codes::E6542, text), retry_after: None },
            _ => Outcome::Permanent { reason: Reason::new(codes::E6543, text), reply: None },
        }
    }

    /// A no before anything of a mail was said is about us, not about the mail.
    fn busy(&self, reply: &Reply) -> Outcome {
        let text = format!("{} answered {} to the greeting", self.config.address, reply.code);
        transient(Reason::new(codes::E6542, text))
    }

    fn explain(&self, stage: Stage, lost: Lost) -> Outcome {
        let address = &self.config.address;
        let reason = match lost {
            Lost::Broken(kind) => {
                let code = if stage == Stage::Ended { codes::E6007 } else { codes::E6008 };
                Reason::new(code, format!("the connection to {address} broke: {kind}"))
            }
            Lost::Unreadable => Reason::new(codes::E6544, format!("{address} sent a reply that is not SMTP")),
        };
        self.lost(stage, reason)
    }

    /// Before its end a mail is not taken (RFC 5321 §4.1.1.4); after it nobody knows.
    fn lost(&self, stage: Stage, reason: Reason) -> Outcome {
        match stage {
            Stage::Open => transient(reason),
            Stage::Ended => Outcome::Ambiguous { reason },
        }
    }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}
