//! One thread of the server: its runtime, its connections, and the turns it takes at the core.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::task::{AbortHandle, LocalSet, spawn_local, unconstrained, yield_now};
use tokio::time::{sleep, timeout};

use crate::broker::event::{ConnId, Input};
use crate::broker::policy::ListenerId;
use crate::broker::rate::Rates;
use crate::protocol::Packet;
use crate::server::accept::{self, Bound};
use crate::server::connection;
use crate::server::core::{Core, Turn};
use crate::server::current::{Replacement, Seen};
use crate::server::outlet::Outlet;
use crate::server::outputs::{Flushed, Outputs};
use crate::server::parking::{self, Parking};
use crate::server::revoke::{self, Secured};
use crate::server::settings::Settings;
use crate::server::shared::{Accepted, Command, Shared};
use crate::server::turns::{self, Turns};
use crate::server::{judge, log_topic, memory, sys, timer};
use crate::store::Ledger;
use crate::transport::Bare;

/// Bytes that one read takes at most.
const SCRATCH_BYTES: usize = 64 << 10;
/// Sockets that one look at the system reports at most (the runtime's default).
const EVENTS_MAX: usize = 1024;
/// While the server holds too many unsent bytes, a connection may have this part of its own bound.
const OVERLOAD_SHARE: usize = 16;
/// How long the orderly stop waits for connections to take what is meant for them.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// What the tasks of one thread share.
pub(super) struct Local {
    pub(super) thread: usize,
    pub(super) shared: Arc<Shared>,
    settings: RefCell<Seen>,
    pub(super) outputs: RefCell<Outputs>,
    /// What connections read into.
    pub(super) scratch: RefCell<Box<[u8]>>,
    /// The batch vector while no turn uses it.
    batch: Cell<Vec<Packet<'static>>>,
    /// Clients that came by TLS.
    pub(super) secured: Secured,
    /// Handshakes take their steps by these.
    pub(super) handshakes: Turns,
    /// Quiet connections.
    pub(super) parking: Parking,
    /// There is something to write.
    flush: Notify,
    /// The tasks that accept connections.
    accepting: RefCell<Vec<AbortHandle>>,
}

/// Runs thread `thread` until it is stopped. The first one also accepts connections and keeps the
/// time.
pub(super) fn run(thread: usize, shared: Arc<Shared>, bound: Vec<Bound>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let clock = shared.clock;
    let local = Rc::new(Local {
        thread,
        outputs: RefCell::new(Outputs::new(shared.gates.len())),
        settings: RefCell::new(shared.settings.seen()),
        shared,
        scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
        batch: Cell::default(),
        secured: Secured::default(),
        handshakes: Turns::new(clock, turns::SHARE),
        parking: Parking::new()?,
        flush: Notify::new(),
        accepting: RefCell::default(),
    });
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, async {
        spawn_local(unconstrained(flush(Rc::clone(&local))));
        spawn_local(obey(Rc::clone(&local)));
        spawn_local(renew(Rc::clone(&local)));
        spawn_local(parking::keep(&local)?);
        spawn_local(parking::sweep(Rc::clone(&local)));
        if thread == 0 {
            let settings = local.settings();
            local.turn(|turn| judge::judge_restored(turn, &settings));
            spawn_local(timer::keep_time(Rc::clone(&local)));
            spawn_local(sys::publish(Rc::clone(&local)));
            spawn_local(log_topic::publish(Rc::clone(&local)));
            spawn_local(memory::watch(Rc::clone(&local)));
        }
        for listener in bound {
            let task = spawn_local(accept::accept(Rc::clone(&local), listener));
            local.accepting.borrow_mut().push(task.abort_handle());
        }
        local.shared.gates[thread].stop.notified().await;
        Ok(())
    })
}

/// Writes what was touched, once for each turn of the ready connections.
async fn flush(local: Rc<Local>) {
    let mut flushed = Flushed::default();
    loop {
        local.flush.notified().await;
        let bytes_max = local.output_bytes_max();
        let counters = &local.shared.counters;
        local.outputs.borrow_mut().flush(counters, bytes_max, local.thread, &mut flushed);
        for conn in flushed.roused.drain(..) {
            connection::rouse(&local, conn);
        }
        let has_untold = local.outputs.borrow().has_untold();
        if has_untold || !flushed.drained.is_empty() {
            local.turn(|turn| flushed.drained.drain(..).for_each(|conn| turn.on_drained(conn)));
        }
    }
}

/// Lets handshakes go on.
async fn renew(local: Rc<Local>) {
    local.handshakes.renew().await;
}

