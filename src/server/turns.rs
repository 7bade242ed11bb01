//! Costly work of many tasks of one thread, a little at a time: after some of it the thread looks at
//! its sockets and serves whoever has something to say. So it makes no difference to them whether
//! one connection shakes hands or a thousand do; and however busy the thread is with them, some of
//! the work is done each time.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;

use crate::clock::Clock;

/// How long steps may take between two looks at the sockets; one is taken in any case.
pub(super) const SHARE: Duration = Duration::from_millis(2);

/// Who may take the next step: in the order in which they asked.
#[derive(Debug)]
pub(super) struct Turns {
    clock: Clock,
    share_nanos: u64,
    /// One, unless the share is used up.
    free: Semaphore,
    /// What of the share is used up.
    used_nanos: Cell<u64>,
    has_used: Notify,
}

impl Turns {
    /// With so much time for steps between two looks at the sockets.
    pub(super) fn new(clock: Clock, share: Duration) -> Self {
        // A share is far below the 584 years that fit.
        let share_nanos = share.as_nanos() as u64;
        let free = Semaphore::new(1);
        Turns { clock, share_nanos, free, used_nanos: Cell::new(0), has_used: Notify::new() }
    }

    /// Does the work, which takes a step each time that it can go on.
    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        loop {
            // Nobody closes it.
            if let Ok(step) = self.free.acquire().await {
                step.forget();
            }
            let began = self.clock.elapsed_nanos();
            let polled = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await;
            self.use_up(self.clock.elapsed_nanos() - began);
            match polled {
                Poll::Ready(output) => return output,
                Poll::Pending => woken().await,
            }
        }
    }

    fn use_up(&self, nanos: u64) {
        let used = self.used_nanos.get() + nanos;
        self.used_nanos.set(used);
        self.has_used.notify_one();
        if used < self.share_nanos {
            self.free.add_permits(1);
        }
    }

    /// Gives the share out anew when the runtime has looked at its sockets, which is what a task that
    /// yields waits for. For as long as the thread runs.
    pub(super) async fn renew(&self) {
        loop {
            self.has_used.notified().await;
            yield_now().await;
            if self.used_nanos.take() >= self.share_nanos {
                self.free.add_permits(1);
            }
        }
    }
}

/// Until the task is woken, by whatever it waits for.
async fn woken() {
    let mut is_woken = false;
    poll_fn(|_| match std::mem::replace(&mut is_woken, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use tokio::task::{LocalSet, spawn_local};

    use super::*;

    /// Counts steps of everybody since the last look at the sockets, and the most there were.
    #[derive(Default)]
    struct Counter {
        steps: Cell<usize>,
        most: Cell<usize>,
        all: Cell<usize>,
    }

    impl Counter {
        fn count(&self) {
            self.steps.set(self.steps.get() + 1);
            self.most.set(self.most.get().max(self.steps.get()));
            self.all.set(self.all.get() + 1);
        }
    }

    /// Work of `steps` steps that is never blocked.
    async fn work(counter: &Counter, steps: usize) {
        for step in 0..steps {
            counter.count();
            if step + 1 < steps {
                let mut is_over = false;
                poll_fn(|cx| {
                    if std::mem::replace(&mut is_over, true) {
                        return Poll::Ready(());
                    }
                    cx.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
            }
        }
    }

    fn run(turns: &Rc<Turns>, body: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let renewing = Rc::clone(turns);
            spawn_local(async move { renewing.renew().await });
            body.await;
        });
    }

    /// Two hundred that want to work, three steps each, and somebody who has nothing to do with
    /// them; the most steps between two looks.
    fn most_steps(share: Duration) -> usize {
        let turns = Rc::new(Turns::new(Clock::new(), share));
        let counter = Rc::new(Counter::default());
        run(&turns, async {
            let tasks = [(); 200].map(|()| {
                let (turns, counter) = (Rc::clone(&turns), Rc::clone(&counter));
                spawn_local(async move { turns.run(work(&counter, 3)).await })
            });
            let looking = Rc::clone(&counter);
            let healthy = spawn_local(async move {
                loop {
                    looking.steps.set(0);
                    yield_now().await;
                }
            });
            for task in tasks {
                task.await.unwrap();
            }
            healthy.abort();
        });
        assert_eq!(counter.all.get(), 600);
        counter.most.get()
    }

    #[test]
    fn however_many_want_to_work_only_one_step_is_taken_between_two_looks() {
        // The look and the renewal are two tasks: their order may differ by one turn.
        let most = most_steps(Duration::ZERO);
        assert!((1..=2).contains(&most), "{most} steps at once");
    }

    #[test]
    fn cheap_steps_share_a_look() {
        let most = most_steps(Duration::from_secs(3600));
        assert!(most >= 10, "{most} steps at once");
    }

    #[test]
    fn who_waits_for_the_other_side_holds_up_nobody() {
        let turns = Rc::new(Turns::new(Clock::new(), Duration::ZERO));
        let counter = Rc::new(Counter::default());
        run(&turns, async {
            let mut stuck = Vec::new();
            for _ in 0..50 {
                let turns = Rc::clone(&turns);
                stuck.push(spawn_local(async move {
                    turns.run(std::future::pending::<()>()).await;
                }));
            }
            turns.run(work(&counter, 5)).await;
            assert!(stuck.iter().all(|task| !task.is_finished()));
            // Those that are given up while they wait for a step take none along.
            stuck.iter().for_each(tokio::task::JoinHandle::abort);
            turns.run(work(&counter, 5)).await;
        });
        assert_eq!(counter.all.get(), 10);
    }
}
