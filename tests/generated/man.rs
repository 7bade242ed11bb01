//! Manual pages: names and options from clap, the rest by hand.

mod bench_page;

use clap::Command;
use clap_mangen::Man;
use lastwill::cli::help::{self, Section};
use lastwill::cli::options::Called;
use lastwill::cli::table::Tool;
use lastwill::cli::{bench, broker, dispatch, links, passwd, profile, store};
use lastwill::config;

const OVERVIEW: &str = "\
.SH EXIT STATUS
Each tool has its own, see its page. Without a tool:
.TP
.B 0
Help or version was printed.
.TP
.B 1
The command line names no tool.
.SH ENVIRONMENT
.TP
.B LASTWILL_HOST, LASTWILL_PORT, LASTWILL_URL, LASTWILL_USERNAME, LASTWILL_PASSWORD, ...
Options about the connection, by their long names; see the pages of the clients.
.TP
.B LASTWILL_PROFILE, LASTWILL_COMPAT
The profile, and the version of mosquitto's clients that is followed.
.TP
.B NO_COLOR
Not empty: no colour.
.SH FILES
.TP
.I $XDG_CONFIG_HOME/lastwill/profiles.toml
Profiles; see lastwill\\-profile(1). Each client has an options file, too; see its page.
.SH EXAMPLES
A broker, a client with a will, and what others see when the client dies:
.PP
.nf
  lastwill broker &
  lastwill sub \\-t worker/status \\-v &
  lastwill sub \\-t jobs \\-\\-will\\-topic worker/status \\-\\-will\\-payload gone &
  kill \\-9 $!
.fi
";

const BROKER_EXIT: &str = "\
.SH EXIT STATUS
.TP
.B 0
Stopped in order by SIGINT or SIGTERM.
.TP
.B 1
It could not start, for example because the port is taken.
.TP
.B 3
An option or the configuration is wrong.
.SH FILES
.TP
.I mosquitto.conf
The configuration that
.B \\-c
names; see lastwill.conf(5).
.TP
.I lastwill.db
What survives a restart, in the directory of
.BR \\-\\-data .
.SH EXAMPLES
";

const SUB_EXIT: &str = "\
.SH EXIT STATUS
.TP
.B 0
Everything was received that was asked for, SIGINT or SIGTERM came after the connection was \
accepted, all subscriptions were denied, or standard output was closed.
.TP
.B 1
The command line is wrong, the host is unknown, nobody listens there, a recording cannot be \
written, or a command failed with
.BR \\-\\-exec\\-stop\\-on\\-error .
.TP
.BR 1 \\-\\| 5 ,\\  128 \\-\\| 162
The broker refused the connection with this code (version 3 and version 5).
.TP
.B 2
The broker broke the protocol.
.TP
.B 27
The time of
.B \\-W
was over, or SIGALRM came.
.TP
.B 255
A signal, or the end of the time of
.BR \\-W ,
came before the connection was accepted.
";

const PUB_EXIT: &str = "\
.SH EXIT STATUS
.TP
.B 0
Everything was published, even if the broker answered a message with an error.
.TP
.B 1
The command line is wrong, the payload cannot be read, a line of input is bad, the host is \
unknown, or nobody listens there.
.TP
.BR 1 \\-\\| 5 ,\\  128 \\-\\| 162
The broker refused the connection with this code (version 3 and version 5).
.TP
.B 2
The broker broke the protocol.
.TP
.B 4
The broker ended the connection.
.TP
.B 7
The connection was lost before everything was published.
.TP
.B 19
The broker did not answer in time.
.TP
.B 21
The broker sent something unreadable.
";

