//! Options that keep secrets off the command line. They are our own.

use std::path::PathBuf;

use super::{Group, Row, Typed, names};
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::cli::secret::Password;

/// Other ways to give a password.
pub const ROWS: &[Row] = &[
    own("password-prompt")
        .within(Group::Connection, "Ask for the password on the terminal, as -P without a value")
        .does(|draft, _| {
            draft.connection.password = Some(Password::Prompt);
            Ok(())
        }),
    own("password-file")
        .takes("FILE", "file")
        .within(Group::Connection, "The password is the first line of this file")
        .does(|draft, typed| {
            draft.connection.password = Some(Password::File(PathBuf::from(typed.value()?)));
            Ok(())
        }),
    own("password-env")
        .takes("NAME", "name")
        .within(Group::Connection, "The password is the value of this environment variable")
        .does(|draft, typed| {
            draft.connection.password = Some(Password::Variable(typed.value()?.to_owned()));
            Ok(())
        }),
    own("password-fd")
        .takes("NUMBER", "number")
        .within(Group::Connection, "The password is the first line of this open file descriptor")
        .does(descriptor),
];

/// The profile.
pub const GENERAL: &[Row] = &[own("profile")
    .takes("NAME", "name")
    .within(Group::General, "Options of this profile first; see lastwill profile --help")
    .does(|_, typed| {
        typed.value()?;
        Ok(())
    })];

const fn own(long: &'static str) -> Row {
    names(None, Some(long)).own()
}

fn descriptor(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let word = typed.text()?;
    let number = word.parse().map_err(|_| {
        Problem::option(format!(
            "Error: Invalid value '{word}' for --password-fd, it must be the number of an open \
             file descriptor."
        ))
    })?;
    draft.connection.password = Some(Password::Descriptor(number));
    Ok(())
}
