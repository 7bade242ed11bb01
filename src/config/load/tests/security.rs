//! Security options: of the whole broker, or of listeners.

use super::*;

fn shown(config: &Config) -> Vec<String> {
    let policies = &config.policy.listeners;
    let line = |(listener, policy): (&Listener, &crate::broker::policy::ListenerPolicy)| {
        let file = listener.password_file.as_ref().and_then(|file| file.path.as_ref());
        format!(
            "{} {} {} {} {}",
            listener.port,
            if listener.allow_anonymous { "anonymous" } else { "known" },
            file.map_or("-".to_owned(), |path| path.display().to_string()),
            if policy.allow_empty_client_id { "empty" } else { "named" },
            policy.assigned_id_prefix,
        )
    };
    config.listeners.iter().zip(policies).map(line).collect()
}

const OPTIONS: &str = "\
allow_anonymous true
password_file /etc/p
allow_zero_length_clientid false
auto_id_prefix x-
";

#[test]
fn they_hold_for_all_listeners() {
    let config = from_file(&format!("listener 1\n{OPTIONS}listener 2\n")).unwrap();
    let expected = ["1 anonymous /etc/p named x-", "2 anonymous /etc/p named x-"];
    assert_eq!(shown(&config), expected);
}

#[test]
fn they_belong_to_their_listener_where_that_is_asked_for() {
    let text = format!(
        "per_listener_settings true\nlistener 1\n{OPTIONS}listener 2\nlistener 3\n\
         password_file /etc/q\nper_listener_settings false\nauto_id_prefix y-\n"
    );
    let config = from_file(&text).unwrap();
    assert_eq!(
        shown(&config),
        ["1 anonymous /etc/p named x-", "2 known - empty auto-", "3 known /etc/q empty y-"]
    );
}

#[test]
fn a_listener_may_say_otherwise_about_anonymity() {
    let text = "allow_anonymous true\nlistener 1\nlistener_allow_anonymous false\nlistener 2\n";
    let config = from_file(text).unwrap();
    assert_eq!(shown(&config), ["1 known - empty auto-", "2 anonymous - empty auto-"]);
}

#[test]
fn per_listener_settings_comes_first() {
    for line in OPTIONS.lines() {
        let error = from_file(&format!("{line}\nper_listener_settings true\n")).unwrap_err();
        assert_eq!(
            error,
            "Error: per_listener_settings must be set before any other security settings.\n\
             Error found at broker.conf:2."
        );
        let name = line.split(' ').next().unwrap();
        let error = from_file(&format!("per_listener_settings true\n{line}\n")).unwrap_err();
        assert_eq!(
            error,
            format!(
                "Error: The '{name}' option requires a listener to be defined first.\n\
                 Error found at broker.conf:2."
            )
        );
    }
    assert!(from_file("allow_anonymous true\nper_listener_settings false\n").is_ok());
}

#[test]
fn texts_that_may_be_given_once_are_counted_for_each_listener() {
    let head = "per_listener_settings true\nlistener 1\nauto_id_prefix a\n";
    assert!(from_file(&format!("{head}listener 2\nauto_id_prefix b\n")).is_ok());
    let error = from_file(&format!("{head}auto_id_prefix b\n")).unwrap_err();
    assert!(error.starts_with("Error: Duplicate 'auto_id_prefix' value"), "{error}");
}

#[test]
fn set_reaches_every_listener() {
    let sets = ["per_listener_settings=true", "password_file=/etc/p", "allow_anonymous=false"];
    assert_eq!(shown(&from_sets(&sets).unwrap()), ["1883 known /etc/p empty auto-"]);
}
