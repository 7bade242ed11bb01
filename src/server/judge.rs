//! Judges again who may stay when the settings have changed.

use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::broker::Absent;
use crate::broker::event::{ConnId, Input};
use crate::protocol::ReasonCode;
use crate::server::core::Turn;
use crate::server::login::Standing;
use crate::server::settings::Settings;
use crate::server::shared::Command;
use crate::server::verify::{Origin, Question};
use crate::server::worker::Local;

/// A reload counts as over after so long, though not everybody is judged: there may be very many
/// passwords to hash.
const JUDGING_MAX: Duration = Duration::from_secs(5);

/// Ends the connections of clients that would not be let in any more, and answers whose password has
/// to be checked again because the stored hash has changed. In the same turn that replaced the
/// settings: a CONNECT that was judged by the old ones is looked at again when it is applied.
#[must_use]
pub(super) fn judge(turn: &mut Turn<'_>, settings: &Settings) -> Vec<(ConnId, Question)> {
    let mut gone = Vec::new();
    let mut asked = Vec::new();
    for (index, slot) in turn.outlet.slots.iter().enumerate() {
        let Some(login) = &slot.login else { continue };
        // Slots are u32 by their type.
        let conn = ConnId { slot: index as u32, serial: slot.serial };
        match settings.standing(login) {
            Standing::Stays => {}
            Standing::Goes => gone.push(conn),
            Standing::Asked(question) => asked.push((conn, question)),
        }
    }
    for conn in gone {
        revoke(turn, conn, settings);
    }
    let is_orphan = |it: &Absent<'_>| !settings.may_come_back(it.listener, it.username);
    delete_orphans(turn, is_orphan, settings);
    asked
}

/// At the start, before anybody connects: ends the sessions of users that were taken out of the
/// password file in the meantime.
pub(super) fn judge_restored(turn: &mut Turn<'_>, settings: &Settings) {
    delete_orphans(turn, |it| settings.is_deleted(it.listener, it.username), settings);
}

/// Ends the sessions of absent clients that would not be let in any more: nothing waits for them,
/// and their wills do not wait.
fn delete_orphans(
    turn: &mut Turn<'_>,
    is_orphan: impl Fn(&Absent<'_>) -> bool,
    settings: &Settings,
) {
    let orphans = turn.broker.absent().filter(is_orphan);
    let orphans: Vec<Arc<str>> = orphans.map(|it| Arc::clone(it.client_id)).collect();
    for client_id in orphans {
        let with_will = settings.will_on_revoke;
        turn.handle(Input::Delete { client_id: &client_id, with_will });
    }
}

fn revoke(turn: &mut Turn<'_>, conn: ConnId, settings: &Settings) {
    let with_will = settings.will_on_revoke;
    turn.handle(Input::Revoke { conn, reason: ReasonCode::NotAuthorized, with_will });
}

/// Judges whoever takes longer: those that came by TLS, and those whose password has to be checked
/// again, one after the other while everything goes on. Answers when that is over.
pub(super) async fn judge_all(
    local: Rc<Local>,
    asked: Vec<(ConnId, Question)>,
    done: SyncSender<()>,
) {
    let told = local.shared.gates.iter().map(|gate| {
        let (done, is_done) = oneshot::channel();
        gate.send(Command::JudgeSecured { done });
        is_done
    });
    let told: Vec<_> = told.collect();
    let mut all = pin!(async {
        check_all(Rc::clone(&local), asked).await;
        for is_done in told {
            // A thread that ends does not answer.
            let _ = is_done.await;
        }
    });
    let is_over = timeout(JUDGING_MAX, all.as_mut()).await.is_ok();
    // Whoever asked may have stopped waiting.
    let _ = done.send(());
    if !is_over {
        all.await;
    }
}

async fn check_all(local: Rc<Local>, asked: Vec<(ConnId, Question)>) {
    for (conn, question) in asked {
        let keep_secs = local.settings().password_cache_secs;
        let verifier = &local.shared.verifier;
        let known = verifier.recall(&question, keep_secs);
        let right = match known {
            Some(hash) => Some(hash),
            None => match verifier.ask(Origin::Local, question, 0, keep_secs).await {
                Ok(right) => right,
                // The broker ends.
                Err(_) => return,
            },
        };
        let settings = local.settings();
        local.turn(|turn| match right {
            Some(hash) => {
                if let Some(login) = turn.outlet.login(conn) {
                    login.set_hash(hash);
                }
            }
            None => revoke(turn, conn, &settings),
        });
    }
}
