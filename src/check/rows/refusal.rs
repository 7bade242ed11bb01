//! How a CONNECT is refused.

use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::{Got, Probe};
use crate::check::wire::Connect;
use crate::protocol::ReasonCode;

/// What version 3 does where version 5 refuses with a reason code.
#[derive(Clone, Copy)]
pub enum Version3 {
    /// Closes without CONNACK: the packet is malformed.
    Closes,
    /// May answer with a return code as well.
    MayAnswer,
}

/// Every CONNECT is refused, and leaves no will. Another code than one of `codes` is a choice.
pub async fn refused(
    lab: Lab,
    cases: Vec<(&str, Connect)>,
    codes: &[u8],
    v3: Version3,
) -> Step<Found> {
    let mut watcher = lab.subscriber("s", &lab.topic("#"), 2).await?;
    let mut found = Vec::new();
    for (name, connect) in cases {
        let (probe, got) = lab.try_connect(&connect).await?;
        let result = judge_refusal(&lab, probe, got, codes, v3).await;
        found.push((name.to_owned(), result));
    }
    if let Err(published) = lab.expect_quiet(&mut watcher).await {
        found.push(("the will of a refused CONNECT".to_owned(), published));
    }
    Ok(Found::all(found, "refused, no will"))
}

async fn judge_refusal(lab: &Lab, mut probe: Probe, got: Got, codes: &[u8], v3: Version3) -> Found {
    let reason = match got {
        Got::End => return Found::pass("closed without CONNACK"),
        Got::ConnAck(welcome) if welcome.reason != ReasonCode::Success => welcome.reason as u8,
        // Some answer with DISCONNECT, which a client must not get before CONNACK.
        other => return Found::differs(format!("CONNECT was answered by {}", other.describe())),
    };
    let (_, end) = probe.last_words(lab.soon()).await;
    if matches!(end, Got::Nothing) {
        return Found::differs(format!(
            "refused with 0x{reason:02X}, but the connection stays open"
        ));
    }
    match (lab.is_v5(), v3) {
        (false, Version3::Closes) => {
            Found::differs("answered with a CONNACK, where 3.1.1 closes without one [MQTT-3.1.4-1]")
        }
        (false, Version3::MayAnswer) => Found::pass("refused"),
        (true, _) if codes.contains(&reason) => Found::pass("refused"),
        (true, _) => Found::choice(format!("refused with 0x{reason:02X} instead of {codes:02X?}")),
    }
}