const RR_EXIT: &str = "\
.SH EXIT STATUS
.TP
.B 0
The response was received. Also if the subscription was denied, or the broker ended the connection: \
then a message says so.
.TP
.B 1
The command line is wrong, the payload cannot be read, the host is unknown, or nobody listens there.
.TP
.BR 1 \\-\\| 5 ,\\  128 \\-\\| 162
The broker refused the connection with this code (version 3 and version 5).
.TP
.BR 2 ,\\  21
The broker broke the protocol, or sent something unreadable.
.TP
.B 7
The connection was lost before the response came.
.TP
.B 19
The broker did not answer in time.
.TP
.BR 24 ,\\  25
The broker does not take the quality of service, or the size, of the request.
.TP
.B 27
The time of
.B \\-W
was over, or SIGALRM came.
";

const RETAINED_EXIT: &str = "\
.SH EXIT STATUS
.TP
.B 0
It is done, even if there was nothing to list or to remove.
.TP
.B 1
The command line is wrong, the host is unknown, nobody listens there, a subscription was denied, or \
a message could not be removed.
.TP
.BR 1 \\-\\| 5 ,\\  128 \\-\\| 162
The broker refused the connection with this code (version 3 and version 5).
.TP
.B 7
The connection was lost before the end.
.TP
.B 27
The time of
.B \\-W
was over.
.TP
.B 28
.B get
only: the topic has no retained message.
.TP
.B 255
The end of the time of
.B \\-W
came before the connection was accepted.
";

const CONN_EXIT: &str = "\
.SH EXIT STATUS
.TP
.B 0
It ended as asked: by a signal or by
.BR \\-\\-end\\-after ,
in the way that
.B \\-\\-end
says.
.TP
.B 1
The command line is wrong, the host is unknown, or nobody listens there.
.TP
.BR 1 \\-\\| 5 ,\\  128 \\-\\| 162
The broker refused the connection with this code (version 3 and version 5).
.TP
.BR 2 ,\\  21
The broker broke the protocol, or sent something unreadable.
.TP
.B 255
A signal came before the connection was accepted.
";

const WILLS_EXIT: &str = "\
.SH EXIT STATUS
.TP
.B 0
The list was printed.
.TP
.B 1
The command line is wrong, the host is unknown, nobody listens there, or the broker refuses the
subscription.
.TP
.BR 1 \\-\\| 5 ,\\  128 \\-\\| 162
The broker refused the connection with this code (version 3 and version 5).
.TP
.B 27
The broker does not tell which wills it holds.
";

const CHECK_EXIT: &str = "\
.SH EXIT STATUS
.TP
.B 0
Nothing differs from what is expected.
.TP
.B 1
The command line is wrong, the host is unknown, nobody listens there, or whoever does speaks no \
MQTT.
.TP
.BR 1 \\-\\| 5 ,\\  128 \\-\\| 162
The broker refused every connection with this code (version 3 and version 5).
.TP
.B 27
The time of
.B \\-\\-timeout
was over before every row was judged, and nothing differs so far.
.TP
.B 30
Something differs.
.TP
.B 255
Ended by SIGINT or SIGTERM.
";

const PROFILE: &str = "\
.SH ENVIRONMENT
.TP
.B LASTWILL_PROFILE
The profile that a tool takes without
.BR \\-\\-profile .
.SH FILES
.TP
.I $XDG_CONFIG_HOME/lastwill/profiles.toml
.TQ
.I $HOME/.config/lastwill/profiles.toml
The profiles. The second file counts if XDG_CONFIG_HOME is not set.
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
There is no such profile, the file cannot be read or written, or the command line is wrong.
";

const STORE: &str = "\
.SH FILES
.TP
.I lastwill.db
The store in the directory of
.B lastwill broker \\-\\-data
or
.BR persistence_location .
.SH EXIT STATUS
.TP
.B 0
Done; nothing is wrong.
.TP
.B 1
The store is damaged, in use or not there, or the command line is wrong. What is there is never
overwritten.
";

const PASSWD: &str = "\
.SH EXIT STATUS
.TP
.B 0
The file is as it was asked for.
.TP
.B 1
Something went wrong, or there is no such user to delete; the file is as it was.
";

