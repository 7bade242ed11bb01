//! What goes wrong with a command line, to the byte.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

mod transport;

use super::{Places, publish, sub};
use crate::cli::errors::Answer;
use crate::cli::exit::Exit;
use crate::cli::options::{Called, PubOptions, SubOptions};

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(|word| OsString::from(word.replace("''", ""))).collect()
}

fn sub_of(called: Called, line: &str) -> Result<SubOptions, Answer> {
    sub(called, &words(line), &Places::default())
}

fn pub_of(called: Called, line: &str) -> Result<PubOptions, Answer> {
    publish(called, &words(line), &Places::default())
}

/// The stderr of a refused command line that ends with 1 and leaves stdout alone.
#[track_caller]
fn complaint<T: std::fmt::Debug>(line: &str, outcome: Result<T, Answer>) -> String {
    let answer = outcome.expect_err(line);
    assert_eq!((answer.exit, answer.stdout.as_slice()), (Exit::Failure, b"".as_slice()), "{line}");
    String::from_utf8(answer.stderr).expect(line)
}

/// Two empty lines between message and hint.
fn gap(message: &str) -> String {
    format!("{message}\n\n\nUse 'mosquitto_sub --help' to see usage.\n")
}

/// One empty line between message and hint.
fn hint(message: &str) -> String {
    format!("{message}\n\nUse 'mosquitto_sub --help' to see usage.\n")
}

/// Under mosquitto's name, following version 2.0.
fn sub_20(line: &str) -> Result<SubOptions, Answer> {
    let places = Places { compat: Some("2.0".into()), ..Places::default() };
    sub(Called::Mosquitto, &words(line), &places)
}

#[test]
fn version_2_0_does_not_know_the_options_of_2_1() {
    for option in
        ["-o", "--ws", "--no-tls", "--tls-keylog", "--retain-handling", "--message-rate", "-w"]
    {
        let wanted = hint(&format!("Error: Unknown option '{option}'."));
        assert_eq!(complaint(option, sub_20(option)), wanted);
        let line = format!("-t a --compat 2.0 {option}");
        assert_eq!(complaint(&line, sub_of(Called::Mosquitto, &line)), wanted);
    }
    let help = String::from_utf8(sub_20("--help").unwrap_err().stdout).unwrap();
    assert!(help.contains("--retained-only") && !help.contains("--retain-handling"), "{help}");
    let version = sub_20("--version").unwrap_err();
    assert_eq!(version.stdout, b"mosquitto_sub version 2.0.11 running on libmosquitto 2.0.11.\n");
    let line = "-t a --compat 2";
    let text = "Error: Invalid value '2' for --compat, it must be 2.0 or 2.1.";
    assert_sub(line, gap(text));
    assert_sub("--compat", gap("Error: --compat argument given but no version specified."));
}

#[track_caller]
fn assert_sub(line: &str, wanted: String) {
    assert_eq!(complaint(line, sub_of(Called::Mosquitto, line)), wanted, "{line}");
}

#[test]
fn a_missing_value_is_named() {
    for (option, noun) in [
        ("-t", "topic"),
        ("-h", "host"),
        ("-p", "port"),
        ("-L", "URL"),
        ("-A", "address"),
        ("-k", "keepalive"),
        ("-i", "id"),
        ("-I", "id prefix"),
        ("-x", "session expiry interval"),
        ("-u", "username"),
        ("-P", "password"),
        ("-o", "options file"),
        ("-q", "QoS"),
        ("-C", "count"),
        ("-W", "timeout"),
        ("-F", "format"),
        ("-T", "topic filter"),
        ("-U", "unsubscribe topic"),
        ("--retain-handling", "option"),
        ("--random-filter", "chance"),
        ("--will-topic", "will topic"),
        ("--will-payload", "will payload"),
        ("--will-qos", "will QoS"),
        ("--unix", "socket path"),
        ("--cafile", "file"),
        ("--proxy", "proxy url"),
    ] {
        let wanted = format!("Error: {option} argument given but no {noun} specified.");
        assert_sub(option, gap(&wanted));
    }
    assert_sub("--topic", gap("Error: -t argument given but no topic specified."));
    assert_sub("-V", gap("Error: --protocol-version argument given but no version specified."));
    assert_sub("-M", gap("Error: -M argument given but max_inflight not specified."));
    let not_enough = "Error: --property argument given but not enough arguments specified.";
    for line in ["-D", "-D publish", "-D publish content-type", "-D publish user-property a"] {
        assert_sub(line, gap(not_enough));
    }
}

