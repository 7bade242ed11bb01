//! Our broker's listeners with TLS: real clients, identities, versions, resumption.

use std::process::{Command, Stdio};

use super::lab::Lab;
use super::raw::Secure;
use crate::interop::scripts::peers;
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, hex};
use crate::support::program::{self, Ended, Program};
use crate::support::{await_that, lastwill};

/// Our broker on a free port, with this certificate and more settings; `@` is the lab's folder.
pub fn ours(lab: &Lab, certificate: &str, more: &[&str]) -> Broker {
    let mut args = Vec::new();
    let own = [format!("certfile=@{certificate}.crt"), format!("keyfile=@{certificate}.key")];
    for setting in
        own.iter().map(String::as_str).chain(["cafile=@ca.crt"]).chain(more.iter().copied())
    {
        args.push("--set".to_owned());
        args.push(setting.replace('@', &lab.path("")));
    }
    Broker::start_with(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Runs a program on the broker, with `-h localhost -p PORT --cafile ca.crt`.
fn run(lab: &Lab, broker: &Broker, program: &[&str], words: &str) -> Ended {
    let words = format!("-h localhost -p {} --cafile @ca.crt {words}", broker.port);
    let words = lab.words(&words);
    let (name, first) = program.split_first().unwrap();
    let words = words.iter().map(String::as_str);
    program::run(name, &first.iter().copied().chain(words).collect::<Vec<_>>())
}

/// What `openssl s_client` prints when it is connected and then ends.
fn s_client(lab: &Lab, broker: &Broker, words: &str) -> String {
    let words = format!("s_client -connect localhost:{} -CAfile @ca.crt {words}", broker.port);
    let mut command = Command::new("openssl");
    let output = command.args(lab.words(&words)).stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn clients_of_all_kinds_talk_to_each_other() {
    let lab = Lab::new();
    let broker = ours(&lab, "server", &[]);
    let ours_is = lastwill();
    let payload: String = (0..700_000u32).map(|number| format!("{:07x}", number * 31)).collect();
    let payload = &payload[..1_900_000];
    std::fs::write(lab.path("payload"), payload).unwrap();
    std::fs::write(lab.path("none.cnf"), "").unwrap();
    let limit = "openssl_conf = main\n[main]\nssl_conf = ssl\n[ssl]\nsystem_default = default\n\
                 [default]\nMaxProtocol = TLSv1.2\n";
    std::fs::write(lab.path("of-1.2.cnf"), limit).unwrap();
    let base = format!("-h localhost -p {} --cafile @ca.crt -q 1 -C 3", broker.port);
    let sub = |program: &str, words: &str| {
        let words = lab.words(&format!("{base} {words}"));
        let first = (program != "mosquitto_sub").then_some("sub");
        let words = first.into_iter().chain(words.iter().map(String::as_str));
        let mut command = Command::new(program);
        // mosquitto's own option sets the lowest version only.
        let is_old = program == "mosquitto_sub" && words.clone().any(|word| word == "theirs");
        let settings = lab.path(if is_old { "of-1.2.cnf" } else { "none.cnf" });
        Program::start_command(command.args(words).env("OPENSSL_CONF", settings))
    };
    let subscribers = [
        sub(&ours_is, "-i ours -t big -V 5"),
        sub("mosquitto_sub", "-i theirs -t big"),
        sub("mosquitto_sub", "-i theirs-5 -t big -V 5 --tls-version tlsv1.3"),
    ];
    for id in ["ours", "theirs", "theirs-5"] {
        broker.await_subscribed(id, "big");
    }
    for program in [&[&ours_is[..], "pub"][..], &["mosquitto_pub"]] {
        let ended = run(&lab, &broker, program, "-t big -q 2 -f @payload");
        assert_eq!((ended.code, ended.stderr), (Some(0), vec![]));
    }
    let ended = run(&lab, &broker, &["mosquitto_pub"], "-t big -m end --tls-version tlsv1.2");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for subscriber in subscribers {
        let ended = subscriber.end();
        assert!(ended.stdout == [payload, payload, "end"], "the payload came as it was sent");
        assert_eq!(ended.code, Some(0));
    }
    let line = broker.program.stderr.line_with("Client theirs-5 negotiated");
    assert!(line.ends_with("Client theirs-5 negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384"));
    let line = broker.program.stderr.line_with("Client theirs negotiated");
    let cipher = "TLSv1.2 cipher ECDHE-ECDSA-AES256-GCM-SHA384";
    assert!(line.ends_with(&format!("Client theirs negotiated {cipher}")), "{line}");
}

#[test]
fn paho_by_tls_with_a_certificate() {
    let lab = Lab::new();
    let more = ["require_certificate=true", "use_identity_as_username=true"];
    let broker = ours(&lab, "server", &more);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/paho_tls.py");
    let mut python = Command::new(peers().join("python/bin/python3"));
    let files = lab.words("@ca.crt @client.crt @client.key");
    let ended =
        Program::start_command(python.arg(script).arg(broker.port_text()).args(files)).end();
    assert_eq!(
        (ended.code, ended.stdout),
        (Some(0), vec!["t hello".to_owned()]),
        "{:?}",
        ended.stderr
    );
    broker.program.stderr.line_with("u'client'");
}

#[test]
fn a_certificate_may_be_required_and_name_the_user() {
    let lab = Lab::new();
    let more =
        ["require_certificate=true", "use_identity_as_username=true", "allow_anonymous=false"];
    let broker = ours(&lab, "server", &more);
    let good = "-t t -m x --cert @client.crt --key @client.key";
    // What CONNECT says about the user is not looked at.
    let ended = run(&lab, &broker, &["mosquitto_pub"], &format!("{good} -i a -u me -P secret"));
    assert_eq!((ended.code, ended.stderr), (Some(0), vec![]));
    let line = broker.program.stderr.line_with(" as a (p4");
    assert!(line.ends_with("u'client')."), "{line}");
    for (words, why) in [
        ("", "none was shown, and one is required"),
        ("--cert @other.crt --key @other.key", "issued by nobody who is trusted"),
        ("--cert @late.crt --key @late.key", "has expired"),
        ("--cert @early.crt --key @early.key", "is not valid yet"),
    ] {
        let ended = run(&lab, &broker, &["mosquitto_pub"], &format!("-t t -m x {words}"));
        assert_ne!(ended.code, Some(0), "{words}");
        broker.program.stderr.line_with(why);
    }
    // The first common name counts, and it has to be one.
    for (name, version, connack) in
        [("nameless", Version::V4, "20 02 00 04"), ("nameless", Version::V5, "20 03 00 86 00")]
    {
        let mut secure = Secure::dial(&lab, broker.port, Some(name));
        secure.send(&Connect { version, id: "n", ..Connect::default() }.bytes());
        secure.expect(&hex(connack));
        assert_eq!(secure.rest(), [0; 0]);
    }
}

#[test]
fn dates_of_certificates_need_not_count() {
    let lab = Lab::new();
    let more = ["require_certificate=true", "disable_client_cert_date_checks=true"];
    let broker = ours(&lab, "server", &more);
    for name in ["late", "early", "client"] {
        let words = format!("-t t -m x --cert @{name}.crt --key @{name}.key");
        let ended = run(&lab, &broker, &["mosquitto_pub"], &words);
        assert_eq!((ended.code, ended.stderr), (Some(0), vec![]), "{name}");
    }
}

#[test]
fn authorities_may_stand_in_a_folder() {
    let lab = Lab::new();
    std::fs::create_dir(lab.path("authorities")).unwrap();
    std::fs::copy(lab.path("ca.crt"), lab.path("authorities/one.pem")).unwrap();
    let settings = ["certfile=@server.crt", "keyfile=@server.key", "capath=@authorities"];
    let settings = settings.map(|setting| setting.replace('@', &lab.path("")));
    let [certificate, key, folder] = &settings;
    let args = ["--set", certificate, "--set", key, "--set", folder];
    let broker = Broker::start_with(&[&args[..], &["--set", "require_certificate=true"]].concat());
    for (name, is_good) in [("client", true), ("other", false)] {
        let words = format!("-t t -m x --cert @{name}.crt --key @{name}.key");
        let ended = run(&lab, &broker, &["mosquitto_pub"], &words);
        assert_eq!(ended.code == Some(0), is_good, "{name}: {ended:?}");
    }
}

#[test]
fn the_whole_subject_may_name_the_user_as_openssl_writes_it() {
    let lab = Lab::new();
    lab.openssl("req -newkey rsa:2048 -nodes -keyout @odd.key -out @odd.csr -utf8 -multivalue-rdn \
                 -subj /C=DE/O=A\\,B+OU=#x/DC=org/emailAddress=a@b.c/serialNumber=7/UID=u/CN=Jör<g>");
    lab.openssl("x509 -req -in @odd.csr -CA @ca.crt -CAkey @ca.key -CAcreateserial -out @odd.crt");
    let words = lab.words("x509 -in @odd.crt -noout -subject -nameopt RFC2253");
    let shown = Command::new("openssl").args(words).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let subject = shown.trim_end().strip_prefix("subject=").unwrap();
    assert!(subject.contains("J\\C3\\B6r\\<g\\>,UID=u,"), "{subject}");
    let more = [
        "require_certificate=true",
        "use_subject_as_username=true",
        "use_username_as_clientid=true",
    ];
    let broker = ours(&lab, "server", &more);
    let words = "-t t -m x --cert @odd.crt --key @odd.key";
    let ended = run(&lab, &broker, &["mosquitto_pub"], words);
    assert_eq!((ended.code, ended.stderr), (Some(0), vec![]));
    // It is the client id here, so that the log shows it twice.
    let line = broker.program.stderr.line_with("New client connected");
    assert!(line.contains(&format!(" as {subject} (")), "{line}: {subject}");
    assert!(line.ends_with(&format!("u'{subject}').")), "{line}: {subject}");
}

#[test]
fn versions_and_ciphers_are_limited_and_what_is_unknown_is_named() {
    let lab = Lab::new();
    let list = "ciphers=ECDHE-ECDSA-AES128-GCM-SHA256:AES128-SHA:!RC4";
    let list_13 = "ciphers_tls1.3=TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256";
    let broker = ours(&lab, "server", &[list, list_13]);
    let warning = |option: &str, name: &str| {
        let line = broker.program.stderr.line_with(&format!("These '{option}' are not available"));
        assert!(line.ends_with(&format!("passed over: {name}.")), "{line}");
    };
    warning("ciphers", "AES128-SHA");
    warning("ciphers_tls1.3", "TLS_AES_128_CCM_SHA256");
    let text = s_client(&lab, &broker, "-tls1_2");
    assert!(text.contains("Cipher is ECDHE-ECDSA-AES128-GCM-SHA256"), "{text}");
    let text = s_client(&lab, &broker, "-tls1_3");
    assert!(text.contains("Cipher is TLS_CHACHA20_POLY1305_SHA256"), "{text}");
    let refused =
        ["-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", "-tls1_1 -cipher ALL@SECLEVEL=0"];
    for words in refused {
        let text = s_client(&lab, &broker, words);
        assert!(text.contains("Cipher is (NONE)"), "{words}: {text}");
    }
    let broker = ours(&lab, "server", &["tls_version=tlsv1.3"]);
    assert!(s_client(&lab, &broker, "-tls1_2").contains("alert protocol version"));
    assert!(s_client(&lab, &broker, "-tls1_3").contains("Cipher is TLS_AES_256_GCM_SHA384"));
}

#[test]
fn sessions_are_resumed_on_any_thread() {
    let lab = Lab::new();
    let more = ["require_certificate=true", "threads=4"];
    let broker = ours(&lab, "server", &more);
    let own = "-cert @client.crt -key @client.key";
    // With tickets, and with ids that the broker remembers.
    for words in ["-tls1_2 -reconnect", "-tls1_2 -reconnect -no_ticket"] {
        let text = s_client(&lab, &broker, &format!("{words} {own}"));
        assert_eq!(text.matches("\nReused, TLSv1.2").count(), 5, "{words}: {text}");
    }
    // Tickets of TLS 1.3 come behind the handshake, so something has to be read.
    let first = format!(
        "s_client -connect localhost:{} -CAfile @ca.crt -quiet {own} -sess_out @s",
        broker.port
    );
    let mut command = Command::new("openssl");
    let mut child = command.args(lab.words(&first)).stdin(Stdio::piped()).spawn().unwrap();
    // The file is there before what belongs into it.
    await_that("a ticket", || {
        std::fs::read_to_string(lab.path("s")).is_ok_and(|text| text.contains("-----END"))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let text = s_client(&lab, &broker, &format!("-sess_in @s {own}"));
    assert!(text.contains("Reused, TLSv1.3"), "{text}");
}

#[test]
fn the_keys_of_connections_can_be_logged() {
    let lab = Lab::new();
    let keys = lab.path("keys");
    let words = ["certfile=@server.crt", "keyfile=@server.key"];
    let words = words.map(|word| word.replace('@', &lab.path("")));
    let args = ["--set", &words[0], "--set", &words[1], "--tls-keylog", &keys];
    let broker = Broker::start_with(&args);
    assert_eq!(run(&lab, &broker, &["mosquitto_pub"], "-t t -m x").code, Some(0));
    let text = std::fs::read_to_string(&keys).unwrap();
    assert!(text.lines().any(|line| line.starts_with("SERVER_TRAFFIC_SECRET_0 ")), "{text}");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&keys).unwrap());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_laboratory_makes_its_own_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let lab = folder.path().join("tls");
    let lab = lab.to_str().unwrap();
    let args = ["broker", "-p", "0", "--ready-json", "-v", "--tls-self-signed", lab];
    let program =
        Program::start(&lastwill(), &[&args[..], &["--set", "require_certificate=true"]].concat());
    program.stderr.line_with("For laboratories only");
    let broker = Broker::ready(program);
    let port = broker.port_text();
    for host in ["localhost", "127.0.0.1"] {
        let file = |name: &str| format!("{lab}/{name}");
        let (ca, cert, key) = (file("ca.crt"), file("client.crt"), file("client.key"));
        let args = ["-h", host, "-p", &port, "-t", "t", "-m", "x", "--cafile", &ca];
        let own = ["--cert", &cert, "--key", &key];
        let theirs = program::run("mosquitto_pub", &[&args[..], &own].concat());
        assert_eq!((theirs.code, theirs.stderr), (Some(0), vec![]), "{host}");
        let ours = program::run(&lastwill(), &[&["pub"], &args[..], &own].concat());
        assert_eq!((ours.code, ours.stderr), (Some(0), vec![]), "{host}");
    }
    let read = |name: &str| std::fs::read_to_string(format!("{lab}/{name}")).unwrap();
    let before = read("ca.crt");
    drop(broker);
    // What is there stays.
    let again = Broker::ready(Program::start(&lastwill(), &args));
    assert_eq!(read("ca.crt"), before);
    drop(again);
    std::fs::remove_file(format!("{lab}/server.key")).unwrap();
    let ended = program::run(&lastwill(), &args);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr[0].contains("but not server.key"), "{ended:?}");
}
