//! Describes the machine, as context of the results.

use crate::report::Machine;

/// Reads the description from the system. Unavailable fields are empty or zero.
pub(crate) fn read() -> Machine {
    let uname = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    Machine {
        cpu: field_of("/proc/cpuinfo", "model name").unwrap_or_else(|| text(uname.machine())),
        cores: std::thread::available_parallelism().map_or(0, |cores| cores.get() as u32),
        kernel: format!("{} {}", text(uname.sysname()), text(uname.release())),
        memory_mib: field_of("/proc/meminfo", "MemTotal")
            .and_then(|value| value.split(' ').next()?.parse::<u64>().ok())
            .map_or(0, |kib| kib / 1024),
    }
}

fn field_of(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
