//! Costly work of many tasks of one thread, a step at a time: between two steps the thread looks at
//! its sockets and serves whoever has something to say. So it makes no difference to them whether
//! one connection shakes hands or a thousand do.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::sync::{Notify, Semaphore};
use tokio::task::yield_now;

/// Steps between two looks at the sockets.
const STEPS: usize = 1;

/// Who may take the next step: in the order in which they asked.
#[derive(Debug)]
pub(super) struct Turns {
    free: Semaphore,
    taken: Cell<usize>,
    has_taken: Notify,
}

impl Default for Turns {
    fn default() -> Self {
        Turns { free: Semaphore::new(STEPS), taken: Cell::new(0), has_taken: Notify::new() }
    }
}

impl Turns {
    /// Does the work, which takes a step each time that it can go on.
    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        loop {
            // Nobody closes it.
            if let Ok(step) = self.free.acquire().await {
                step.forget();
            }
            self.taken.set(self.taken.get() + 1);
            self.has_taken.notify_one();
            match poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
                Poll::Ready(output) => return output,
                Poll::Pending => woken().await,
            }
        }
    }

    /// Gives steps back when the runtime has looked at its sockets, which is what a task that yields
    /// waits for. For as long as the thread runs.
    pub(super) async fn renew(&self) {
        loop {
            self.has_taken.notified().await;
            yield_now().await;
            self.free.add_permits(self.taken.take());
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

    #[test]
    fn however_many_want_to_work_only_one_step_is_taken_between_two_looks() {
        let (turns, counter) = (Rc::new(Turns::default()), Rc::new(Counter::default()));
        run(&turns, async {
            let tasks = [(); 200].map(|()| {
                let (turns, counter) = (Rc::clone(&turns), Rc::clone(&counter));
                spawn_local(async move { turns.run(work(&counter, 3)).await })
            });
            // Somebody who has nothing to do with them gets through between any two steps.
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
        // The look and the renewal are two tasks: their order may differ by one turn.
        assert!(counter.most.get() <= 2 * STEPS, "{} steps at once", counter.most.get());
    }

    #[test]
    fn who_waits_for_the_other_side_holds_up_nobody() {
        let (turns, counter) = (Rc::new(Turns::default()), Rc::new(Counter::default()));
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
