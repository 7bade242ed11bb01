//! Privileges: a broker that root starts becomes somebody else.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use super::is_root;
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::program::{Ended, Program};

fn start(args: &[&str]) -> Program {
    let mut command = Command::new(lastwill());
    Program::start_as_is(command.args(["broker", "-p", "0", "--ready-json"]).args(args))
}

fn run(args: &[&str]) -> Ended {
    let mut command = Command::new(lastwill());
    Program::start_as_is(command.arg("broker").args(args)).end()
}

/// The user ids of a process: real, effective, saved, file system.
fn ids(pid: u32, name: &str) -> Vec<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

fn id_of(user: &str) -> u32 {
    let output = Command::new("id").args(["-u", user]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn root_becomes_the_user_of_the_configuration_for_good() {
    if !is_root() {
        // Whoever is not root stays who they are, whatever is configured.
        let broker = Broker::ready(start(&["--set", "user=nobody"]));
        let own = ids(std::process::id(), "Uid:")[0];
        assert!(ids(broker.program.pid(), "Uid:").iter().all(|id| *id == own));
        return;
    }
    let nobody = id_of("nobody");
    let broker = Broker::ready(start(&["--set", "user=nobody"]));
    assert_eq!(ids(broker.program.pid(), "Uid:"), [nobody; 4]);
    assert!(ids(broker.program.pid(), "Gid:").iter().all(|id| *id != 0));
    assert!(ids(broker.program.pid(), "Groups:").iter().all(|id| *id != 0));
    broker.program.stderr.line_with("Running as user 'nobody'.");
    // Every thread.
    for task in fs::read_dir(format!("/proc/{}/task", broker.program.pid())).unwrap() {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        assert!(status.contains(&format!("Uid:\t{nobody}\t{nobody}\t{nobody}\t{nobody}\n")));
    }
}

#[test]
fn the_default_is_an_ordinary_user_and_root_may_stay() {
    if !is_root() {
        return assert_eq!(Broker::ready(start(&[])).program.stdout.so_far().len(), 1);
    }
    let default = Broker::ready(start(&[]));
    assert!(ids(default.program.pid(), "Uid:").iter().all(|id| *id != 0));
    let stays = Broker::ready(start(&["--set", "user=root"]));
    assert_eq!(ids(stays.program.pid(), "Uid:"), [0; 4]);
}

#[test]
fn a_user_that_does_not_exist_is_named() {
    if !is_root() {
        // Nobody is asked for then.
        return drop(Broker::ready(start(&["--set", "user=no-such-user"])));
    }
    let ended = run(&["-p", "0", "--set", "user=no-such-user"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr[0].contains("'no-such-user' because this user does not exist"));
}

#[test]
fn what_the_broker_writes_is_made_for_its_user() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    open(folder.path());
    let nobody = id_of("nobody");
    let owner = |path: &Path| fs::metadata(path).unwrap().uid();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    fs::create_dir(&data).unwrap();
    let args = [
        "--set".to_owned(),
        "user=nobody".to_owned(),
        "--data".to_owned(),
        data.display().to_string(),
        "--set".to_owned(),
        format!("log_dest=file {}", log.display()),
        "--set".to_owned(),
        format!("pid_file={}", folder.path().join("pid").display()),
    ];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    for _ in 0..2 {
        let broker = Broker::ready(start(&args));
        let port = broker.port_text();
        let sent = crate::support::program::run(
            &lastwill(),
            &["pub", "-p", &port, "-q", "1", "-r", "-t", "kept", "-m", "x"],
        );
        assert_eq!(sent.code, Some(0), "{sent:?}");
        assert_eq!([owner(&data), owner(&log), owner(&folder.path().join("pid"))], [nobody; 3]);
        broker.program.signal("TERM");
        assert_eq!(broker.program.end().code, Some(0));
    }
    assert_eq!(owner(folder.path()), 0, "what was not named stays as it is");
    assert!(fs::read_to_string(&log).unwrap().contains("1 retained"));
}

#[test]
fn root_stays_where_the_usual_user_could_not_write() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("other"), "").unwrap();
    let data = folder.path().display().to_string();
    let broker = Broker::ready(start(&["--data", &data]));
    broker.program.stderr.line_with("Warning: running as root");
    assert_eq!(ids(broker.program.pid(), "Uid:"), [0; 4]);
}

#[test]
fn a_store_in_a_folder_of_roots_is_refused_at_the_start_and_not_later() {
    if !is_root() {
        return;
    }
    // A store of the user's own; but its log would have to be made beside it.
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().display().to_string();
    let broker = Broker::ready(start(&["--set", "user=root", "--data", &data]));
    broker.program.signal("TERM");
    assert_eq!(broker.program.end().code, Some(0));
    std::os::unix::fs::chown(path("lastwill.db"), Some(id_of("nobody")), None).unwrap();
    fs::write(path("other"), "").unwrap();
    let ended = run(&["-p", "0", "--set", "user=nobody", "--data", &data]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let text = ended.stderr.join("\n");
    assert!(text.contains("lastwill.db.log-a: Permission denied"), "{text}");
    assert!(text.contains("runs as user 'nobody'") && text.contains("'user root'"), "{text}");
}

#[test]
fn what_the_user_may_not_do_is_told_with_the_way_out() {
    if !is_root() {
        return;
    }
    // Nobody else may look into it, and it is not empty.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("other"), "").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let data = folder.path().display().to_string();
    let ended = run(&["-p", "0", "--set", "user=nobody", "--data", &data]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let text = ended.stderr.join("\n");
    assert!(text.contains("lastwill.db") && text.contains("Permission denied"), "{text}");
    assert!(!folder.path().join("lastwill.db").exists());
    assert!(text.contains("runs as user 'nobody'") && text.contains("'user root'"), "{text}");
}

/// Files that are only read, by the broker itself or by a bridge.
#[test]
fn a_file_that_the_user_may_not_read_is_told_with_the_way_out() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let file = folder.path().join("secret").display().to_string();
    fs::write(&file, "topic #\n").unwrap();
    let (acl, authority) = (format!("acl_file={file}"), format!("bridge_cafile={file}"));
    let bridge = ["connection=c", "address=127.0.0.1", "topic=# in", &authority];
    for settings in [&[&*acl][..], &bridge] {
        let sets = settings.iter().flat_map(|setting| ["--set", setting]).collect::<Vec<_>>();
        let ended = run(&[&["-p", "0", "--set", "user=nobody"], &sets[..]].concat());
        assert_eq!(ended.code, Some(3), "{ended:?}");
        let text = ended.stderr.join("\n");
        assert!(text.contains(&file) && text.contains("Permission denied"), "{text}");
        assert!(text.contains("runs as user 'nobody'") && text.contains("'user root'"), "{text}");
    }
}