/// Takes mail and commands from other threads.
async fn obey(local: Rc<Local>) {
    let gate = &local.shared.gates[local.thread];
    loop {
        gate.wake.notified().await;
        if gate.has_mail.load(Ordering::SeqCst) {
            local.turn(|_| ());
        }
        if gate.has_commit.swap(false, Ordering::SeqCst) {
            local.outputs.borrow_mut().release(local.shared.durable.committed());
            local.flush.notify_one();
        }
        for command in gate.take() {
            local.obey_one(command);
        }
    }
}

impl Local {
    fn obey_one(self: &Rc<Self>, command: Command) {
        match command {
            Command::Serve(accepted) => self.serve(accepted),
            Command::JudgeSecured { done } => {
                spawn_local(revoke::judge_all(Rc::clone(self), done));
            }
            Command::ReadToEnd { conn, done } => {
                spawn_local(Rc::clone(self).read_to_end(conn, done));
            }
            Command::ReadAll { done } => {
                spawn_local(Rc::clone(self).read_all(done));
            }
            Command::Store { works } => {
                if self.thread == 0 {
                    self.turn(|turn| turn.handle(Input::Store { works }));
                }
                self.outputs.borrow().wake_all();
                self.parking.goes_on.notify_one();
            }
            Command::Reload(replacement) => self.replace(replacement),
            Command::Answer { done } => {
                // Whoever has asked may not wait any more.
                let _ = done.send(());
            }
            Command::Shutdown => {
                spawn_local(Rc::clone(self).shut_down());
            }
        }
    }

    /// Takes over new rules and settings, as one step for all threads.
    fn replace(self: &Rc<Self>, replacement: Replacement) {
        let Replacement { policy, settings, done } = replacement;
        let asked = self.turn(|turn| {
            turn.handle(Input::Reload(policy));
            self.shared.settings.replace(Arc::clone(&settings));
            judge::judge(turn, &settings)
        });
        self.shared.settings.replaced.notify_one();
        spawn_local(judge::judge_all(Rc::clone(self), asked, done));
    }

    /// Begins to serve a connection.
    pub(super) fn serve(self: &Rc<Self>, accepted: Accepted<Bare>) {
        connection::serve(self, accepted);
    }

    /// Unsent bytes above which a connection takes no more: less while the server as a whole holds
    /// too much.
    pub(super) fn output_bytes_max(&self) -> usize {
        let bytes_max = self.ask_settings(|settings| settings.output_bytes_max);
        if self.is_overloaded() { bytes_max / OVERLOAD_SHARE } else { bytes_max }
    }

    /// How fast the clients of a listener may send.
    pub(super) fn rates(&self, listener: ListenerId) -> Rates {
        self.ask_settings(|settings| settings.rates(listener))
    }

    /// The settings as they are now.
    pub(super) fn settings(&self) -> Arc<Settings> {
        Arc::clone(self.shared.settings.look(&mut self.settings.borrow_mut()))
    }

    /// One of the settings, for what is asked at every turn: without a count of references that
    /// all threads share.
    fn ask_settings<R>(&self, ask: impl FnOnce(&Settings) -> R) -> R {
        ask(self.shared.settings.look(&mut self.settings.borrow_mut()))
    }

    /// Whether so much is unsent that publishers are slowed.
    pub(super) fn is_overloaded(&self) -> bool {
        let bytes_max = self.ask_settings(|settings| settings.output_bytes_total_max);
        bytes_max != 0 && self.shared.counters.backlog_bytes() > bytes_max
    }

