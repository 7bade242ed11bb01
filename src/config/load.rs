//! From files and `--set` to a [`Config`].

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::bridge::reader::BridgeReader;
use crate::config::draft::{Draft, ListenerDraft};
use crate::config::given::{self, Given, Owner};
use crate::config::options::{self, Apply, COMPAT_MOSQUITTO, Kind, OptionRow, Scope, invalid};
use crate::config::{Config, ConfigError, PORTS_MAX, Place, Problem, ProxyHeader, Sources, parse};
use crate::observe::{LogTypes, ServerEvent};
use crate::transport::unix::PATH_BYTES_MAX as UNIX_PATH_BYTES_MAX;

/// The environment's word about `persistence_location`, which wins over the file's.
const PERSISTENCE_LOCATION: &str = "MOSQUITTO_PERSISTENCE_LOCATION";

pub(super) fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let mut reader = Reader::default();
    reader.draft.compat_mosquitto = sources.compat_mosquitto;
    if let Some(file) = &sources.file {
        reader.read_file(file, Level::Main);
    }
    reader.read_sets(&sources.sets);
    if let Some(folder) = std::env::var_os(PERSISTENCE_LOCATION) {
        let folder = PathBuf::from(folder);
        let shown = folder.to_string_lossy();
        reader.record_argument(PERSISTENCE_LOCATION, "persistence_location", &shown);
        reader.draft.persistence.folder = Some(folder);
    }
    if let Some(folder) = &sources.data {
        reader.draft.persistence.is_on = true;
        reader.draft.persistence.folder = Some(folder.clone());
        reader.record_argument("--data", "persistence", "true");
        reader.record_argument("--data", "persistence_location", &folder.to_string_lossy());
    }
    if sources.ports.len() > PORTS_MAX {
        reader.problems.push((Problem::TooManyPorts, Place::Nowhere));
    }
    let bridges = reader.finish_bridges();
    reader.draft.tls_key_log = sources.tls_key_log.clone();
    if !sources.allow_users.is_empty() {
        // A list of users that lets in everybody else would be none.
        reader.draft.allow_anonymous.get_or_insert(false);
    }
    reader.check_listeners();
    if !reader.problems.is_empty() {
        return Err(ConfigError { problems: reader.problems });
    }
    let mut config = Config { bridges, ..reader.finish(sources) };
    config.allow(&sources.allow_users);
    Ok(config)
}

/// Whether a file is the one that was named, or one of an `include_dir`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Main,
    Included,
}

/// Where a listener option goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Context {
    /// In a file, outside of a block: to the default listener.
    #[default]
    Default,
    /// In the block of this listener.
    Block(usize),
    /// In `--set`, without a listener of its own: to all listeners.
    All,
}

#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) draft: Draft,
    pub(super) problems: Vec<(Problem, Place)>,
    notices: Vec<ServerEvent<'static>>,
    pub(super) context: Context,
    pub(super) bridges: BridgeReader,
    /// Listener options were met outside of any block.
    has_loose_options: bool,
    /// What was given and taken.
    given: Vec<Given>,
    /// A plugin was asked for.
    has_plugin: bool,
    /// Options that were told to be deprecated.
    deprecated: BTreeSet<&'static str>,
    /// Strings that may be given once, with the listener or bridge that they were given for.
    once: BTreeSet<(Option<usize>, &'static str)>,
}