const LINK: &str = "\
.SH FILES
.TP
.I DIR/mosquitto_sub, DIR/mosquitto_pub, DIR/mosquitto_rr, DIR/mosquitto_passwd
Links to this program, which is that tool when it is called by their names. Where one of these names
is taken by something else nothing is changed.
.SH EXIT STATUS
.TP
.B 0
All links are there.
.TP
.B 1
A name is taken, the folder cannot be written, or the command line is wrong.
";

const CONFIG: &str = "\
.SH EXIT STATUS
.TP
.B 0
The configuration was printed.
.TP
.B 1
The command line is wrong.
.TP
.B 3
The configuration has mistakes: all of them are on standard error, each with its place.
";

/// Every page with its file name.
pub fn pages() -> Vec<(&'static str, String)> {
    let pages = [
        "lastwill-broker(1)",
        "lastwill-sub(1)",
        "lastwill-pub(1)",
        "lastwill-rr(1)",
        "lastwill-retained(1)",
        "lastwill-conn(1)",
        "lastwill-watch(1)",
        "lastwill-wills(1)",
        "lastwill-check(1)",
        "lastwill-bench(1)",
        "lastwill-profile(1)",
        "lastwill-store(1)",
        "lastwill-passwd(1)",
        "lastwill-config(1)",
        "lastwill-link(1)",
        "lastwill.conf(5)",
    ];
    let command = dispatch::command().disable_help_subcommand(true);
    let synopsis = "lastwill TOOL [OPTION]...\n.br\nlastwill --help | --version";
    let mut overview = head(command, "lastwill", synopsis);
    overview.push_str(OVERVIEW);
    overview.push_str(&see_also(&pages));
    let mut broker_page = head(broker::command(), "lastwill-broker", "lastwill broker [OPTION]...");
    broker_page.push_str(BROKER_EXIT);
    broker_page.push_str(&preformatted(&examples_of(&broker::command())));
    broker_page.push_str(&see_also(&["lastwill(1)", "lastwill.conf(5)"]));
    vec![
        ("lastwill.1", overview),
        ("lastwill-broker.1", broker_page),
        ("lastwill-sub.1", tool(Tool::Sub, SUB_EXIT)),
        ("lastwill-pub.1", tool(Tool::Pub, PUB_EXIT)),
        ("lastwill-rr.1", tool(Tool::Rr, RR_EXIT)),
        ("lastwill-retained.1", tool(Tool::Retained, RETAINED_EXIT)),
        ("lastwill-conn.1", tool(Tool::Conn, CONN_EXIT)),
        ("lastwill-watch.1", tool(Tool::Watch, CONN_EXIT)),
        ("lastwill-check.1", tool(Tool::Check, CHECK_EXIT)),
        ("lastwill-bench.1", commands(&bench::command(), "bench", bench_page::MORE)),
        ("lastwill-wills.1", tool(Tool::Wills, WILLS_EXIT)),
        ("lastwill-profile.1", commands(&profile::command::command(), "profile", PROFILE)),
        ("lastwill-store.1", commands(&store::command(), "store", STORE)),
        ("lastwill-passwd.1", commands(&passwd::command(), "passwd", PASSWD)),
        ("lastwill-config.1", commands(&lastwill::cli::config::command(), "config", CONFIG)),
        ("lastwill-link.1", commands(&links::command(), "link", LINK)),
        ("lastwill.conf.5", config::help::man_page()),
    ]
}

/// The page of a tool that clap parses: its commands, then `more`, its examples last.
fn commands(command: &Command, name: &str, more: &str) -> String {
    let title = format!("lastwill-{name}");
    let subcommands: Vec<&Command> = command.get_subcommands().collect();
    let synopsis = match subcommands.is_empty() {
        true if name == "passwd" => "lastwill passwd [OPTION]... FILE [USER [PASSWORD]]".to_owned(),
        true if name == "bench" => "lastwill bench WORKLOAD [OPTION]...".to_owned(),
        true => format!("lastwill {name} [OPTION]... DIR"),
        false => format!("lastwill {name} COMMAND [ARGUMENT]..."),
    };
    let mut page = head(command.clone(), &title, &synopsis);
    if !subcommands.is_empty() {
        page.push_str(".SH COMMANDS\n");
    }
    for sub in subcommands {
        let words: Vec<String> =
            sub.get_positionals().map(|arg| arg.get_id().as_str().to_uppercase()).collect();
        let about = sub.get_long_about().or(sub.get_about()).map(ToString::to_string);
        let about = about.unwrap_or_default().replace('-', "\\-");
        page.push_str(&format!(".TP\n\\fB{}\\fR {}\n{about}\n", sub.get_name(), words.join(" ")));
    }
    page.push_str(more);
    page.push_str(".SH EXAMPLES\n");
    page.push_str(&preformatted(&examples_of(command)));
    page.push_str(&see_also(&["lastwill(1)"]));
    page
}