    /// Takes the core's lock and lets `act` use it. What came from other threads is applied first,
    /// so that nothing is reordered. Nobody is woken and nothing is written under the lock.
    pub(super) fn turn<R>(&self, act: impl FnOnce(&mut Turn<'_>) -> R) -> R {
        let shared = &*self.shared;
        let output_bytes_max = self.output_bytes_max();
        let is_measured = shared.counters.begin_turn();
        let mut outputs = self.outputs.borrow_mut();
        let mut guard = shared.core();
        let since = is_measured.then(|| shared.clock.elapsed_nanos());
        shared.gates[self.thread].has_mail.store(false, Ordering::SeqCst);
        let core = &mut *guard;
        catch_up(core, self.thread, &mut outputs);
        let now = shared.clock.now();
        let outlet = Outlet {
            now,
            thread: self.thread,
            slots: &mut core.slots,
            mail: &mut core.mail,
            lines: &mut core.lines,
            log: &shared.log,
            notices: &mut core.notices,
            tells_wills: self.ask_settings(|settings| settings.sys_wills),
            outputs: &mut outputs,
            output_bytes_max,
            ledger: core.ledger.as_mut(),
            agreed: None,
            wakes: 0,
        };
        let mut turn = Turn { now, broker: &mut core.broker, outlet };
        let result = act(&mut turn);
        let wakes = turn.outlet.wakes;
        let is_earlier = core.broker.deadline().is_some_and(|(at, _)| at < core.armed);
        let mut lines = std::mem::take(&mut core.lines);
        let changed = core.ledger.as_ref().filter(|ledger| ledger.has_changes());
        let is_overfull = changed.map(Ledger::is_overfull);
        drop(guard);
        if let Some(is_overfull) = is_overfull {
            shared.durable.ask(is_overfull, shared.clock.elapsed_nanos());
        }
        if let Some(since) = since {
            shared.counters.add_sample(since, shared.clock.elapsed_nanos());
        }
        if is_earlier {
            shared.rearm.notify_one();
        }
        self.wake_others(wakes);
        if outputs.is_touched() {
            self.flush.notify_one();
        }
        if !lines.is_empty() {
            shared.log.write(&mut lines);
        }
        result
    }

    fn wake_others(&self, mut wakes: u64) {
        while wakes != 0 {
            let gate = &self.shared.gates[wakes.trailing_zeros() as usize];
            wakes &= wakes - 1;
            if !gate.has_mail.swap(true, Ordering::SeqCst) {
                gate.wake.notify_one();
            }
        }
    }

    /// The batch vector, empty.
    pub(super) fn take_batch<'a>(&self) -> Vec<Packet<'a>> {
        recycled(self.batch.take())
    }

    /// Keeps the batch vector for the next turn.
    pub(super) fn keep_batch(&self, batch: Vec<Packet<'_>>) {
        self.batch.set(recycled(batch));
    }

    /// Reads what has arrived on a connection. The runtime learns what is ready only when it looks,
    /// which a short sleep makes it do.
    async fn read_to_end(self: Rc<Self>, conn: ConnId, done: oneshot::Sender<()>) {
        connection::rouse(&self, conn);
        sleep(Duration::from_millis(1)).await;
        if let Some(open) = self.outputs.borrow_mut().find_open(conn) {
            open.when_idle = Some(done);
            open.waker.wake_by_ref();
        }
    }

    /// Reads once from every connection that has something.
    async fn read_all(self: Rc<Self>, done: oneshot::Sender<()>) {
        parking::read_all(&self).await;
        let looks = 1 + self.outputs.borrow().capacity() / EVENTS_MAX;
        for _ in 0..looks {
            sleep(Duration::from_millis(1)).await;
        }
        self.outputs.borrow().wake_all();
        yield_now().await;
        // Nobody waits any more when the time for it is over.
        let _ = done.send(());
    }

    /// The orderly stop: no more connections, the core's farewell, then the end of all threads.
    async fn shut_down(self: Rc<Self>) {
        let shared = &self.shared;
        if shared.begin_stop() {
            return;
        }
        self.accepting.borrow_mut().drain(..).for_each(|task| task.abort());
        self.turn(|turn| turn.handle(Input::Shutdown));
        let emptied = async {
            while shared.counters.connections() > 0 {
                shared.emptied.notified().await;
            }
        };
        // What is still there after the grace is cut off.
        let _ = timeout(SHUTDOWN_GRACE, emptied).await;
        shared.stop_threads();
    }
}

/// Moves the thread's mail to its outputs, and tells what of them could not be written.
fn catch_up(core: &mut Core, thread: usize, outputs: &mut Outputs) {
    take_mail(core, thread, outputs);
    outputs.tell(thread, |conn, backlog| {
        let slot = core.slots.get_mut(conn.slot as usize);
        if let Some(slot) = slot.filter(|slot| slot.serial == conn.serial) {
            slot.set_backlog(backlog);
        }
    });
}

fn take_mail(core: &mut Core, thread: usize, outputs: &mut Outputs) {
    let mail = &mut core.mail[thread];
    if mail.is_empty() {
        return;
    }
    let slots = &mut core.slots;
    mail.hand_out(outputs, |conn| {
        if let Some(slot) = slots.get_mut(conn.slot as usize).filter(|s| s.serial == conn.serial) {
            slot.take_mailed();
        }
    });
}

/// The same vector, empty, for another lifetime: growing one for each turn would show in the
/// profile. The collection happens in place.
fn recycled<'a>(mut batch: Vec<Packet<'_>>) -> Vec<Packet<'a>> {
    batch.clear();
    batch.into_iter().map_while(|_| None).collect()
}