#[test]
fn a_bad_value_is_refused_with_two_empty_lines() {
    for (line, message) in [
        ("-k 4", "Error: Invalid keepalive given, it must be between 5 and 65535 inclusive."),
        ("-k 0", "Error: Invalid keepalive given, it must be between 5 and 65535 inclusive."),
        ("-V 4", "Error: Invalid protocol version argument given."),
        ("-x 1s", "Error: session-expiry-interval not a number."),
        ("-x -2", "Error: session-expiry-interval out of range."),
        ("-x 4294967296", "Error: session-expiry-interval out of range."),
        ("-M 0", "Error: Maximum inflight messages must be greater than 0."),
        ("-C 0", "Error: Invalid message count \"0\"."),
        ("-W -1", "Error: Invalid timeout \"-1\"."),
        ("--retain-handling x", "Error: Unknown value 'x' for --retain-handling."),
        ("--random-filter 0.05", "Error: --random-filter chance must be between 0.1-100.0"),
        ("--will-qos 3", "Error: Invalid will QoS 3."),
        ("-i a -I b", "Error: -i and -I argument cannot be used together."),
        ("-I a -i", "Error: -i and -I argument cannot be used together."),
        ("-L http://h/t", "Error: Unsupported URL scheme."),
        ("-o a -o b", "Error: Duplicate -o argument given."),
        ("-D foo bar 1", "Error: Invalid command foo given in --property argument."),
        ("-D will bar 1", "Error: Invalid property name bar given in --property argument."),
        (
            "-D will Topic-Alias 1",
            "Error: Topic-Alias property not allowed for will in --property argument.",
        ),
        (
            "-D will reason-string x",
            "Error: reason-string property not allowed for will in --property argument.",
        ),
        (
            "-D publish subscription-identifier 1",
            "Error: subscription-identifier property not supported for publish in --property \
             argument.",
        ),
        (
            "-D suback reason-string x",
            "Error: reason-string property not supported for suback in --property argument.",
        ),
        (
            "-D connect receive-maximum 65536",
            "Error: Property value (65536) out of range for property receive-maximum.",
        ),
    ] {
        assert_sub(line, gap(message));
    }
}

#[test]
fn a_bad_value_is_refused_with_one_empty_line() {
    for (line, message) in [
        ("--foo", "Error: Unknown option '--foo'."),
        ("-dv", "Error: Unknown option '-dv'."),
        ("--qos=1", "Error: Unknown option '--qos=1'."),
        ("--", "Error: Unknown option '--'."),
        ("topic", "Error: Unknown option 'topic'."),
        ("-m x", "Error: Unknown option '-m'."),
        ("-p 65536", "Error: Invalid port given: 65536"),
        ("-q 3", "Error: Invalid QoS given: 3"),
        ("-q -1 --foo", "Error: Invalid QoS given: -1"),
        ("--foo -q 3", "Error: Unknown option '--foo'."),
        ("-t a#", "Error: Invalid subscription topic 'a#', are all '+' and '#' wildcards correct?"),
        ("-T a+", "Error: Invalid filter topic 'a+', are all '+' and '#' wildcards correct?"),
        ("-U #/", "Error: Invalid unsubscribe topic '#/', are all '+' and '#' wildcards correct?"),
        ("-t ''", "Error: Invalid subscription topic '', are all '+' and '#' wildcards correct?"),
        ("--will-topic a/#", "Error: Invalid will topic 'a/#', does it contain '+' or '#'?"),
        ("-F %y", "Error: Invalid format specifier 'y'."),
        ("-F a\\", "Error: Incomplete escape specifier."),
        ("-L mqtt://h", "Error: Invalid URL for -L argument specified - topic missing."),
        ("-t a --will-payload x", "Error: Will payload given, but no will topic given."),
        ("-t a --will-retain", "Error: Will retain given, but no will topic given."),
        ("-t a -c", "Error: You must provide a client id if you are using the -c option."),
        ("-t a -c -I x", "Error: You must provide a client id if you are using the -c option."),
        (
            "-t a -V 5 -c",
            "Error: You must provide a client id if you are using an infinite session expiry \
             interval.",
        ),
        (
            "-t a -x -1",
            "Error: You must provide a client id if you are using an infinite session expiry \
             interval.",
        ),
        ("-d", "Error: You must specify a topic to subscribe to (-t) or unsubscribe from (-U)."),
        (
            "-D subscribe subscription-identifier 268435456",
            "Error adding property subscription-identifier 4",
        ),
        (
            "-t a -D connect session-expiry-interval 5 -x 6",
            "Error in CONNECT properties: Duplicate property in property list",
        ),
        (
            "-t a -D subscribe subscription-identifier 0",
            "Error in SUBSCRIBE properties: A network protocol error occurred when communicating \
             with the broker.",
        ),
        (
            "-t a -D connect authentication-data x",
            "Error in CONNECT properties: A network protocol error occurred when communicating \
             with the broker.",
        ),
        (
            "-t a -D will payload-format-indicator 2",
            "Error in Will properties: A network protocol error occurred when communicating with \
             the broker.",
        ),
        (
            "-t a -D will response-topic a/#",
            "Error in Will properties: A network protocol error occurred when communicating with \
             the broker.",
        ),
    ] {
        assert_sub(line, hint(message));
    }
    assert_sub("-D connack reason-string x", "\nUse 'mosquitto_sub --help' to see usage.\n".into());
}

