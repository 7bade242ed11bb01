//! A CONNECT that cannot be applied at once: its password must be checked, or whoever has its client
//! id must be read to the end first. Nothing more is read from the connection until then, so the order
//! of its packets is kept.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Connection;
use crate::broker::event::ConnId;
use crate::broker::policy::Identity;
use crate::protocol::{Connect, Packet, ReasonCode};
use crate::server::core::Turn;
use crate::server::login::{self, Claim, Login, Standing};
use crate::server::shared::Command;
use crate::server::verify::{Answer, Origin, Question};
use crate::time::Timestamp;

/// How long a CONNECT waits for what its predecessor still has to say.
const RIVAL_WAIT: Duration = Duration::from_millis(250);

/// Bytes of a CONNECT that waits, and what for. What the client sent behind it waits with it.
pub(super) struct Stashed {
    pub(super) bytes: Vec<u8>,
    pub(super) why: Wait,
}

/// What a CONNECT waits for.
pub(super) enum Wait {
    /// Until the connection that has its client id has been read to its end.
    Rival(ConnId),
    /// Until its password is checked.
    Password(Question),
    /// Until its rates leave room for more.
    Room(Timestamp),
}

impl Connection {
    /// What a CONNECT has to wait for before it is applied: first for the verdict about its
    /// password, and if it is let in for room for its will and for whoever has its client id. What
    /// that one still had to say has used the same rates, so room is asked for once more behind it.
    pub(super) fn what_to_wait_for(&mut self, first: &Packet<'_>) -> Option<Wait> {
        let Packet::Connect(connect) = first else { return None };
        let entering = self.entering.as_deref_mut()?;
        if entering.verdict.is_none() {
            let settings = self.local.settings();
            entering.verdict = match settings.claim(self.listener, connect, &entering.shown) {
                Claim::Known(verdict) => Some(verdict),
                Claim::Password(question) => {
                    let keep_secs = settings.password_cache_secs;
                    entering.hash = self.local.shared.verifier.recall(&question, keep_secs);
                    if entering.hash.is_none() {
                        return Some(Wait::Password(question));
                    }
                    Some(Ok(login::identity(connect.username)))
                }
            };
        }
        let is_let_in = entering.verdict.as_ref().is_some_and(Result::is_ok);
        if !is_let_in {
            return None;
        }
        let has_met_rival = entering.has_met_rival;
        if let Some(until) = self.will_room(connect) {
            if !self.local.settings().rate_disconnects {
                return Some(Wait::Room(until));
            }
            let verdict = &mut self.entering.as_deref_mut()?.verdict;
            *verdict = Some(Err(ReasonCode::ConnectionRateExceeded));
            return None;
        }
        if has_met_rival {
            return None;
        }
        self.rival(connect).map(Wait::Rival)
    }

    /// The connection that has the client id of a CONNECT.
    fn rival(&self, connect: &Connect<'_>) -> Option<ConnId> {
        let settings = self.local.settings();
        let shown = &self.entering.as_deref()?.shown;
        let client_id = settings.client_id(self.listener, connect, shown)?;
        let rival = self.local.shared.core().broker.online(client_id)?;
        (rival != self.id).then_some(rival)
    }

    /// Waits until a CONNECT can be applied, and applies it and what came behind it.
    pub(super) async fn wait_and_process(&mut self, stashed: Box<Stashed>) {
        let mut next = Some(stashed);
        while let Some(stashed) = next {
            let Stashed { bytes, why } = *stashed;
            if !self.wait(why, bytes.len()).await {
                break;
            }
            next = self.process([&bytes, &[]]);
        }
    }

    /// Waits, while nothing is read; whether the connection goes on.
    async fn wait(&mut self, why: Wait, held_bytes: usize) -> bool {
        match why {
            Wait::Rival(rival) => {
                if let Some(entering) = &mut self.entering {
                    entering.has_met_rival = true;
                }
                self.wait_for_rival(rival).await;
            }
            Wait::Password(question) => self.check_password(question, held_bytes).await,
            Wait::Room(until) => return self.rest(until).await,
        }
        true
    }

    /// Waits for the verdict about a password. The broker's time limit for CONNECT closes the
    /// connection if it takes too long.
    async fn check_password(&mut self, question: Question, held_bytes: usize) {
        let keep_secs = self.local.settings().password_cache_secs;
        let Some(mut entering) = self.entering.take() else { return };
        let peer = self.local.shared.core().broker.peer(self.id);
        let origin = peer.map_or(Origin::Local, |peer| Origin::of(&peer));
        let verifier = &self.local.shared.verifier;
        let user = Arc::clone(&question.user);
        let mut answer = verifier.ask(origin, question, held_bytes, keep_secs);
        entering.verdict = Some(match poll_fn(|cx| self.poll_answer(cx, &mut answer)).await {
            Some(Ok(Some(hash))) => {
                entering.hash = Some(hash);
                Ok(login::identity(Some(&user)))
            }
            Some(Ok(None)) => Err(ReasonCode::NotAuthorized),
            Some(Err(_)) => Err(ReasonCode::ServerBusy),
            None => Err(ReasonCode::UnspecifiedError),
        });
        self.entering = Some(entering);
    }

    /// The verdict about a CONNECT at the moment it is applied. The settings may have changed since it
    /// was made: whoever they would not let in any more tries again.
    pub(super) fn admit(
        &mut self,
        turn: &mut Turn<'_>,
        connect: &Connect<'_>,
    ) -> Result<Identity, ReasonCode> {
        let Some(entering) = self.entering.take() else { return Err(ReasonCode::ProtocolError) };
        turn.outlet.agreed = entering.shown.agreed;
        let identity = entering.verdict.unwrap_or(Err(ReasonCode::NotAuthorized))?;
        let login = Login::of(self.listener, connect, entering.hash);
        if !matches!(self.local.settings().standing(&login), Standing::Stays) {
            return Err(ReasonCode::NotAuthorized);
        }
        turn.outlet.set_login(self.id, login);
        Ok(identity)
    }

    /// The answer, or `None` when the connection is over before there is one.
    fn poll_answer(
        &self,
        cx: &mut Context<'_>,
        answer: &mut Answer,
    ) -> Poll<Option<<Answer as Future>::Output>> {
        let mut outputs = self.local.outputs.borrow_mut();
        let output = outputs.find(self.id).filter(|it| !it.is_closing);
        let Some(open) = output.and_then(|output| output.open()) else {
            return Poll::Ready(None);
        };
        open.waker = cx.waker().clone();
        Pin::new(answer).poll(cx).map(Some)
    }

    /// Waits until the other connection has been read to its end: a DISCONNECT that has arrived
    /// there counts, although nobody has read it yet.
    async fn wait_for_rival(&self, rival: ConnId) {
        let (done, is_done) = oneshot::channel();
        self.local.shared.gate_of(rival).send(Command::ReadToEnd { conn: rival, done });
        // Whatever comes of it, the CONNECT is applied then.
        let _ = timeout(RIVAL_WAIT, is_done).await;
    }
}
