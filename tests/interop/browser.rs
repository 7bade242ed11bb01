//! MQTT.js in Debian's Chromium: browsers are where WebSocket clients live.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::scripts::peers;
use crate::support::broker::Broker;
use crate::support::packet::{Version, publish};
use crate::support::program::Program;

/// A page with a client that publishes what it receives, and has a will.
const PAGE: &str = r#"<!doctype html><title>peer</title>
<script src="mqtt.js"></script>
<script>
const client = mqtt.connect('ws://127.0.0.1:PORT/mqtt', {
    clientId: 'browser', protocolVersion: VERSION, reconnectPeriod: 0,
    will: { topic: 'browser/will', payload: 'tab closed', qos: 1 },
});
client.on('connect', () => client.subscribe('to/browser', { qos: 1 }, () =>
    client.publish('browser/ready', navigator.userAgent.includes('Chrome') ? 'yes' : 'no')));
client.on('message', (topic, payload) => client.publish('browser/echo', payload, { qos: 1 }));
client.on('error', error => { document.title = String(error); });
</script>"#;

/// A browser that shows a page, with a profile of its own.
fn chromium(folder: &TempDir, page: &str) -> Program {
    let profile = folder.path().join("profile");
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]);
    command.args(["--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--remote-debugging-port=0"]);
    command.arg(format!("--user-data-dir={}", profile.display()));
    Program::start_command(command.arg(format!("file://{page}")))
}

/// A page from a file has the origin `null`.
fn a_browser_comes_and_goes(version: &str, ends: impl FnOnce(Program)) {
    let (broker, port, folder) = Broker::with_websocket("websockets_origin null\n");
    let script = peers().join("node_modules/mqtt/dist/mqtt.min.js");
    fs::copy(script, folder.path().join("mqtt.js")).unwrap();
    let path = folder.path().join("page.html");
    let page = PAGE.replace("PORT", &port.to_string()).replace("VERSION", version);
    fs::write(&path, page).unwrap();
    let mut watcher = broker.client(Version::V4, "watcher");
    watcher.subscribe(Version::V4, "browser/#", 0);
    let browser = chromium(&folder, path.to_str().unwrap());
    watcher.expect_message(Version::V4, "browser/ready", "yes");
    let hello = publish(Version::V4, "to/browser", "hello", 0, 0);
    watcher.send(&hello);
    watcher.expect_message(Version::V4, "browser/echo", "hello");
    ends(browser);
    watcher.expect_message(Version::V4, "browser/will", "tab closed");
    watcher.ping();
}

#[test]
fn w207_a_browser_that_is_killed_leaves_its_will() {
    a_browser_comes_and_goes("5", |browser| browser.signal("KILL"));
}

#[test]
fn w208_a_browser_that_is_closed_leaves_its_will() {
    a_browser_comes_and_goes("4", |browser| browser.signal("TERM"));
}
