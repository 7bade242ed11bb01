//! What `sub` does with a message: the order of the decisions is mosquitto's.

use std::collections::{HashMap, VecDeque};

use super::exec::Job;
use super::recorder::Recorder;
use crate::cli::console::Console;
use crate::cli::options::SubOptions;
use crate::client::{Request, Requests};
use crate::clock::local_now;
use crate::protocol::{Message, MessageRef, Properties, Publish, QoS, TopicFilter, TopicName};

/// The receiving half of `sub`.
pub(super) struct Received<'o> {
    options: &'o SubOptions,
    filters_out: Vec<TopicFilter<'o>>,
    /// Messages of the present second.
    rate: u64,
    /// Messages that reached printing.
    printed: u32,
    /// Clearing messages that are not acknowledged yet.
    clearing: u64,
    /// The screen line of each topic (`--watch`).
    lines: HashMap<String, usize>,
    line: Vec<u8>,
    recorder: Option<Recorder>,
    /// Messages whose commands have not started (`--exec`).
    pub jobs: VecDeque<Job>,
}

impl<'o> Received<'o> {
    pub fn new(options: &'o SubOptions, recorder: Option<Recorder>) -> Self {
        let filters_out = options.filters_out.iter().map(|filter| TopicFilter::new(filter));
        Received {
            options,
            filters_out: filters_out.filter_map(Result::ok).collect(),
            rate: 0,
            printed: 0,
            clearing: 0,
            lines: HashMap::new(),
            line: Vec::new(),
            recorder,
            jobs: VecDeque::new(),
        }
    }

    /// Clears the screen for `--watch`.
    pub fn begin(&self, console: &mut Console) {
        if self.is_watching() {
            let host = &self.options.connection.host;
            console.write(format!("\x1b[2J\x1b[1;1HBroker: {host}\n").as_bytes());
        }
    }

    fn is_watching(&self) -> bool {
        self.options.watch && !self.options.message_rate
    }

    /// Whether fewer messages came than `-C` asks for.
    pub fn is_short(&self) -> bool {
        self.options.count.is_some_and(|count| self.printed < count)
    }

    /// Whether clearing messages are on their way.
    pub fn is_clearing(&self) -> bool {
        self.clearing > 0
    }

    /// A clearing message is settled.
    pub fn on_cleared(&mut self) {
        self.clearing = self.clearing.saturating_sub(1);
    }

    /// Prints the messages of the second that is over.
    pub fn say_rate(&mut self, console: &mut Console) {
        let rate = std::mem::take(&mut self.rate);
        console.say(&format!("{rate} msgs/s"));
    }

    /// Deals with a message; whether it is the last one.
    pub fn on_message(
        &mut self,
        publish: &Publish<'_>,
        console: &mut Console,
        requests: &mut Requests,
    ) -> bool {
        self.rate += 1;
        if self.options.message_rate {
            return false;
        }
        if self.options.retained_only && !publish.retain {
            return true;
        }
        let topic = publish.topic.name();
        let is_hidden = self.options.hide_retained && publish.retain;
        if is_hidden || self.filters_out.iter().any(|filter| filter.matches(topic)) {
            return false;
        }
        if self.options.remove_retained && publish.retain {
            self.clearing += 1;
            requests.push_back(clearing(topic));
        }
        if self.is_chosen() {
            self.handle(publish, console);
        }
        self.printed += 1;
        self.options.count.is_some_and(|count| self.printed >= count)
    }

    /// Whether the lot falls on this message (`--random-filter`).
    fn is_chosen(&self) -> bool {
        let Some(permille) = self.options.random_filter_permille else { return true };
        // Without a random source nothing is filtered.
        permille >= 1000 || getrandom::u32().is_ok_and(|lot| lot % 1000 < permille)
    }

    /// Writes what is to be recorded; with `is_last` to the disk.
    ///
    /// # Errors
    /// A line for stderr.
    pub fn flush(&mut self, is_last: bool) -> Result<(), String> {
        match &mut self.recorder {
            Some(recorder) if is_last => recorder.finish(),
            Some(recorder) => recorder.flush(),
            None => Ok(()),
        }
    }

    /// Records, then prints or leaves it to a command.
    fn handle(&mut self, publish: &Publish<'_>, console: &mut Console) {
        if let Some(recorder) = &mut self.recorder {
            recorder.add(publish);
        }
        match self.options.exec {
            Some(_) => self.jobs.push_back(Job::new(publish)),
            None => self.print(publish, console),
        }
    }

    fn print(&mut self, publish: &Publish<'_>, console: &mut Console) {
        let topic = publish.topic.name().as_str();
        self.line.clear();
        let place = self.is_watching().then(|| self.place(topic));
        if let Some(place) = place {
            self.line.extend_from_slice(format!("\x1b[{place};1H").as_bytes());
        }
        let options = self.options;
        let printed = options.pipes.print(&options.output, publish, &local_now(), &mut self.line);
        if place.is_some() {
            let last = self.lines.len() + 1;
            self.line.extend_from_slice(format!("\x1b[{last};1H\n").as_bytes());
        }
        if let Err(problem) = printed {
            console.complain_raw(&problem.message(topic));
        }
        if !self.line.is_empty() {
            console.write(&self.line);
        }
    }

    /// The screen line of a topic: 2 for the first one.
    fn place(&mut self, topic: &str) -> usize {
        if let Some(place) = self.lines.get(topic) {
            return *place;
        }
        let place = self.lines.len() + 2;
        self.lines.insert(topic.to_owned(), place);
        place
    }
}

/// An empty retained message of QoS 1, which clears a topic.
fn clearing(topic: TopicName<'_>) -> Request {
    let properties = Properties::EMPTY;
    let message =
        MessageRef { topic, qos: QoS::AtLeastOnce, retain: true, properties, payload: &[] };
    Request::Publish { token: 0, message: Message::copy_of(message, None), topic_alias: None }
}
