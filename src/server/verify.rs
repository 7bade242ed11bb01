//! Checks passwords on threads of its own, so that no connection waits for the hashing of another
//! one's. How much is hashed at the same time is bounded, and so is what waits for it.

mod queue;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::auth::{PasswordHash, Passwords, Recent};
use crate::clock::Clock;
use queue::FairQueue;
pub(super) use queue::Origin;

/// Most threads that hash. Each may need as much memory as a hash is made to need.
const THREADS_MAX: usize = 4;
/// What waits to be checked, in bytes: some 50,000 usual logins.
const WAITING_BYTES_MAX: usize = 64 << 20;
/// A thread without work ends after so long.
const IDLE: Duration = Duration::from_secs(10);
/// By how much hashing gives way to the threads that carry messages.
const NICENESS: i32 = 5;

/// A user name and password, and the users that they are to be found among.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) user: Arc<str>,
    pub(super) password: Box<[u8]>,
    pub(super) users: Arc<Passwords>,
}

impl Question {
    /// The hash that the password is right by. For a user that is not there, the work is the same.
    fn answer(&self) -> Option<Arc<PasswordHash>> {
        let (hash, is_known) = match self.users.find(&self.user) {
            Some(hash) => (hash, true),
            None => (self.users.decoy(&self.user)?, false),
        };
        let is_right = hash.verify(&self.password);
        (is_right & is_known).then(|| Arc::clone(hash))
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Where an answer will come: the hash that the password is right by. An error is that there was no
/// time for it.
pub(super) type Answer = oneshot::Receiver<Option<Arc<PasswordHash>>>;

#[derive(Debug)]
struct Job {
    question: Question,
    keep_secs: u32,
    done: oneshot::Sender<Option<Arc<PasswordHash>>>,
}

#[derive(Debug)]
struct State {
    waiting: FairQueue<Job>,
    threads: usize,
    idle: usize,
    has_ended: bool,
}

/// Checks passwords.
#[derive(Debug)]
pub(super) struct Verifier {
    state: Mutex<State>,
    has_work: Condvar,
    recent: Mutex<Recent>,
    clock: Clock,
    threads_max: usize,
}

impl Verifier {
    /// Without threads as long as there is no work.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn new(clock: Clock) -> Result<Self, getrandom::Error> {
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        Ok(Verifier {
            state: Mutex::new(State {
                waiting: FairQueue::new(WAITING_BYTES_MAX),
                threads: 0,
                idle: 0,
                has_ended: false,
            }),
            has_work: Condvar::new(),
            recent: Mutex::new(Recent::new()?),
            clock,
            threads_max: (cores / 2).clamp(1, THREADS_MAX),
        })
    }

    /// What its times are counted by.
    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    /// The hash that a password is right by, if it was found right a short while ago.
    pub(super) fn recall(&self, question: &Question, keep_secs: u32) -> Option<Arc<PasswordHash>> {
        let Question { user, password, users } = question;
        let hash = users.find(user)?;
        let now = self.clock.now();
        self.recent().knows(now, keep_secs, user, hash, password).then(|| Arc::clone(hash))
    }

    /// Has a password checked in its turn. `held_bytes` are held elsewhere as long as it waits.
    pub(super) fn ask(
        self: &Arc<Self>,
        origin: Origin,
        question: Question,
        held_bytes: usize,
        keep_secs: u32,
    ) -> Answer {
        let (done, answer) = oneshot::channel();
        let bytes = held_bytes + question.password.len() + question.user.len();
        let mut state = self.state();
        // Whoever is put out hears that nothing will come.
        drop(state.waiting.push(origin, bytes, Job { question, keep_secs, done }));
        if state.idle == 0 && state.threads < self.threads_max {
            self.spawn(&mut state);
        }
        drop(state);
        self.has_work.notify_one();
        answer
    }

    fn spawn(self: &Arc<Self>, state: &mut State) {
        let verifier = Arc::clone(self);
        let spawned = thread::Builder::new().name("passwords".to_owned()).spawn(move || {
            // Where that is refused, hashing competes as an equal.
            let _ = rustix::process::nice(NICENESS);
            verifier.work();
        });
        match spawned {
            Ok(_) => state.threads += 1,
            // Nobody would answer.
            Err(_) if state.threads == 0 => while state.waiting.pop().is_some() {},
            Err(_) => {}
        }
    }

    fn work(&self) {
        while let Some(Job { question, keep_secs, done }) = self.next() {
            if done.is_closed() {
                continue;
            }
            let answer = question.answer();
            if let Some(hash) = &answer {
                let now = self.clock.now();
                self.recent().add(now, keep_secs, &question.user, hash, &question.password);
            }
            // Whoever asked may have gone.
            let _ = done.send(answer);
        }
    }

    /// The next job; `None` when the thread is to end.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.waiting.pop() {
                return Some(job);
            }
            state.idle += 1;
            let (back, waited) =
                self.has_work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = back;
            state.idle -= 1;
            if state.has_ended || (waited.timed_out() && state.waiting.is_empty()) {
                state.threads -= 1;
                return None;
            }
        }
    }

    /// Ends the threads when they are done with what they do.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.has_ended = true;
        while state.waiting.pop().is_some() {}
        drop(state);
        self.has_work.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Kind;

    fn users() -> Arc<Passwords> {
        let mut users = Passwords::default();
        for user in ["a", "b"] {
            let kind = Kind::Pbkdf2 { iterations: 2 };
            users.add(user, PasswordHash::new(kind, user.as_bytes()).unwrap());
        }
        Arc::new(users)
    }

    fn question(users: &Arc<Passwords>, user: &str, password: &str) -> Question {
        Question {
            user: user.into(),
            password: password.as_bytes().into(),
            users: Arc::clone(users),
        }
    }

    #[test]
    fn answers_come_from_threads_and_right_ones_are_remembered() {
        let verifier = Arc::new(Verifier::new(Clock::new()).unwrap());
        let users = users();
        for (user, password, is_right) in
            [("a", "a", true), ("a", "b", false), ("x", "a", false), ("b", "b", true)]
        {
            let question = question(&users, user, password);
            let answer = verifier.ask(Origin::Local, question.clone(), 0, 60);
            let hash = answer.blocking_recv().unwrap();
            assert_eq!(hash.is_some(), is_right, "{user} {password}");
            assert_eq!(verifier.recall(&question, 60), hash);
            assert_eq!(verifier.recall(&question, 0), None);
        }
        verifier.end();
    }

    #[test]
    fn the_password_of_a_decoy_opens_nothing() {
        let users = users();
        assert_eq!(question(&users, "x", "a").answer(), None);
        assert_eq!(question(&users, "x", "b").answer(), None);
        assert_eq!(question(&Arc::default(), "x", "").answer(), None);
    }

    #[test]
    fn what_is_put_out_hears_that_nothing_will_come() {
        let verifier = Arc::new(Verifier::new(Clock::new()).unwrap());
        let users = users();
        let answers: Vec<_> = (0..3)
            .map(|_| {
                let question = question(&users, "a", "a");
                verifier.ask(Origin::Local, question, WAITING_BYTES_MAX, 0)
            })
            .collect();
        assert!(answers.into_iter().all(|answer| answer.blocking_recv().is_err()));
        verifier.end();
    }
}
