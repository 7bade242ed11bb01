//! Rows about files beside the configuration and what belongs to whom, and tests of what no row shows.

use super::limits::mortal;
use super::{Row, V5, client, default, row, welcome};
use crate::options::lab::{Folder, Running};
use crate::support::free_port;
use crate::support::packet::{Connect, Will};
use crate::support::raw::Raw;

const READ_ONLY: &str = "acl_file @/read-only\n";

/// `@` is a folder with the files that [`write`] makes.
pub const ROWS: &[Row] = &[
    row("include_dir", "@/more", welcome, "13 00 0A"),
    Row { beside: READ_ONLY, ..row("check_will_at_connect", "false", admitted, "a promise") },
    Row { beside: READ_ONLY, ..row("check_retain_source", "false", kept, "found") },
];

/// Makes the files that the rows name.
pub fn write(folder: &Folder) {
    let path = |name: &str| folder.dir.path().join(name);
    std::fs::write(path("read-only"), "topic read #\n").unwrap();
    std::fs::create_dir(path("more")).unwrap();
    std::fs::write(path("more/a.conf"), "max_keepalive 10\n").unwrap();
}

/// Whether a will is accepted.
fn admitted(port: u16) -> String {
    let answer = mortal(port);
    match answer.get(6..11) {
        Some("00 00") => "a promise".to_owned(),
        _ => answer,
    }
}

/// Whether a message that was retained before any reload is delivered.
fn kept(port: u16) -> String {
    let mut reader = client(port, "reader", true, &[]);
    reader.subscribe(V5, "kept", 0);
    reader.send_hex("C0 00");
    if reader.receive()[0] == 0xD0 { "withheld" } else { "found" }.to_owned()
}

/// Of two listeners the second one lets everybody in.
#[test]
fn whose_an_option_is_changes_at_a_reload() {
    let second = free_port();
    let text = |port: u16, is_own: bool| {
        format!(
            "per_listener_settings {is_own}\nlistener {port} 127.0.0.1\n\
             listener {second} 127.0.0.1\nallow_anonymous true\n"
        )
    };
    let broker = Running::start(|port| text(port, false));
    for is_own in [false, true, false] {
        broker.server.reload(&Folder::with(text(broker.port, is_own)).load()).unwrap();
        let said = welcome(broker.port);
        assert_eq!(said.contains("20 03 00 87"), is_own, "{said}");
        assert!(!welcome(second).contains("20 03 00 87"));
    }
}

/// A reload that shuts strangers out says also what becomes of their wills.
#[test]
fn whether_the_wills_of_the_shut_out_are_published_changes_at_a_reload() {
    let broker = Running::with("");
    let reload = |lines: &str| {
        let text = format!("listener {} 127.0.0.1\n{lines}", broker.port);
        broker.server.reload(&Folder::with(text).load()).unwrap();
    };
    for (line, is_published) in
        [("", true), ("will_on_revoke false\n", false), ("will_on_revoke true\n", true), ("", true)]
    {
        let will = Some(Will { retain: true, ..Will::new("kept", "gone") });
        let mut mortal = broker.accepted(&Connect { version: V5, id: "m", will, ..default() });
        reload(&format!("allow_anonymous false\n{line}"));
        mortal.expect_kicked(V5, 0x87);
        reload("allow_anonymous true\n");
        assert_eq!(kept(broker.port) == "found", is_published, "{line:?}");
        let mut cleaner: Raw = client(broker.port, "cleaner", true, &[]);
        cleaner.send(&crate::support::packet::publish(V5, "kept", "", 1, 0));
        cleaner.ping();
    }
}