impl Reader {
    fn read_file(&mut self, path: &Path, level: Level) {
        let bytes = match read_regular(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let what = "config file";
                let problem = Problem::Unreadable { what, path: path.to_owned(), error };
                return self.problems.push((problem, Place::Nowhere));
            }
        };
        let file = Arc::new(path.to_owned());
        for (line, text) in parse::lines(&bytes) {
            let place = Place::Line { file: Arc::clone(&file), line };
            match parse::setting(text) {
                Ok(("include_dir", value)) => self.include(value, level, place),
                Ok((name, value)) => self.set(name, value, place),
                Err(problem) => self.problems.push((problem, place)),
            }
        }
    }

    /// Reads the `*.conf` files of a directory. A block that is open stays closed to them, and
    /// theirs end with them.
    fn include(&mut self, value: &str, level: Level, place: Place) {
        let outer = (self.context, self.bridges.open);
        match files_to_include(value, level) {
            Err(problem) => self.problems.push((problem, place)),
            Ok(files) => {
                for file in files {
                    (self.context, self.bridges.open) = (Context::Default, None);
                    self.read_file(&file, Level::Included);
                }
            }
        }
        (self.context, self.bridges.open) = outer;
    }

    fn read_sets(&mut self, sets: &[String]) {
        // What is set here replaces what a file says, so a second value is no duplicate of it.
        self.once.clear();
        self.context = Context::All;
        self.bridges.open = None;
        for argument in sets {
            let place = Place::Set(argument.clone());
            match argument.split_once('=') {
                Some((name, value)) if !name.is_empty() => self.set(name.trim(), value, place),
                _ => self.problems.push((Problem::NotNameValue, place)),
            }
        }
    }

    fn set(&mut self, name: &str, value: &str, place: Place) {
        let result = match options::find(name) {
            Some(row) if row.is_connection() => {
                self.open_bridge(row.name, value, &place).map(|()| self.record(row, value, &place))
            }
            Some(row) => self.apply(row, value).map(|()| self.record(row, value, &place)),
            None => Err(self.not_found(name, value)),
        };
        if let Err(problem) = result {
            self.problems.push((problem, place));
        }
    }

    /// Keeps what an option has taken.
    fn record(&mut self, row: &OptionRow, value: &str, place: &Place) {
        let scope = match row.apply {
            Apply::Security(..) if self.draft.is_per_listener => Scope::ListenerBlock,
            _ => row.scope(),
        };
        if scope == Scope::Bridge || row.is_connection() {
            let indexes = match self.bridges.open {
                Some(index) => index..index + 1,
                None => 0..self.draft.bridges.len(),
            };
            let owners = indexes.map(Owner::Bridge);
            let given = owners.map(|owner| Given::new(row, owner, value, place.clone()));
            return self.given.extend(given);
        }
        let owner = match (scope, row.kind(), self.context) {
            (Scope::Global, Kind::Listener, Context::Block(index)) => Owner::Listener(index),
            (Scope::Global, ..) => Owner::Broker,
            (_, _, Context::Default) => Owner::DefaultListener,
            (_, _, Context::Block(index)) => Owner::Listener(index),
            (_, _, Context::All) => Owner::EveryListener,
        };
        self.given.push(Given::new(row, owner, value, place.clone()));
    }

    /// Keeps what an argument of the command line sets.
    fn record_argument(&mut self, argument: &'static str, name: &str, value: &str) {
        if let Some(row) = options::find(name) {
            self.record(row, value, &Place::Argument(argument));
        }
    }

    fn apply(&mut self, row: &'static OptionRow, value: &str) -> Result<(), Problem> {
        if let Some(instead) = row.deprecated.filter(|_| self.deprecated.insert(row.name)) {
            self.notices.push(ServerEvent::Deprecated { option: row.name, instead });
        }
        self.check_once(row)?;
        match &row.apply {
            Apply::Global(set) => set.apply(&mut self.draft, row.name, value),
            Apply::Security(_, own) if self.draft.is_per_listener => {
                if self.context == Context::Default {
                    return Err(Problem::NeedsListener(row.name));
                }
                self.for_listeners(|listener| own.apply(listener, row.name, value))
            }
            Apply::Security(set, _) => {
                self.draft.has_security = true;
                set.apply(&mut self.draft, row.name, value)
            }
            Apply::Listener(set) => {
                self.for_listeners(|listener| set.apply(listener, row.name, value))?;
                self.has_loose_options |= self.context == Context::Default;
                Ok(())
            }
            Apply::Block(_) if self.context == Context::Default => {
                Err(Problem::NeedsListener(row.name))
            }
            Apply::Block(set) => {
                self.for_listeners(|listener| set.apply(listener, row.name, value))
            }
            Apply::Default(set) => {
                self.draft.use_default_listener();
                set.apply(&mut self.draft.default_listener, row.name, value)
            }
            Apply::Open => self.open_listener(row.name, value),
            Apply::Bridge(set) => self.for_bridges(row.name, set, value),
            // Opened with its place.
            Apply::Connection => Ok(()),
            Apply::Include => Err(Problem::NestedInclude),
            Apply::Obsolete => {
                self.notices.push(ServerEvent::Obsolete { option: row.name });
                Ok(())
            }
            Apply::Ignored(kind, why) => {
                kind.check(row.name, value)?;
                self.notices.push(ServerEvent::Ignored { option: row.name, why });
                Ok(())
            }
        }
    }

    /// Options of plugins are refused with the plugins; one without a plugin, without a name or
    /// without a value is wrong in mosquitto too.
    fn not_found(&mut self, name: &str, value: &str) -> Problem {
        let option = name.strip_prefix("plugin_opt_").or(name.strip_prefix("auth_opt_"));
        let Some(option) = option else {
            self.has_plugin |= name.contains("plugin");
            return not_found(name);
        };
        match (self.has_plugin, option, value.trim()) {
            (false, ..) => Problem::NeedsPlugin(name.to_owned()),
            (true, "", _) => Problem::PluginOptionWithoutName(name.to_owned()),
            (true, option, "") => Problem::EmptyPluginOption(option.to_owned()),
            _ => not_found(name),
        }
    }

    fn check_once(&mut self, row: &'static OptionRow) -> Result<(), Problem> {
        let listener = match (&row.apply, self.context) {
            (Apply::Block(_) | Apply::Listener(_), Context::Block(index)) => Some(index),
            (Apply::Bridge(_), _) => self.bridges.open,
            (Apply::Security(..), Context::Block(index)) if self.draft.is_per_listener => {
                Some(index)
            }
            _ => None,
        };
        if row.may_repeat() || self.once.insert((listener, row.name)) {
            return Ok(());
        }
        Err(Problem::Duplicate(row.name))
    }

    fn for_listeners(
        &mut self,
        set: impl Fn(&mut ListenerDraft) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let draft = &mut self.draft;
        match self.context {
            Context::Default => set(&mut draft.default_listener),
            Context::Block(index) => set(&mut draft.listeners[index]),
            Context::All => {
                draft.listeners.iter_mut().try_for_each(&set)?;
                set(&mut draft.default_listener)
            }
        }
    }

    /// `listener PORT [HOST]`.
    fn open_listener(&mut self, name: &'static str, value: &str) -> Result<(), Problem> {
        let mut words = value.split(' ').filter(|word| !word.is_empty());
        let port = words.next().ok_or(Problem::Empty("listener port"))?;
        let host = words.next().filter(|word| !word.starts_with('#'));
        let path = (port == "0").then_some(host).flatten().map(PathBuf::from);
        let number = parse::integer(port).map_err(|_| Problem::NotANumber("listener port"))?;
        // Options that follow belong to this listener even if it is wrong.
        self.context = Context::Block(self.draft.listeners.len());
        self.draft.has_listener = true;
        self.draft.listeners.push(ListenerDraft {
            host: host.map(str::to_owned).filter(|_| path.is_none()),
            path,
            port: u16::try_from(number).unwrap_or(0),
            ..ListenerDraft::default()
        });
        match (number, host) {
            (1..=65_535, _) => Ok(()),
            (0, Some(path)) if path.len() <= UNIX_PATH_BYTES_MAX => Ok(()),
            (0, Some(path)) => {
                let expected =
                    format!("the path of a socket of at most {UNIX_PATH_BYTES_MAX} bytes");
                Err(invalid(name, path, &expected))
            }
            (0, None) => {
                Err(Problem::Worded("A listener with port 0 must provide a Unix socket path."))
            }
            _ => Err(invalid("port", port, "a port from 1 to 65535")),
        }
    }

    /// What is wrong with a listener as a whole.
    fn check_listeners(&mut self) {
        for (index, listener) in self.draft.all_listeners(&[]).into_iter().enumerate() {
            let place = self.place_of_combination(index);
            let problem = listener.tls.problem().or_else(|| listener.proxy_problem());
            self.problems.extend(problem.map(|problem| (problem, place)));
            let is_proxied = listener.proxy == Some(ProxyHeader::V2);
            self.notices.extend(listener.tls.notices(is_proxied));
            self.notices.extend(listener.front_notices());
            let has_file = listener.psk_file.or_else(|| self.draft.psk_file.clone()).is_some();
            if listener.tls.psk_hint.is_some() && !has_file {
                let why = "there is no psk_file, so that every client is refused";
                self.notices.push(ServerEvent::WithoutEffect { option: "psk_hint", why });
            }
        }
        let listeners = self.draft.all_listeners(&[]);
        let has_hint = listeners.iter().any(|listener| listener.tls.psk_hint.is_some());
        let has_file = self.draft.psk_file.is_some()
            || listeners.iter().any(|listener| listener.psk_file.is_some());
        if has_file && !has_hint {
            let why = "no listener has psk_hint";
            self.notices.push(ServerEvent::WithoutEffect { option: "psk_file", why });
        }
    }

    /// Where the last option of a listener stands that others must go together with.
    fn place_of_combination(&self, index: usize) -> Place {
        let owner = match index < self.draft.listeners.len() {
            true => Owner::Listener(index),
            false => Owner::DefaultListener,
        };
        let mut given = self.given.iter().rev();
        let last = given.find(|given| {
            [owner, Owner::EveryListener].contains(&given.owner) && given::combines(given.option)
        });
        last.map_or(Place::Nowhere, |given| given.place.clone())
    }

    fn finish(mut self, sources: &Sources) -> Config {
        if self.draft.compat_mosquitto {
            self.set_compat();
        }
        if sources.verbose {
            self.draft.log_types = Some(LogTypes::ALL);
            self.replace_log_types("-v", "all");
        }
        if sources.quiet {
            self.draft.log_types = Some(LogTypes::NONE);
            self.replace_log_types("-q", "none");
        }
        let mut notices = self.notices;
        // Beside other listeners; alone they are for the local ones. As in mosquitto, an option that
        // says what holds anyway opens nothing.
        let is_changed = self.draft.default_listener != ListenerDraft::default();
        if self.draft.has_listener && self.has_loose_options && is_changed {
            self.draft.use_default_listener();
        }
        if self.draft.has_listener {
            notices
                .extend(sources.ports.iter().map(|port| ServerEvent::PortIgnored { port: *port }));
            // `bind_address` has told its own line, and is not all interfaces.
            if self.draft.is_default_used && self.draft.default_listener.host.is_none() {
                let port = self.draft.default_listener.port;
                notices.push(ServerEvent::DefaultListener { port });
            }
        } else if sources.file.is_some() {
            notices.push(ServerEvent::LocalOnly);
        }
        let config = self.draft.finish(&sources.ports);
        Config { file: sources.file.clone(), given: self.given, notices, ..config }
    }

    fn replace_log_types(&mut self, argument: &'static str, value: &str) {
        self.given.retain(|given| given.option != "log_type");
        self.record_argument(argument, "log_type", value);
    }

    /// mosquitto's side, wherever nothing else was said.
    fn set_compat(&mut self) {
        self.draft.policy.sides_with_mosquitto = true;
        for (name, value) in COMPAT_MOSQUITTO {
            let row = options::find(name).expect("a test holds the names against the table");
            let is_given = self.given.iter().any(|given| given.option == *name);
            if let (false, Apply::Global(set)) = (is_given, &row.apply) {
                let applied = set.apply(&mut self.draft, row.name, value);
                self.record(row, value, &Place::Argument("compat mosquitto"));
                debug_assert_eq!(applied, Ok(()), "a test holds the values against the table");
            }
        }
    }
}

