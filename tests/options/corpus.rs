//! Configurations as they are found in the field: each loads, and says exactly the warnings that
//! `corpus/warnings.txt` has for it. `UPDATE=1` writes that file.

use std::fs;
use std::path::Path;

use super::lab::Folder;
use crate::support::{lastwill, program};

/// The files, all of them.
const FILES: &[&str] = &[
    "bridge_cloud.conf",
    "bridge_hub.conf",
    "byte_order_mark.conf",
    "debian.conf",
    "docker.conf",
    "embedded.conf",
    "home_automation.conf",
    "long.conf",
    "mosquitto_side.conf",
    "old_1_6.conf",
    "openwrt.conf",
    "per_listener.conf",
    "remarks.conf",
    "tls_password_acl.conf",
    "websockets_proxy.conf",
    "windows.conf",
    "without_effect.conf",
];

/// Where they say that their files are.
const PLACE: &str = "/etc/mosquitto";

fn corpus() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/options/corpus"))
}

/// A folder with the files that configurations name.
fn surroundings() -> Folder {
    let folder = Folder::with("");
    let path = |name: &str| folder.dir.path().join(name);
    let hash = "$7$101$c2FsdHNhbHRzYWx0$\
                ufPd6iVkMJpB0FnJCZ3zsBCp3+4gDPMk9iQfyXRYJHdBYNdzIxVEzrEBUvQe3FR0bbfFVNHKFtjzMyWDSyG1Sw==";
    fs::write(path("passwd"), format!("house:{hash}\n")).unwrap();
    fs::write(path("acl"), "user house\ntopic #\n").unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path("passwd"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(path("acl"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(path("conf.d")).unwrap();
    fs::write(path("conf.d/local.conf"), "listener 1884\nlistener_allow_anonymous true\n").unwrap();
    fs::write(path("conf.d/README"), "not read\n").unwrap();
    folder
}

/// What `--test-config` says to a file of the corpus.
fn said(name: &str) -> String {
    let folder = surroundings();
    let place = folder.dir.path().to_str().unwrap();
    // Not as text: line ends and what stands before them are what some files are about.
    let text = String::from_utf8(fs::read(corpus().join(name)).unwrap()).unwrap();
    folder.write(text.replace(PLACE, place));
    let ended = folder.run(&["--test-config"]);
    assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
    assert!(ended.stdout.is_empty(), "{name}: {ended:?}");
    let explained = program::run(&lastwill(), &["config", "explain", folder.path()]);
    assert_eq!(explained.code, Some(0), "{name}: {explained:?}");
    ended.stderr.join("\n").replace(place, PLACE)
}

#[test]
fn configurations_of_the_field_load_and_say_what_is_questionable() {
    let all: String = FILES.iter().map(|name| format!("== {name}\n{}\n", said(name))).collect();
    let golden = corpus().join("warnings.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&golden, &all).unwrap();
    }
    let expected = fs::read_to_string(golden).unwrap();
    for (ours, theirs) in all.split("== ").zip(expected.split("== ")) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(all, expected);
}

#[test]
fn no_file_of_the_corpus_is_forgotten() {
    let entries = fs::read_dir(corpus()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".conf")).collect();
    names.sort();
    assert_eq!(names, FILES);
}

#[test]
fn the_odd_ones_are_as_odd_as_they_should_be() {
    let bytes = |name: &str| fs::read(corpus().join(name)).unwrap();
    assert!(bytes("byte_order_mark.conf").starts_with(b"\xef\xbb\xbflistener"));
    let windows = bytes("windows.conf");
    let count = |part: &[u8]| windows.windows(part.len()).filter(|it| *it == part).count();
    assert_eq!(count(b"\n"), count(b"\r\n"));
    assert!(count(b"\t\r\n") >= 2 && count(b" \r\n") >= 2);
    assert!(bytes("long.conf").split(|byte| *byte == b'\n').any(|line| line.len() > 4000));
}
