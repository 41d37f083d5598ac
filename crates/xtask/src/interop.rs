//! `interop`: installs the real peers, builds `limpid`, lays the cable between two network namespaces, and runs the scenarios.
//!
//! What they find is printed by `interop-tests/run.mjs`, which ends with `N passed, N failed, N skipped` and keeps JSON.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::bench;

const FOLDER: &str = "interop-tests";

/// The cable is taken away when this is dropped, whatever happened meanwhile.
struct Namespaces<'a>(&'a Path);

impl Drop for Namespaces<'_> {
    fn drop(&mut self) {
        let _ = bash(self.0, &["namespace.sh", "down"]).status();
    }
}

/// Runs the scenarios whose name holds one of the arguments, or all.
pub(crate) fn run(root: &Path, scenarios: &[String]) -> Result<bool, String> {
    let folder = root.join(FOLDER);
    must(bash(&folder, &["setup.sh"]), "setup.sh")?;
    // Beside the binary: what libsrtp is compared with.
    bench::cargo(root, &["-p", "limpid-srtp", "--example", "srtp_lines"])?;
    // The examples: one writes and reads the files of `media files`, the other is commanded by scenarios.
    bench::cargo(root, &["-p", "limpid-app", "--bins", "--example", "card", "--example", "lab"])?;
    let namespaces = Namespaces(&folder);
    must(bash(&folder, &["namespace.sh", "up"]), "namespace.sh up (needs the rights of root)")?;
    let mut command = bash(&folder, &["namespace.sh", "run", "node", "run.mjs"]);
    command.args(scenarios).env("LIMPID", bench::release(root).join("limpid"));
    let status = command.status().map_err(|error| format!("run.mjs: {error}"))?;
    drop(namespaces);
    Ok(status.success())
}

fn bash(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new("bash");
    command.args(arguments).current_dir(folder);
    command
}

fn must(mut command: Command, name: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}
