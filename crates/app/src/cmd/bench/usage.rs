//! What this process has used, as the system counts it.

use rustix::time::{ClockId, clock_gettime};

/// Processor seconds of all threads, user and system together, to the nanosecond: `/proc/self/stat` counts in
/// hundredths of a second, which is more than a short run takes.
pub(crate) fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

/// Resident memory in KiB. `None` where there is no `/proc`.
pub(crate) fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time_and_memory() {
        let before = cpu_seconds();
        let mut sum = 0u64;
        for _ in 0..10_000 {
            sum = std::hint::black_box(sum.wrapping_mul(31) + 1);
        }
        let used = cpu_seconds() - before;
        assert!(used > 0.0, "ten thousand multiplications take less than a tick, and are seen");
        assert!(resident_kib().unwrap() > 500);
    }
}
