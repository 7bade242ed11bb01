//! Wrong uses of each option, made from the table: the process says so, ends with 3, and nothing has
//! been started.

use lastwill::config::options::{self, Kind, OptionRow};

use super::lab::Folder;

/// Runs the broker with this file; what it says when it ends with exit code 3.
fn refusal(text: &str) -> String {
    let folder = Folder::with(text);
    let ended = folder.run(&[]);
    assert_eq!(ended.code, Some(3), "{text}: {ended:?}");
    assert!(ended.stdout.is_empty(), "{text}: {ended:?}");
    ended.stderr.join("\n").replace(folder.path(), "FILE")
}

/// The rows that take something in particular.
fn strict() -> impl Iterator<Item = &'static OptionRow> {
    options::all().filter(|row| row.kind() != Kind::Anything)
}

#[test]
fn an_option_without_value_is_told_and_nothing_starts() {
    for row in strict() {
        let name = row.name;
        let expected = format!("Empty '{name}' value in configuration.\nError found at FILE:3.");
        let expected = match row.kind() {
            Kind::Listener => expected.replace("'listener'", "'listener port'"),
            _ => expected,
        };
        // A block of each kind is open, so that only the value is missing.
        let said = refusal(&format!("listener 1883\n# nothing\n{name}\n"));
        assert!(said.contains(&expected) || said.contains("requires a"), "{name}: {said}");
    }
}

#[test]
fn a_wrong_type_is_told_and_nothing_starts() {
    for row in strict() {
        let name = row.name;
        let message = match row.kind() {
            Kind::Bool => format!("Invalid '{name}' value (maybe). Expected true or false."),
            Kind::Int(..) => format!("'{name}' value not a number."),
            Kind::Listener => "'listener port' value not a number.".to_owned(),
            Kind::Word | Kind::Text | Kind::Folder | Kind::Anything => continue,
        };
        let said = refusal(&format!("listener 1883\n{name} maybe\n"));
        let expected = format!("Error: {message}\nError found at FILE:2.");
        assert!(said.contains(&expected) || said.contains("requires a"), "{name}: {said}");
    }
}
