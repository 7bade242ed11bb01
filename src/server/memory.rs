//! How much memory the process has, as the system counts it.

use std::fs;

/// Bytes of memory that are in use now. `None` where the system does not tell.
pub(super) fn resident_bytes() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The most there ever were.
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
    fn the_fields_are_found() {
        let status = "Name:\tx\nVmHWM:\t    20 kB\nVmRSS:\t    10 kB\n";
        assert_eq!(
            (field(status, "VmRSS:"), field(status, "VmHWM:")),
            (Some(10_240), Some(20_480))
        );
        assert_eq!(field(status, "VmSwap:"), None);
        assert!(resident_bytes() <= resident_bytes_peak());
    }
}