#[test]
fn some_problems_come_without_a_hint() {
    for (line, wanted) in [
        (
            "-t a -R --retained-only",
            "\nError: Combining '-R' and '--retained-only' makes no sense.",
        ),
        ("-t a -i ''", "Error: Invalid id and/or clean_session."),
        ("-t a -c -x 9", "Error: Invalid id and/or clean_session."),
        ("-t a -P x", "Error: Problem setting username and/or password."),
        ("-t a --will-topic w -D will content-type x -V 311", "Error: Problem setting will."),
        (
            "-t a -D connect user-property a b -V 311",
            "Unable to connect (This feature is not supported).",
        ),
        (
            "-t a -D subscribe user-property a b -V 311",
            "Unable to connect (This feature is not supported).",
        ),
    ] {
        assert_sub(line, format!("{wanted}\n"));
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let bad = OsString::from_vec(vec![0xFF]);
    for (option, wanted) in [
        ("-t", gap("Error: Malformed UTF-8 in -t argument.")),
        ("-T", gap("Error: Malformed UTF-8 in -T argument.")),
        ("-U", gap("Error: Malformed UTF-8 in -U argument.")),
        ("--will-topic", gap("Error: Malformed UTF-8 in --will-topic argument.")),
    ] {
        let outcome = sub(Called::Mosquitto, &[option.into(), bad.clone()], &Places::default());
        assert_eq!(complaint(option, outcome), wanted);
    }
    for (option, called, wanted) in [
        ("-i", Called::Mosquitto, ""),
        ("-i", Called::Lastwill, "Error: The client id is no valid UTF-8.\n"),
        ("-u", Called::Mosquitto, "Error: Problem setting username and/or password.\n"),
    ] {
        let words = ["-t".into(), "a".into(), option.into(), bad.clone()];
        assert_eq!(complaint(option, sub(called, &words, &Places::default())), wanted);
    }
    let outcome = sub(Called::Mosquitto, std::slice::from_ref(&bad), &Places::default());
    let stderr = outcome.expect_err("not an option").stderr;
    assert!(stderr.starts_with(b"Error: Unknown option '\xff'.\n\nUse"));
}

#[test]
fn pub_has_its_own_complaints() {
    let line = |message: &str, lines: &str| {
        format!("{message}{lines}Use 'mosquitto_pub --help' to see usage.\n")
    };
    for (typed, wanted) in [
        ("-m x -f", line("Error: Only one type of message can be sent at once.", "\n\n\n")),
        ("-n -n", line("Error: Only one type of message can be sent at once.", "\n\n\n")),
        ("-m", line("Error: -m argument given but no message specified.", "\n\n\n")),
        ("--repeat 0", line("Error: --repeat argument must be >0.", "\n\n\n")),
        ("--repeat-delay -1", line("Error: --repeat-delay argument must be >=0.0.", "\n\n\n")),
        ("-t a+", line("Error: Invalid publish topic 'a+', does it contain '+' or '#'?", "\n\n")),
        ("-C 1", line("Error: Unknown option '-C'.", "\n\n")),
        ("-t a -n -i ''", "Error: Invalid id.\n".to_owned()),
        (
            "-t a -n -D publish content-type a -D publish content-type b",
            line("Error in PUBLISH properties: Duplicate property in property list", "\n\n"),
        ),
    ] {
        assert_eq!(complaint(typed, pub_of(Called::Mosquitto, typed)), wanted, "{typed}");
    }
    let answer = pub_of(Called::Mosquitto, "-t a").expect_err("no message");
    assert_eq!(answer.stderr, b"Error: Both topic and message must be supplied.\n");
    assert!(answer.stdout.starts_with(b"Publish messages to a topic\n\nUsage: mosquitto_pub "));
}

/// mosquitto's clients know it only in builds that nobody makes.
#[test]
fn srv_lookups_are_unknown_to_mosquitto_and_refused_by_us() {
    assert_sub("-t a -S", hint("Error: Unknown option '-S'."));
    let answer = sub_of(Called::Lastwill, "-t a -S").unwrap_err();
    assert!(answer.stderr.starts_with(b"Error: -S cannot be used: "));
}

#[test]
fn help_and_version_end_as_the_name_demands() {
    for (called, exit, start) in [
        (Called::Mosquitto, Exit::Failure, "mosquitto_sub version 2."),
        (Called::Lastwill, Exit::Success, concat!("lastwill ", env!("CARGO_PKG_VERSION"), "\n")),
    ] {
        let version = sub_of(called, "-t a --version --foo").expect_err("version");
        assert_eq!((version.exit, version.stderr.as_slice()), (exit, b"".as_slice()));
        assert!(String::from_utf8_lossy(&version.stdout).starts_with(start));
        let help = sub_of(called, "--help").expect_err("help");
        assert_eq!((help.exit, help.stderr.as_slice()), (exit, b"".as_slice()));
        assert!(String::from_utf8_lossy(&help.stdout).contains("\nExamples:\n"));
    }
}

#[test]
fn under_our_own_name_advice_is_added() {
    for (line, message) in [
        ("--verbos", "Error: Unknown option '--verbos'. Did you mean '--verbose'?"),
        ("a/b", "Error: Unknown option 'a/b'. A topic is given with -t."),
        ("-v=1", "Error: Unknown option '-v=1'."),
        ("--zzzzzzz", "Error: Unknown option '--zzzzzzz'."),
        ("--verbose=1", "Error: Unknown option '--verbose=1'."),
    ] {
        let stderr = complaint(line, sub_of(Called::Lastwill, line));
        assert!(stderr.starts_with(message), "{line}: {stderr}");
        assert!(stderr.ends_with("\n\nUse 'lastwill sub --help' to see usage.\n"), "{line}");
    }
}

#[test]
fn under_our_own_name_words_may_be_joined() {
    let apart = sub_of(Called::Lastwill, "-v -R -p 1884 -t a/b --qos 1 -F %p").expect("apart");
    let joined = sub_of(Called::Lastwill, "-vRp1884 -ta/b --qos=1 -F%p").expect("joined");
    assert_eq!(joined, apart);
    let split = sub_of(Called::Lastwill, "-vt a/b -dD connect user-property a b -q 1");
    assert_eq!(split.expect("the value follows").filters, ["a/b"]);
}

/// Options from a file in a configuration folder, then from the command line.
fn with_file(content: &[u8], line: &str) -> Result<SubOptions, Answer> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("mosquitto_sub"), content).expect("a file");
    let places = Places {
        config_home: Some(folder.path().into()),
        home: Some("/nonexistent".into()),
        ..Places::default()
    };
    sub(Called::Mosquitto, &words(line), &places)
}

