//! When no more retained messages come.
//!
//! No packet says so. Brokers deliver what is retained before they answer a later question, but
//! some deliver in portions, and a clustered one from elsewhere. So we ask until two answers in a
//! row came without a message before them, the second question after a pause.

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask again at once.
    Ask,
    /// Ask again after a pause.
    Pause,
    /// No more messages come.
    Done,
}

/// Questions, answers, and the messages between them.
#[derive(Debug, Default)]
pub struct Rounds {
    has_come: bool,
    was_quiet: bool,
}

impl Rounds {
    /// A retained message came.
    pub fn on_message(&mut self) {
        self.has_come = true;
    }

    /// The answer to the last question came.
    pub fn on_answer(&mut self) -> Next {
        let is_quiet = !std::mem::take(&mut self.has_come);
        let was_quiet = std::mem::replace(&mut self.was_quiet, is_quiet);
        match (was_quiet, is_quiet) {
            (true, true) => Next::Done,
            (false, true) => Next::Pause,
            (_, false) => Next::Ask,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_quiet_answers_in_a_row_are_the_end() {
        let mut rounds = Rounds::default();
        assert_eq!(rounds.on_answer(), Next::Pause);
        assert_eq!(rounds.on_answer(), Next::Done);
    }

    #[test]
    fn a_message_begins_the_counting_anew() {
        let mut rounds = Rounds::default();
        rounds.on_message();
        assert_eq!(rounds.on_answer(), Next::Ask);
        assert_eq!(rounds.on_answer(), Next::Pause);
        rounds.on_message();
        rounds.on_message();
        assert_eq!(rounds.on_answer(), Next::Ask);
        assert_eq!(rounds.on_answer(), Next::Pause);
        assert_eq!(rounds.on_answer(), Next::Done);
    }
}
