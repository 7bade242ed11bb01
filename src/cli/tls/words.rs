//! What went wrong with TLS, in words.

use crate::transport::tls::Failure;

/// Why, and what would be right: no sentence, so without a full stop.
pub fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Expired(at) => format!("the server's certificate expired at {}", moment(*at)),
        Failure::NotYetValid(at) => format!(
            "the server's certificate is not valid before {}; is this computer's clock right?",
            moment(*at)
        ),
        Failure::UnknownIssuer(Some(issuer)) => format!(
            "the server's certificate was issued by '{issuer}', which is not trusted; give the \
             certificate of that authority with --cafile"
        ),
        Failure::UnknownIssuer(None) => "nobody who is trusted has issued the server's \
            certificate; give the certificate of its authority with --cafile"
            .to_owned(),
        Failure::WrongName { wanted, presented } if presented.is_empty() => {
            format!("the server's certificate names no host; wanted was '{wanted}'")
        }
        Failure::WrongName { wanted, presented } => format!(
            "the server's certificate is for '{}', not for '{wanted}'; connect to a name that it \
             is for with -h or -L",
            presented.join("', '")
        ),
        Failure::Certificate(why) => format!("the server's certificate cannot be accepted: {why}"),
        Failure::Alert(number, name) => {
            format!("the server has refused us with '{name}'{}", advice(*number))
        }
        Failure::NotTls => "the answer is not TLS; does the server speak TLS on this port?".into(),
        Failure::Closed => "the server has closed the connection during the handshake; does it \
            speak TLS on this port?"
            .to_owned(),
        Failure::Other(why) => why.clone(),
    }
}

/// What an alert usually means [RFC 8446, 6.2].
fn advice(alert: u8) -> &'static str {
    match alert {
        40 => "; it may want a client certificate (--cert, --key), or other ciphers (--ciphers)",
        42..=46 | 48 => "; it does not accept our certificate (--cert)",
        70 => "; it wants another version of TLS (--tls-version)",
        112 => "; it does not know this host name",
        116 => "; it wants a client certificate (--cert, --key)",
        120 => "; it does not know our protocol (--tls-alpn)",
        _ => "",
    }
}

fn moment(seconds: u64) -> String {
    let second = i64::try_from(seconds).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_second(second) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{seconds} s after 1970"),
    }
}

/// The line of the protocol trace, in OpenSSL's words where it has some.
pub fn trace(failure: &Failure) -> String {
    let (number, why) = match failure {
        Failure::Expired(_)
        | Failure::NotYetValid(_)
        | Failure::UnknownIssuer(_)
        | Failure::WrongName { .. }
        | Failure::Certificate(_) => (0x86, "certificate verify failed".to_owned()),
        Failure::Alert(alert, name) => {
            let family = match alert {
                109 | 116 => "tlsv13",
                0..=20 | 30 | 40..=47 => "sslv3",
                _ => "tlsv1",
            };
            (1000 + u32::from(*alert), format!("{family} alert {name}"))
        }
        Failure::NotTls => (0x10B, "wrong version number".to_owned()),
        Failure::Closed => (0x126, "unexpected eof while reading".to_owned()),
        Failure::Other(why) => (0x44, why.clone()),
    };
    format!("OpenSSL Error[0]: error:0A{number:06X}:SSL routines::{why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_has_the_numbers_of_openssl() {
        for (failure, line) in [
            (Failure::Expired(0), "0A000086:SSL routines::certificate verify failed"),
            (
                Failure::Alert(116, "certificate required".into()),
                "0A00045C:SSL routines::tlsv13 alert certificate required",
            ),
            (
                Failure::Alert(40, "handshake failure".into()),
                "0A000410:SSL routines::sslv3 alert handshake failure",
            ),
            (
                Failure::Alert(70, "protocol version".into()),
                "0A00042E:SSL routines::tlsv1 alert protocol version",
            ),
            (Failure::NotTls, "0A00010B:SSL routines::wrong version number"),
        ] {
            assert_eq!(trace(&failure), format!("OpenSSL Error[0]: error:{line}"));
        }
    }

    #[test]
    fn times_are_utc() {
        let expired = reason(&Failure::Expired(1_709_210_096));
        assert_eq!(expired, "the server's certificate expired at 2024-02-29T12:34:56Z");
    }
}
