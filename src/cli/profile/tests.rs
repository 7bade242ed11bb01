//! Profiles: the file, and the subcommand.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::command::run;
use super::*;
use crate::cli::args::sub;
use crate::cli::exit::Exit;
use crate::cli::options::{Called, Connection};

struct Home(TempDir, Places);

impl Home {
    fn new() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { config_home: Some(folder.path().into()), ..Places::default() };
        Home(folder, places)
    }

    /// With this file.
    fn with(text: &str) -> Home {
        let home = Home::new();
        fs::create_dir(home.0.path().join("lastwill")).unwrap();
        fs::write(home.file(), text).unwrap();
        fs::set_permissions(home.file(), fs::Permissions::from_mode(0o600)).unwrap();
        home
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("lastwill/profiles.toml")
    }

    /// The exit code, stdout and stderr of `lastwill profile …`.
    fn profile(&self, line: &str) -> (u8, String, String) {
        let answer = run(&words(line), &self.1);
        let stdout = String::from_utf8(answer.stdout).unwrap();
        (answer.exit.code(), stdout, String::from_utf8(answer.stderr).unwrap())
    }

    fn sub(&self, line: &str) -> Result<Connection, String> {
        let outcome = sub(Called::Lastwill, &words(line), &self.1);
        outcome.map(|options| options.connection).map_err(|answer| {
            assert_eq!(answer.exit, Exit::Failure);
            String::from_utf8(answer.stderr).unwrap()
        })
    }
}

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

#[test]
fn a_profile_stands_between_the_environment_and_the_command_line() {
    let mut home = Home::with(
        "[home]\nhost = 'b.example' # a comment\nport = 99\nnodelay = true\nid = 'home'\n",
    );
    home.1.variables = vec![("LASTWILL_HOST".to_owned(), "other".into())];
    let connection = home.sub("-t a --profile home -p 7").unwrap();
    assert_eq!((connection.host.as_str(), connection.port), ("b.example", 7));
    assert!(connection.nodelay);
    assert_eq!(home.sub("-t a --profile home -I x").unwrap().client_id.get(..1), Some("x"));
    assert_eq!(home.sub("-t a").unwrap().host, "other");
    home.1.variables.push(("LASTWILL_PROFILE".to_owned(), "home".into()));
    assert_eq!(home.sub("-t a").unwrap().host, "b.example");
}

#[test]
fn what_is_wrong_with_a_profile_is_named() {
    let home =
        Home::with("[a]\nhosst = 'x'\n[b]\nport = 70000\n[c]\nhost = [1]\n[d]\nport = 'x'\n");
    let path = home.file().display().to_string();
    let unknown = home.sub("-t a --profile a").unwrap_err();
    let start =
        format!("Error: Unknown option 'hosst' in profile 'a' of {path}. A profile knows: ");
    assert!(unknown.starts_with(&start), "{unknown}");
    for (name, wanted) in [
        ("b", "'port' of profile 'b': Invalid port given: 70000\n".to_owned()),
        (
            "c",
            format!(
                "Invalid value for 'host' of profile 'c' in {path}, it must be a string, a number, \
                 true or false.\n"
            ),
        ),
        (
            "d",
            "Invalid value 'x' for 'port' of profile 'd', it must be a whole number.\n".to_owned(),
        ),
        ("e", format!("No profile 'e' in {path}, there are: a, b, c, d.\n")),
    ] {
        let found = home.sub(&format!("-t a --profile {name}")).unwrap_err();
        assert_eq!(found, format!("Error: {wanted}"));
    }
    let empty = Home::new();
    let path = empty.file().display().to_string();
    let wanted = format!("Error: No profile 'x' in {path}, there is none at all.\n");
    assert_eq!(empty.sub("-t a --profile x").unwrap_err(), wanted);
}

#[test]
fn bad_toml_names_file_and_line() {
    let home = Home::with("[a]\nhost = 'x'\nport = \n");
    let start = format!("Error: {}:3: ", home.file().display());
    let found = home.sub("-t a --profile a").unwrap_err();
    assert!(found.starts_with(&start), "{found}");
    let (code, _, stderr) = home.profile("list");
    assert_eq!((code, stderr), (1, found));
}

#[test]
fn what_is_saved_is_shown_and_used() {
    let home = Home::new();
    let (code, stdout, stderr) =
        home.profile("save work -hb.example --port=7 --nodelay -V 5 -i me");
    let told = format!("Saved profile 'work' in {}.\n", home.file().display());
    assert_eq!((code, stdout.as_str(), stderr), (0, "", told));
    let (_, shown, _) = home.profile("show work");
    let wanted =
        "host = \"b.example\"\nport = 7\nnodelay = true\nprotocol-version = \"5\"\nid = \"me\"\n";
    assert_eq!(shown, wanted);
    let connection = home.sub("-t a --profile work").unwrap();
    assert_eq!((connection.host.as_str(), connection.port), ("b.example", 7));
    assert_eq!(connection.client_id, "me");
    home.profile("save other -h c");
    assert_eq!(home.profile("list").1, "work\nother\n");
    assert_eq!(home.profile("remove work").0, 0);
    assert_eq!(home.profile("list").1, "other\n");
    let (code, _, stderr) = home.profile("remove work");
    assert_eq!(code, 1);
    assert!(stderr.ends_with("there are: other.\n"), "{stderr}");
}

#[test]
fn no_secret_is_saved_unasked() {
    let home = Home::new();
    let (code, _, told) = home.profile("save a -u me -P secret -L mqtt://me:secret@b/");
    assert_eq!(code, 0);
    assert!(told.contains("Warning: The password was not saved; --with-secrets saves it.\n"));
    let text = fs::read_to_string(home.file()).unwrap();
    assert_eq!(text, "[a]\nusername = \"me\"\nurl = \"mqtt://me@b/\"\n");
    let (_, _, told) = home.profile("save a -u me -P secret -L mqtt://me:secret@b/ --with-secrets");
    assert!(!told.contains("not saved"), "{told}");
    assert_eq!(fs::metadata(home.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.sub("-t a --profile a").unwrap().password, Some(b"secret".to_vec()));
    let (_, shown, _) = home.profile("show a");
    assert_eq!(shown, "username = \"me\"\npassword = \"***\"\nurl = \"mqtt://me:***@b/\"\n");
}

#[test]
fn only_options_about_the_connection_are_saved() {
    let home = Home::new();
    for (line, wanted) in [
        (
            "save a -t b",
            "Error: -t does not belong in a profile, which holds options about the connection and the session.\n",
        ),
        ("save a -p 70000", "Error: Invalid port given: 70000\n"),
        ("save a -p", "Error: -p argument given but no port specified.\n"),
        ("save a --hots", "Error: Unknown option '--hots'. Did you mean '--host'?\n"),
    ] {
        assert_eq!(home.profile(line), (1, String::new(), wanted.to_owned()), "{line}");
    }
    assert!(!home.file().exists());
}

#[test]
fn comments_and_other_profiles_survive_a_save() {
    let home = Home::with("# mine\n[a]\nhost = 'x' # why\n\n[b]\nhost = 'y'\n");
    home.profile("save b -h z");
    let text = fs::read_to_string(home.file()).unwrap();
    assert!(text.starts_with("# mine\n[a]\nhost = 'x' # why\n"), "{text}");
    assert!(text.ends_with("[b]\nhost = \"z\"\n"), "{text}");
}
