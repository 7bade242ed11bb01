//! What `rr` does with a message: is it a response, how is it printed, is it the last one.

use crate::cli::console::Console;
use crate::cli::options::{Called, RrOptions};
use crate::cli::shape::Pipes;
use crate::clock::{Clock, local_now};
use crate::protocol::Publish;

/// The receiving half of `rr`.
pub(super) struct Answers<'o> {
    options: &'o RrOptions,
    clock: Clock,
    /// When the request went out, in nanoseconds of the clock; `None` until then.
    asked_at: Option<u64>,
    /// Responses that are still to come.
    missing: u32,
    /// Whether a foreign response was mentioned.
    has_warned: bool,
    line: Vec<u8>,
}

impl<'o> Answers<'o> {
    pub fn new(options: &'o RrOptions) -> Self {
        Answers {
            options,
            clock: Clock::new(),
            asked_at: None,
            missing: options.count,
            has_warned: false,
            line: Vec::new(),
        }
    }

    /// The request went out.
    pub fn on_asked(&mut self) {
        self.asked_at.get_or_insert(self.clock.elapsed_nanos());
    }

    /// Deals with a message; whether it is the last response.
    pub fn on_message(&mut self, publish: &Publish<'_>, console: &mut Console) -> bool {
        let is_hidden = self.options.hide_retained && publish.retain;
        if is_hidden || !self.is_response(publish, console) {
            return false;
        }
        self.print(publish, console);
        if let Some(asked_at) = self.asked_at.filter(|_| self.options.latency) {
            let nanos = self.clock.elapsed_nanos().saturating_sub(asked_at);
            console.say(&format!("Latency: {}", latency(nanos)));
        }
        self.missing -= 1;
        self.missing == 0
    }

    /// mosquitto_rr takes any message for the response. Under our own name none can come before the
    /// request, and one with other correlation data is somebody else's.
    fn is_response(&mut self, publish: &Publish<'_>, console: &Console) -> bool {
        if self.options.connection.called == Called::Mosquitto {
            return true;
        }
        if self.asked_at.is_none() {
            return false;
        }
        let Some(ours) = &self.options.correlation_data else { return true };
        let is_response = match publish.properties.correlation_data() {
            Some(theirs) => theirs == ours.as_slice(),
            None => !self.options.is_strict,
        };
        if !is_response && !self.has_warned {
            self.has_warned = true;
            console.complain(
                "Warning: Ignoring a message on the response topic that belongs to another request.",
            );
        }
        is_response
    }

    fn print(&mut self, publish: &Publish<'_>, console: &mut Console) {
        self.line.clear();
        let output = &self.options.output;
        let printed = Pipes::default().print(output, publish, &local_now(), &mut self.line);
        if let Err(problem) = printed {
            console.complain_raw(&problem.message(publish.topic.name().as_str()));
        }
        if !self.line.is_empty() {
            console.write(&self.line);
        }
    }
}

/// A time as mosquitto_rr prints it: seconds without a unit, anything below with one.
fn latency(nanos: u64) -> String {
    match nanos {
        0..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{:.6}µs", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.6}ms", nanos as f64 / 1e6),
        _ => format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_has_the_unit_that_fits() {
        for (nanos, text) in [
            (0, "0ns"),
            (123, "123ns"),
            (12_345, "12.345000µs"),
            (1_234_567, "1.234567ms"),
            (999_999_999, "999.999999ms"),
            (1_000_000_123, "1.000000123"),
        ] {
            assert_eq!(latency(nanos), text);
        }
    }
}
