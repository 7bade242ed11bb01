//! Options of TLS that do not go together, or have no effect.

use super::*;

fn refused(text: &str) -> String {
    from_file(text).unwrap_err()
}

#[test]
fn what_does_not_go_together_is_told_in_the_words_of_mosquitto() {
    let halves = "Error: Both certfile and keyfile must be provided to enable a TLS listener.\n";
    for option in ["certfile", "keyfile"] {
        let place = "Error found at broker.conf:3.";
        let text = format!("listener 1884\nlistener 8883 localhost\n{option} x\n");
        assert_eq!(refused(&text), format!("{halves}{place}"));
    }
    assert_eq!(refused("certfile x\n"), format!("{halves}Error found at broker.conf:1."));
    let alone = "specified without certfile and keyfile.\nError found at broker.conf:2.";
    for option in ["cafile", "capath"] {
        let text = format!("listener 8883\n{option} x\n");
        assert_eq!(refused(&text), format!("Error: {option} {alone}"));
    }
    assert_eq!(
        refused("cafile x\n"),
        "Error: The 'cafile' option requires a listener to be defined first.\n\
         Error found at broker.conf:1."
    );
    assert_eq!(
        refused("listener 8883\ncertfile a\nkeyfile b\ntls_version sslv3\n"),
        "Error: Invalid 'tls_version' value (sslv3). Expected tlsv1.2 or tlsv1.3.\n\
         Error found at broker.conf:4."
    );
    assert_eq!(
        refused("listener 8883\ncertfile\n"),
        "Error: Empty 'certfile' value in configuration.\nError found at broker.conf:2."
    );
}

#[test]
fn what_has_no_effect_is_told_by_name() {
    let told = |text: &str| {
        let config = from_file(text).unwrap();
        let options = config.notices.iter().filter_map(|event| match event {
            ServerEvent::WithoutEffect { option, .. } => Some(*option),
            _ => None,
        });
        options.collect::<Vec<_>>().join(" ")
    };
    let with = "listener 8883\ncertfile a\nkeyfile b\n";
    let all = "crlfile c\ndisable_client_cert_date_checks true\n";
    assert_eq!(told(with), "");
    assert_eq!(
        told(&format!("{with}cafile a\ncapath b\n{all}")),
        "crlfile disable_client_cert_date_checks"
    );
    assert_eq!(told(&format!("{with}cafile a\nrequire_certificate true\n{all}")), "");
    assert_eq!(told(&format!("{with}require_certificate true\n")), "require_certificate");
    assert_eq!(
        told(&format!(
            "listener 8883\nciphers a\nciphers_tls1.3 b\nrequire_certificate true\n\
             tls_version tlsv1.3\n{all}"
        )),
        "require_certificate crlfile ciphers_tls1.3 disable_client_cert_date_checks tls_version \
         ciphers"
    );
}

#[test]
fn a_listener_knows_where_user_names_come_from() {
    for (text, from) in [
        ("", UsernameFrom::Connect),
        ("use_identity_as_username true\n", UsernameFrom::Identity),
        ("use_subject_as_username true\n", UsernameFrom::Subject),
        ("use_subject_as_username true\nuse_identity_as_username 1\n", UsernameFrom::Identity),
    ] {
        let config = from_file(&format!("listener 8883\ncertfile a\nkeyfile b\n{text}")).unwrap();
        assert_eq!(config.listeners[0].username_from, from, "{text}");
    }
}
