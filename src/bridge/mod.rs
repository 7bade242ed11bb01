//! Bridges to other brokers: each is two ordinary clients and a topic map.
//!
//! The local client is connected to this broker by a pipe, all the time; its session is where
//! messages wait while the remote broker is away. What came from one side is acknowledged there
//! when the other side has acknowledged it. All bridges run on one thread of their own.
//!
//! Deliberately absent: rules of MQTT, and any rule of the broker about bridges.

mod ends;
mod guide;
mod relay;
mod run;
mod settings;
#[cfg(test)]
mod testing;
mod topics;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{self, LocalSet, spawn_local};

use crate::config::{Bridge, Config};
use crate::observe::ServerEvent;
use crate::observe::bridge_lines::BridgeEvent;
use crate::server::Door;
use run::{Order, Outcome, Pending, Runner};
use settings::Common;

/// What the thread of the bridges is told.
#[derive(Debug)]
enum Admin {
    /// These bridges, and no others.
    Reload(Vec<Bridge>, Common),
    /// Leave in order.
    Shutdown,
}

/// All bridges of a broker. Dropping it cuts them off; [`Bridges::shutdown`] ends them in order.
#[derive(Debug)]
pub struct Bridges {
    door: Door,
    thread: RefCell<Option<(UnboundedSender<Admin>, JoinHandle<()>)>>,
    ended: Arc<Ended>,
    /// The bridges of the start have subscribed at this broker.
    ready: Arc<Ended>,
}

/// Whether something has ended.
#[derive(Debug, Default)]
struct Ended {
    is_set: AtomicBool,
    changed: Notify,
}

/// Tells the end of what holds it, however it ends.
#[derive(Debug)]
struct TellEnd(Arc<Ended>);

