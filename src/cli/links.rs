//! `lastwill link`: links to this program under mosquitto's names.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command, ValueHint};

use crate::cli::errors::{Answer, system_text};
use crate::cli::exit::Exit;

/// The tools that mosquitto has, too.
const NAMES: [&str; 5] =
    ["mosquitto_sub", "mosquitto_pub", "mosquitto_rr", "mosquitto_passwd", "mosquitto"];

/// The options as clap knows them.
pub fn command() -> Command {
    Command::new("link")
        .about(
            "Make links named mosquitto_sub, mosquitto_pub, mosquitto_rr, mosquitto_passwd and \
             mosquitto to this program",
        )
        .arg(
            Arg::new("DIR")
                .help("The folder to make them in, for example one early in PATH")
                .value_hint(ValueHint::DirPath)
                .value_parser(clap::value_parser!(PathBuf))
                .required(true),
        )
        .arg(
            Arg::new("force")
                .long("force")
                .action(ArgAction::SetTrue)
                .help("Replace what is there under these names, but never a folder"),
        )
        .after_help(
            "Examples:\n  Scripts that call mosquitto_pub use lastwill from now on:\n    lastwill \
             link ~/.local/bin\n",
        )
}

/// Makes the links and answers what was done. Nothing is changed unless all of them can be made.
pub fn run(words: &[OsString]) -> Answer {
    let name = OsString::from("lastwill link");
    let command = command().bin_name("lastwill link");
    let matches = match command.try_get_matches_from([&name].into_iter().chain(words)) {
        Ok(matches) => matches,
        Err(error) => return Answer::of_clap(&error),
    };
    let folder = matches.get_one::<PathBuf>("DIR").map_or(Path::new(""), PathBuf::as_path);
    let outcome = std::env::current_exe()
        .map_err(|error| format!("Error: Cannot find this program: {}.", system_text(&error)))
        .and_then(|program| link(folder, &program, matches.get_flag("force")));
    let (lines, exit) = match outcome {
        Ok(lines) => (lines, Exit::Success),
        Err(line) => (vec![line], Exit::Failure),
    };
    let stderr = lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
    Answer { stdout: Vec::new(), stderr, exit }
}

/// What stands under a name before the link is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Free,
    /// A link to this program.
    Ours,
    /// Something that may be replaced, if that was asked for.
    Taken,
}

fn link(folder: &Path, program: &Path, force: bool) -> Result<Vec<String>, String> {
    let failed = |what: &Path, error: &io::Error| {
        format!("Error: Cannot link {}: {}.", what.display(), system_text(error))
    };
    if !fs::metadata(folder).map_err(|error| failed(folder, &error))?.is_dir() {
        return Err(format!("Error: {} is not a folder.", folder.display()));
    }
    let mut places = Vec::new();
    for name in NAMES {
        let path = folder.join(name);
        let place = look(&path, program).map_err(|error| failed(&path, &error))?;
        if place == Place::Taken && !force {
            return Err(format!(
                "Error: {} exists and is no link to this program; --force replaces it.",
                path.display()
            ));
        }
        places.push((path, place));
    }
    let mut lines = Vec::new();
    for (path, place) in places {
        let shown = path.display();
        if place == Place::Ours {
            lines.push(format!("{shown} is there already"));
            continue;
        }
        if place == Place::Taken {
            fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
        }
        symlink(program, &path).map_err(|error| failed(&path, &error))?;
        lines.push(format!("{shown} -> {}", program.display()));
    }
    Ok(lines)
}

fn look(path: &Path, program: &Path) -> io::Result<Place> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Place::Free),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => Err(io::Error::other("a folder has this name")),
        // A link that leads to nothing may be replaced like any other.
        Ok(_) => match fs::read_link(path).is_ok_and(|target| target == program) {
            true => Ok(Place::Ours),
            false => Ok(Place::Taken),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_once_and_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let program = Path::new("/opt/lastwill");
        let path = |name: &str| folder.path().join(name);
        let lines = link(folder.path(), program, false).unwrap();
        assert!(lines[2].ends_with("mosquitto_rr -> /opt/lastwill"), "{lines:?}");
        for name in NAMES {
            assert_eq!(fs::read_link(path(name)).unwrap(), program);
        }
        let again = link(folder.path(), program, false).unwrap();
        assert!(again.iter().all(|line| line.ends_with(" is there already")), "{again:?}");

        fs::remove_file(path("mosquitto_sub")).unwrap();
        fs::remove_file(path("mosquitto_pub")).unwrap();
        fs::write(path("mosquitto_pub"), "theirs").unwrap();
        let problem = link(folder.path(), program, false).unwrap_err();
        assert!(problem.ends_with(
            "mosquitto_pub exists and is no link to this program; --force replaces it."
        ));
        assert!(!path("mosquitto_sub").exists(), "nothing is half done");
        link(folder.path(), program, true).unwrap();
        assert_eq!(fs::read_link(path("mosquitto_pub")).unwrap(), program);
    }

    #[test]
    fn a_folder_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mosquitto_rr")).unwrap();
        let problem = link(folder.path(), Path::new("/opt/lastwill"), true).unwrap_err();
        assert!(problem.ends_with("mosquitto_rr: a folder has this name."), "{problem}");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let problem = link(Path::new("no/such"), Path::new("/opt/lastwill"), false).unwrap_err();
        assert_eq!(problem, "Error: Cannot link no/such: No such file or directory.");
    }
}
