//! Judges again who may stay when the settings have changed.

use std::rc::Rc;

use tokio::task::spawn_local;

use crate::broker::event::{ConnId, Input};
use crate::protocol::ReasonCode;
use crate::server::core::Turn;
use crate::server::login::Standing;
use crate::server::settings::Settings;
use crate::server::verify::{Origin, Question};
use crate::server::worker::Local;

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
    asked
}

fn revoke(turn: &mut Turn<'_>, conn: ConnId, settings: &Settings) {
    let with_will = settings.will_on_revoke;
    turn.handle(Input::Revoke { conn, reason: ReasonCode::NotAuthorized, with_will });
}

/// Checks passwords again, one after the other, while everything goes on.
pub(super) fn check_again(local: &Rc<Local>, asked: Vec<(ConnId, Question)>) {
    if !asked.is_empty() {
        spawn_local(check_all(Rc::clone(local), asked));
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
                    login.hash = Some(hash);
                }
            }
            None => revoke(turn, conn, &settings),
        });
    }
}