impl Drop for TellEnd {
    fn drop(&mut self) {
        self.0.is_set.store(true, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

impl Bridges {
    /// Starts the bridges of a configuration, if there are any. What goes wrong is told in the log:
    /// the broker serves its clients without them too.
    pub fn start(config: &Config, door: Door) -> Bridges {
        let bridges = Bridges {
            door,
            thread: RefCell::default(),
            ended: Arc::default(),
            ready: Arc::default(),
        };
        bridges.reload(config);
        bridges
    }

    /// Whether the files of TLS that the bridges name can be used.
    ///
    /// # Errors
    ///
    /// The name of the first bridge that cannot use its files, and why.
    pub fn check(config: &Config) -> Result<(), (&str, String)> {
        let common = common(config);
        for bridge in &config.bridges {
            let endpoint = settings::remote_endpoint(bridge, &common, 0);
            endpoint.map_err(|error| (&*bridge.name, error.to_string()))?;
        }
        Ok(())
    }

    /// Takes over other settings: bridges that are gone leave, new ones start, changed ones begin
    /// anew when `bridge_reload_type` says so.
    pub fn reload(&self, config: &Config) {
        if self.thread.borrow().is_none() && !config.bridges.is_empty() {
            match self.spawn() {
                Ok(thread) => *self.thread.borrow_mut() = Some(thread),
                Err(error) => {
                    let why = &error.to_string();
                    self.door.report(&ServerEvent::Bridge(BridgeEvent::NoThread { why }));
                }
            }
        }
        self.send(Admin::Reload(config.bridges.clone(), common(config)));
    }

    /// Waits until the bridges of the start have subscribed at this broker, so that they miss nothing
    /// that is published from then on; those that a reload changes meanwhile, with their new settings.
    /// Ends at once where there are none.
    pub async fn ready(&self) {
        self.wait_for(&self.ready).await;
    }

    /// Asks all bridges to leave in order. Returns at once; [`Bridges::ended`] waits for it.
    pub fn shutdown(&self) {
        self.send(Admin::Shutdown);
    }

    /// Waits until they have left, or been cut off. Ends at once where there are none.
    pub async fn ended(&self) {
        self.wait_for(&self.ended).await;
    }

    /// Waits for what the thread tells.
    async fn wait_for(&self, end: &Ended) {
        while self.thread.borrow().is_some() && !end.is_set.load(Ordering::SeqCst) {
            end.changed.notified().await;
        }
    }

    fn send(&self, admin: Admin) {
        if let Some((orders, _)) = &*self.thread.borrow() {
            // A thread that has ended needs no orders.
            let _ = orders.send(admin);
        }
    }

    fn spawn(&self) -> io::Result<(UnboundedSender<Admin>, JoinHandle<()>)> {
        let (sender, receiver) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (door, ended) = (self.door.clone(), Arc::clone(&self.ended));
        let ready = TellEnd(Arc::clone(&self.ready));
        let thread = thread::Builder::new().name("bridges".to_owned()).spawn(move || {
            let _ended = TellEnd(ended);
            LocalSet::new().block_on(&runtime, manage(door, receiver, ready));
            // A name lookup that still runs is left behind.
            runtime.shutdown_background();
        })?;
        Ok((sender, thread))
    }
}

impl Drop for Bridges {
    fn drop(&mut self) {
        if let Some((orders, thread)) = self.thread.take() {
            drop(orders);
            // Whatever it ended with, it has ended.
            let _ = thread.join();
        }
    }
}

fn common(config: &Config) -> Common {
    Common {
        nodelay: config.tcp_nodelay,
        inflight_messages_max: config.policy.bridge_receive_maximum(),
        holds_qos0: config.policy.queue_qos0,
    }
}

/// One bridge from outside.
struct Running {
    bridge: Bridge,
    orders: UnboundedSender<Order>,
    task: task::JoinHandle<()>,
}

/// Starts and stops bridges until it is told to shut down, or nobody is there to tell it anything.
/// `ready` is dropped when the bridges of the start have subscribed at this broker.
async fn manage(door: Door, mut admin: UnboundedReceiver<Admin>, ready: TellEnd) {
    let ready = Arc::new(ready);
    let waited_for = Arc::downgrade(&ready);
    let mut first = Some(ready);
    let mut running: HashMap<String, Running> = HashMap::new();
    let mut leaving: HashMap<String, task::JoinHandle<()>> = HashMap::new();
    while let Some(order) = admin.recv().await {
        match order {
            Admin::Reload(bridges, common) => {
                // What comes while the start is waited for takes part in it.
                let pending = first.take().or_else(|| waited_for.upgrade());
                let gone = |name: &str| bridges.iter().all(|bridge| bridge.name != name);
                for (name, old) in running.extract_if(|name, _| gone(name)) {
                    // One that has ended is gone already.
                    let _ = old.orders.send(Order::Stop { forgets: true });
                    leaving.insert(name, old.task);
                }
                for bridge in bridges {
                    match running.get_mut(&bridge.name) {
                        Some(old) if old.bridge == bridge => {}
                        Some(old) => {
                            old.bridge = bridge.clone();
                            let _ = old.orders.send(Order::Change(Box::new(bridge)));
                        }
                        None => {
                            let before = leaving.remove(&bridge.name);
                            let ready = pending.clone();
                            let new = begin(bridge, common, door.clone(), before, ready);
                            running.insert(new.bridge.name.clone(), new);
                        }
                    }
                }
            }
            Admin::Shutdown => {
                for bridge in running.values() {
                    let _ = bridge.orders.send(Order::Stop { forgets: false });
                }
                let tasks = running.into_values().map(|bridge| bridge.task);
                let tasks: Vec<_> = tasks.chain(leaving.into_values()).collect();
                return leave(tasks, admin).await;
            }
        }
    }
}

/// Waits for the ends of tasks, as long as anybody is interested.
async fn leave(tasks: Vec<task::JoinHandle<()>>, mut admin: UnboundedReceiver<Admin>) {
    let all = async {
        for task in tasks {
            // One that has panicked has ended too.
            let _ = task.await;
        }
    };
    let is_cut_off = async { while admin.recv().await.is_some() {} };
    tokio::select! {
        () = all => {}
        () = is_cut_off => {}
    }
}

/// Starts a bridge, after the one `before` it with the same name has left.
fn begin(
    bridge: Bridge,
    common: Common,
    door: Door,
    before: Option<task::JoinHandle<()>>,
    mut ready: Option<Pending>,
) -> Running {
    let (orders, mut receiver) = unbounded_channel();
    let mut now = bridge.clone();
    let task = spawn_local(async move {
        if let Some(before) = before {
            let _ = before.await;
        }
        loop {
            // Without a random number all bridges of the world wait for the same time.
            let seed = getrandom::u64().unwrap_or_default();
            match Runner::new(&now, common, &door, seed, ready).run(&mut receiver).await {
                Outcome::Stopped => return,
                Outcome::Changed(bridge, pending) => (now, ready) = (*bridge, pending),
            }
        }
    });
    Running { bridge, orders, task }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;
    use crate::observe::Log;
    use crate::server::Server;

    #[test]
    fn a_bridge_that_is_changed_before_it_is_ready_is_ready_when_it_has_subscribed_anew() {
        let sources = Sources { ports: vec![0], quiet: true, ..Sources::default() };
        let config = Config::load(&sources).unwrap();
        let server = Server::start(&config, Log::start(config.log.clone())).unwrap();
        let lines = |filter: &str| format!("address 127.0.0.1:1\ntopic {filter} out 0");
        let [before, after] = ["a", "b"].map(|it| testing::bridge(&lines(it)));
        let local_client_id = after.local_client_id.clone();
        let (sender, receiver) = unbounded_channel();
        for bridge in [before, after] {
            sender.send(Admin::Reload(vec![bridge], common(&config))).unwrap();
        }
        let ready = Arc::<Ended>::default();
        let bridges = manage(server.door(), receiver, TellEnd(Arc::clone(&ready)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let tasks = LocalSet::new();
        tasks.spawn_local(bridges);
        tasks.block_on(&runtime, ready.changed.notified());
        let filters = server.door().filters_of(&local_client_id);
        assert!(filters.contains(&"b".to_owned()), "{filters:?}");
    }
}