#[test]
fn a_file_comes_before_the_command_line() {
    let content = b"# comment\n\n  -t from file \r\n--host  h\n-o other\n-v\n-q 1";
    let options = with_file(content, "-q 2 -t line").expect("both");
    assert_eq!(options.filters, ["from file ", "line"]);
    assert_eq!(options.connection.host, " h");
    assert!(options.output.verbose);
    assert_eq!(options.subscription_options.qos as u8, 2);
    let stderr = complaint("-t a", with_file(b"-p 99999", "-t a"));
    assert_eq!(stderr, hint("Error: Invalid port given: 99999"));
    let stderr = complaint("-t a", with_file(b"-D connect user-property a b", "-t a"));
    let wanted = "Error: --property argument given but not enough arguments specified.";
    assert_eq!(stderr, gap(wanted));
    assert_eq!(complaint("-t a", with_file(b"-v x", "-t a")), hint("Error: Unknown option 'x'."));
}

#[test]
fn one_file_is_read_and_a_named_one_replaces_the_default() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join(".config");
    fs::create_dir(&config).expect("a folder");
    fs::write(config.join("mosquitto_sub"), "-t home").expect("a file");
    let named = folder.path().join("named");
    fs::write(&named, "-t named").expect("a file");
    let home = Some(folder.path().as_os_str().to_owned());
    let read = |config_home: Option<&str>, line: &str| {
        let places = Places {
            config_home: config_home.map(OsString::from),
            home: home.clone(),
            ..Places::default()
        };
        sub(Called::Mosquitto, &words(line), &places).map(|options| options.filters)
    };
    assert_eq!(read(None, ""), Ok(vec!["home".to_owned()]));
    assert!(read(Some("/nonexistent"), "").is_err());
    assert_eq!(read(None, &format!("-o {}", named.display())), Ok(vec!["named".to_owned()]));
    assert!(read(None, "-o /nonexistent/file").is_err());
}