fn tool(tool: Tool, exit_status: &str) -> String {
    let name = help::invocation(tool, Called::Lastwill);
    let mut page = head(
        help::command(tool, Called::Lastwill),
        &name.replace(' ', "-"),
        &help::usage(tool, &name),
    );
    let (examples, sections): (Vec<Section>, Vec<Section>) = help::sections(tool, Called::Lastwill)
        .into_iter()
        .partition(|section| section.heading == "Examples");
    for section in &sections {
        push_section(&mut page, section);
    }
    page.push_str(&files(tool));
    page.push_str(exit_status);
    for section in &examples {
        push_section(&mut page, section);
    }
    let other = match tool {
        Tool::Sub => "lastwill-pub(1)",
        Tool::Pub | Tool::Rr | Tool::Retained => "lastwill-sub(1)",
        Tool::Conn => "lastwill-watch(1)",
        Tool::Watch => "lastwill-conn(1)",
        Tool::Wills | Tool::Check => "lastwill-watch(1)",
    };
    page.push_str(&see_also(&["lastwill(1)", "lastwill-broker(1)", other]));
    page
}

/// Title, name, synopsis, description, options.
fn head(command: Command, name: &str, synopsis: &str) -> String {
    let command = command.name(name.to_owned());
    let man = Man::new(command).title(name).section("1").date("").source("lastwill").manual("");
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    page.extend_from_slice(format!(".SH SYNOPSIS\n{}\n", synopsis.replace('-', "\\-")).as_bytes());
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    if name == "lastwill" {
        man.render_subcommands_section(&mut page).unwrap();
    }
    String::from_utf8(page).unwrap()
}

fn push_section(page: &mut String, section: &Section) {
    page.push_str(&format!(".SH {}\n", section.heading.to_uppercase().replace('-', "\\-")));
    page.push_str(&preformatted(&section.text));
}

/// Lines as they stand.
fn preformatted(text: &str) -> String {
    let text = text.trim_end().replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    format!(".nf\n{text}\n.fi\n")
}

/// The lines below the options in a command's help, without their heading.
fn examples_of(command: &Command) -> String {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    text.lines().filter(|line| line.starts_with(' ')).map(|line| format!("{line}\n")).collect()
}

fn files(tool: Tool) -> String {
    let name = tool.mosquitto_name().replace('_', "\\_");
    format!(
        ".SH FILES\n.TP\n.I $XDG_CONFIG_HOME/{name}\n.TQ\n.I $HOME/.config/{name}\nOptions that come \
         before those of the command line, one a line: the option, a blank, its value up to the \
         end of the line. The second file is read if XDG_CONFIG_HOME is not set. \\fB\\-o\\fR names \
         another.\n.TP\n.I $XDG_CONFIG_HOME/lastwill/profiles.toml\n.TQ\n.I \
         $HOME/.config/lastwill/profiles.toml\nThe profiles of \\fB\\-\\-profile\\fR.\n"
    )
}

fn see_also(pages: &[&str]) -> String {
    let names: Vec<_> = pages
        .iter()
        .map(|page| {
            let (name, section) = page.split_once('(').unwrap();
            format!("\\fB{}\\fR({section}", name.replace('-', "\\-"))
        })
        .collect();
    format!(".SH SEE ALSO\n{}\n", names.join(", "))
}