fn not_found(name: &str) -> Problem {
    if let Some(instead) = options::refused(name) {
        return Problem::Refused { name: name.to_owned(), instead };
    }
    if options::is_unsupported(name) {
        return Problem::Unsupported(name.to_owned());
    }
    Problem::Unknown { name: name.to_owned(), similar: options::similar(name) }
}

/// Only regular files: a pipe could be read once, but not again on reload.
fn read_regular(path: &Path) -> Result<Vec<u8>, String> {
    let is_file = std::fs::metadata(path).map_err(|error| error.to_string())?.is_file();
    if !is_file {
        return Err("not a regular file".to_owned());
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// Alphabetical whatever the case, capitals first where nothing else differs.
fn files_to_include(value: &str, level: Level) -> Result<Vec<PathBuf>, Problem> {
    if level == Level::Included {
        return Err(Problem::NestedInclude);
    }
    let dir = value.trim();
    if dir.is_empty() {
        return Err(Problem::Empty("include_dir"));
    }
    let mut files = conf_files(Path::new(dir)).map_err(|error| Problem::Unreadable {
        what: "include_dir",
        path: PathBuf::from(dir),
        error: error.to_string(),
    })?;
    files.sort_by_cached_key(|path| (path.to_string_lossy().to_lowercase(), path.clone()));
    Ok(files)
}

fn conf_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    let files = entries.iter().map(|entry| entry.path());
    Ok(files.filter(|path| path.extension().is_some_and(|ext| ext == "conf")).collect())
}

#[cfg(test)]
mod tests;