#[test]
fn a_password_without_a_value_is_asked_for() {
    use super::{Draft, read_words};
    use crate::cli::secret::Password;
    use crate::cli::table::Tool;

    let password = |called, line: &str| {
        let mut draft = Draft::new(Tool::Sub, called);
        read_words(&mut draft, &words(line)).ok()?;
        draft.connection.password
    };
    let given = |text: &str| Some(Password::Given(text.into()));
    for (line, wanted) in [
        ("-t a -P", Some(Password::Prompt)),
        ("-P -t a", Some(Password::Prompt)),
        ("-vP --topic a", Some(Password::Prompt)),
        ("--password-prompt", Some(Password::Prompt)),
        ("-P -u", None),
        ("-P secret", given("secret")),
        ("-P -unknown", given("-unknown")),
        ("--pw=-t", given("-t")),
        ("-P-t", given("-t")),
        ("-P secret --password-env A", Some(Password::Variable("A".into()))),
        ("--password-fd 3 -P secret", given("secret")),
        ("--password-fd x", None),
    ] {
        assert_eq!(password(Called::Lastwill, line), wanted, "{line}");
    }
    assert_eq!(password(Called::Mosquitto, "-P -t"), given("-t"));
    assert_eq!(password(Called::Mosquitto, "-P"), None);
    assert_sub("--password-file x", hint("Error: Unknown option '--password-file'."));
}

#[test]
fn each_source_of_options_replaces_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mosquitto_sub"), "-h file\n-p 1\n-i file\n").unwrap();
    let named = folder.path().join("named");
    fs::write(&named, "-h named\n").unwrap();
    let places = Places {
        config_home: Some(folder.path().into()),
        variables: vec![
            ("LASTWILL_HOST".to_owned(), "variable".into()),
            ("LASTWILL_ID_PREFIX".to_owned(), "variable".into()),
        ],
        ..Places::default()
    };
    let read = |called, line: &str| sub(called, &words(line), &places).unwrap().connection;
    let from_all = read(Called::Lastwill, "-t a");
    assert_eq!((from_all.host.as_str(), from_all.port), ("variable", 1));
    assert!(from_all.client_id.starts_with("variable"), "{}", from_all.client_id);
    let typed = read(Called::Lastwill, "-t a -h typed -i typed");
    assert_eq!((typed.host.as_str(), typed.client_id.as_str()), ("typed", "typed"));
    let named = read(Called::Lastwill, &format!("-t a -o {}", named.display()));
    assert_eq!((named.host.as_str(), named.port), ("named", 1883));
    let to_the_letter = read(Called::Mosquitto, "-t a");
    assert_eq!((to_the_letter.host.as_str(), to_the_letter.client_id.as_str()), ("file", "file"));
}

#[test]
fn a_count_behind_retry_is_explained() {
    let found = complaint("", sub_of(Called::Lastwill, "-t a --retry 5"));
    let start = "Error: Unknown option '5'. A count is joined to its option: --retry=5.\n";
    assert!(found.starts_with(start), "{found}");
    assert!(sub_of(Called::Lastwill, "-t a --retry=5 --retry-max 2m").is_ok());
}
