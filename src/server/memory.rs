//! `memory_limit`: looks at how much memory the process has, and stops new work in time.

use std::fs;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::sleep;

use crate::broker::event::Input;
use crate::observe::ServerEvent;
use crate::server::worker::Local;

/// How often the memory is looked at.
const INTERVAL: Duration = Duration::from_millis(200);

/// Looks for as long as the server runs.
pub(super) async fn watch(local: Rc<Local>) {
    loop {
        let limit = local.settings().memory_max;
        let resident = limit.and_then(|_| resident_bytes());
        let was_short = local.shared.is_memory_short.load(Ordering::Relaxed);
        let is_short = is_short(was_short, resident, limit);
        if is_short != was_short {
            local.shared.is_memory_short.store(is_short, Ordering::Relaxed);
            local.turn(|turn| turn.handle(Input::Memory { is_short }));
            let (bytes, limit) = (resident.unwrap_or(0), limit.unwrap_or(0));
            local.shared.report(&ServerEvent::Memory { is_short, bytes, limit });
        }
        sleep(INTERVAL).await;
    }
}

/// Whether there is too little memory: from the limit on, until a tenth of it is free again.
fn is_short(was_short: bool, resident: Option<u64>, limit: Option<u64>) -> bool {
    let (Some(resident), Some(limit)) = (resident, limit) else { return false };
    let bound = if was_short { limit / 10 * 9 } else { limit };
    resident > bound
}

/// The memory that the process has, as the system counts it. `None` where it does not tell.
pub(super) fn resident_bytes() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The most there ever was.
pub(super) fn resident_bytes_peak() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// A line such as `VmRSS:      1234 kB`.
fn field(status: &str, name: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = rest.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_goes_on_when_a_tenth_is_free_again() {
        let short = |was, resident| is_short(was, Some(resident), Some(1000));
        assert_eq!([900, 1000, 1001].map(|it| short(false, it)), [false, false, true]);
        assert_eq!([900, 901, 1001].map(|it| short(true, it)), [false, true, true]);
        assert!(!is_short(true, Some(5), None) && !is_short(true, None, Some(5)));
    }

    #[test]
    fn the_fields_are_found() {
        let status = "Name:\tx\nVmHWM:\t    20 kB\nVmRSS:\t    10 kB\n";
        assert_eq!(field(status, "VmRSS:"), Some(10_240));
        assert_eq!(field(status, "VmHWM:"), Some(20_480));
        assert_eq!(field(status, "VmSwap:"), None);
        assert!(resident_bytes_peak().is_some_and(|bytes| bytes > 100_000));
    }

    #[test]
    fn the_system_tells_how_much_there_is() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 100_000));
    }
}
