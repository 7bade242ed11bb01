//! The broker under the name `mosquitto`: mosquitto's options and no others, its messages, its exit
//! codes. What is right goes on as words of `lastwill broker`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::errors::Answer;
use crate::cli::exit::Exit;
use crate::config::{PORTS_MAX, Problem};

/// What `-h` prints, and every unknown option.
const USAGE: &str = "\
mosquitto version 2.1.2

Usage: mosquitto [-c config_file] [-d] [-h] [-p port] [-v]
                 [-q] [--tls-keylog file] [--test-config] [--version]

 -c : read this configuration file.
 -d : run in the background.
 -h : print this text.
 -p : listen on this port, of this machine only. May be given ten times, and is
      not used where the configuration has a listener.
 -q : log nothing, whatever the configuration says.
 -v : log everything, whatever the configuration says.
 --tls-keylog  : append the keys of connections with TLS to this file.
 --test-config : read the configuration file, say what is wrong with it, and end.
 --version     : print the version.

This is lastwill under another name; 'lastwill broker --help' has more.
";

const VERSION: &str = concat!(
    "mosquitto 2.1.2\n\n",
    "This is lastwill ",
    env!("CARGO_PKG_VERSION"),
    " under another name. License MIT.\n",
);

/// Reads what stands behind `mosquitto`: the words of `lastwill broker` that mean the same.
///
/// # Errors
/// There is nothing to run: help and version, or a mistake in mosquitto's words.
pub fn read(words: &[OsString]) -> Result<Vec<OsString>, Answer> {
    let mut ours = Vec::new();
    let mut ports = 0;
    let (mut has_file, mut is_test) = (false, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = |why: &str| words.next().ok_or_else(|| wrong(why));
        match word.to_str().unwrap_or_default() {
            "-c" | "--config-file" => {
                let file = value("Error: -c argument given, but no config file specified.")?;
                has_file = true;
                ours.push(long("--config-file", file));
            }
            "-p" | "--port" => {
                let port = value("Error: -p argument given, but no port specified.")?;
                ports += 1;
                ours.push(long("--port", &port_of(port, ports)?));
            }
            "--tls-keylog" => {
                let file = value("Error: --tls-keylog argument given, but no file specified.")?;
                ours.push(long("--tls-keylog", file));
            }
            "-d" | "--daemon" => ours.push("--daemon".into()),
            "-v" | "--verbose" => ours.push("--verbose".into()),
            "-q" | "--quiet" => ours.push("--quiet".into()),
            "--test-config" => {
                is_test = true;
                ours.push("--test-config".into());
            }
            "-h" | "--help" => return Err(asked(USAGE)),
            "--version" => return Err(asked(VERSION)),
            _ => return Err(unknown(word)),
        }
    }
    match is_test && !has_file {
        true => Err(wrong("Please provide a configuration file to test.")),
        false => Ok(ours),
    }
}

/// An option and its value as one word, so that no value is taken for an option.
fn long(option: &str, value: &OsStr) -> OsString {
    let mut word = OsString::from(option);
    word.push("=");
    word.push(value);
    word
}

fn port_of(text: &OsStr, count: usize) -> Result<OsString, Answer> {
    let number = leading_number(text.as_bytes());
    if u16::try_from(number).is_ok_and(|port| port > 0) {
        return match count {
            0..=PORTS_MAX => Ok(number.to_string().into()),
            _ => Err(wrong(&Problem::TooManyPorts.to_string())),
        };
    }
    Err(wrong(&format!("Error: Invalid port specified ({number}).")))
}

/// A number as C's `atoi` reads it: what stands behind it does not count, and 0 is no number.
fn leading_number(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_i64, |number, digit| {
        number.saturating_mul(10).saturating_add(sign * i64::from(digit - b'0'))
    })
}

fn asked(text: &str) -> Answer {
    Answer { stdout: text.into(), stderr: Vec::new(), exit: Exit::Success }
}

fn wrong(line: &str) -> Answer {
    let stderr = format!("{line}\n").into_bytes();
    Answer { stdout: Vec::new(), stderr, exit: Exit::Configuration }
}

/// The usage follows on stdout, as from mosquitto.
fn unknown(word: &OsStr) -> Answer {
    let stderr = [b"Error: Unknown option '", word.as_bytes(), b"'.\n"].concat();
    Answer { stdout: USAGE.into(), stderr, exit: Exit::Configuration }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Result<Vec<OsString>, Answer> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        read(&words)
    }

    #[test]
    fn every_option_has_its_word_of_ours() {
        for (line, ours) in [
            ("", ""),
            ("-c f -v", "--config-file=f --verbose"),
            ("--config-file -v --test-config", "--config-file=-v --test-config"),
            ("-p 1883 --port 65535", "--port=1883 --port=65535"),
            ("-p 12ab", "--port=12"),
            ("-d -q --daemon --quiet --verbose", "--daemon --quiet --daemon --quiet --verbose"),
            ("--tls-keylog -x", "--tls-keylog=-x"),
        ] {
            assert_eq!(read_line(line).unwrap().join(OsStr::new(" ")), ours, "{line}");
        }
        let eleven = "-p 1 ".repeat(11);
        assert!(read_line(&eleven[5..]).is_ok());
        assert!(read_line(&eleven).unwrap_err().stderr.starts_with(b"Error: Only 10 ports"));
    }

    #[test]
    fn numbers_are_those_of_atoi() {
        for (text, number) in
            [("7x", 7), (" +08", 8), ("-3", -3), ("x", 0), ("", 0), ("99999999999", 99_999_999_999)]
        {
            assert_eq!(leading_number(text.as_bytes()), number, "{text}");
        }
    }
}
