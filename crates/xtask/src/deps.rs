//! `deps`: for each crate its lines, and how many other packages come with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::files::{self, Source};
use crate::lex;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

impl Dependency {
    /// Needed to run, not only to test or to build.
    fn is_normal(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

/// Prints the table. Dependencies: ours, those of others that the manifest names, and all of others that come with it,
/// with the features that the workspace turns on for this machine's target.
pub(crate) fn run(root: &Path) -> Result<bool, String> {
    let metadata = metadata(root)?;
    let sources = files::sources(root, |path| path.starts_with("crates/") && path.ends_with(".rs"))?;
    let lines = count(&sources);
    let nodes: BTreeMap<&str, &Node> =
        metadata.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    println!("{:<12}{:>8}{:>8}{:>6}{:>8}{:>7}", "crate", "source", "tests", "ours", "direct", "total");
    let mut sums = (0, 0);
    for package in metadata.packages.iter().filter(|package| metadata.workspace_members.contains(&package.id))
    {
        let is_ours = |id: &str| metadata.workspace_members.contains(id);
        let direct = direct(&nodes, &package.id);
        let all = reachable(&nodes, &package.id);
        let folder = folder(&package.manifest_path);
        let (source, tests) = lines.get(folder).copied().unwrap_or_default();
        sums = (sums.0 + source, sums.1 + tests);
        println!(
            "{:<12}{source:>8}{tests:>8}{:>6}{:>8}{:>7}",
            if package.name == "limpid" { "runtime" } else { package.name.trim_start_matches("limpid-") },
            direct.iter().filter(|id| is_ours(id)).count(),
            direct.iter().filter(|id| !is_ours(id)).count(),
            all.iter().filter(|id| !is_ours(id)).count(),
        );
    }
    println!("{:<12}{:>8}{:>8}", "all", sums.0, sums.1);
    Ok(true)
}

fn metadata(root: &Path) -> Result<Metadata, String> {
    let target = host()?;
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--filter-platform", &target])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

fn host() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc -vV: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV names no host".to_owned())
}

fn direct<'a>(nodes: &BTreeMap<&'a str, &'a Node>, id: &str) -> BTreeSet<&'a str> {
    let dependencies = nodes.get(id).map(|node| node.deps.as_slice()).unwrap_or_default();
    dependencies
        .iter()
        .filter(|dependency| dependency.is_normal())
        .map(|dependency| dependency.pkg.as_str())
        .collect()
}

fn reachable<'a>(nodes: &BTreeMap<&'a str, &'a Node>, id: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&str> = direct(nodes, id).into_iter().collect();
    while let Some(next) = waiting.pop() {
        if found.insert(next) {
            waiting.extend(direct(nodes, next));
        }
    }
    found
}

/// The folder of a manifest's crate, below `crates/`.
fn folder(manifest: &str) -> &str {
    manifest.rsplit(['/', '\\']).nth(1).unwrap_or_default()
}

/// Lines of source and of tests for each crate's folder. Tests are files of tests and modules under `#[cfg(test)]`.
fn count(sources: &[Source]) -> BTreeMap<&str, (usize, usize)> {
    let mut lines: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for source in sources {
        let Some(name) = source.crate_name() else { continue };
        let all = source.text.lines().count();
        let tests = if source.is_test() { all } else { inline_tests(&source.text) };
        let sum = lines.entry(name).or_default();
        *sum = (sum.0 + all - tests, sum.1 + tests);
    }
    lines
}

/// Lines of the modules behind `#[cfg(test)]`.
fn inline_tests(text: &str) -> usize {
    let blanked = lex::blank(text);
    let lines: Vec<&str> = blanked.lines().collect();
    let marked = lines.iter().enumerate().filter(|(_, line)| line.trim() == "#[cfg(test)]");
    marked
        .map(|(at, _)| {
            let module = lines[at + 1..].iter().take_while(|line| !line.starts_with('}')).count();
            let is_inline =
                lines.get(at + 1).is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'));
            if is_inline { module + 2 } else { 0 }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_apart() {
        let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
        let inline = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n";
        let sources = [
            source("crates/a/src/lib.rs", inline),
            source("crates/a/src/lib/tests.rs", "1\n2\n"),
            source("crates/a/tests/x.rs", "1\n"),
            source("crates/b/src/lib.rs", "#[cfg(test)]\nmod tests;\n"),
        ];
        assert_eq!(count(&sources), BTreeMap::from([("a", (2, 7)), ("b", (2, 0))]));
    }

    #[test]
    fn only_what_is_needed_to_run_counts() {
        let json = r#"{"packages":[],"workspace_members":["a"],"resolve":{"nodes":[
            {"id":"a","deps":[{"pkg":"b","dep_kinds":[{"kind":null}]},{"pkg":"t","dep_kinds":[{"kind":"dev"}]}]},
            {"id":"b","deps":[{"pkg":"c","dep_kinds":[{"kind":null},{"kind":"build"}]}]},
            {"id":"c","deps":[]},{"id":"t","deps":[]}]}}"#;
        let metadata: Metadata = serde_json::from_str(json).unwrap();
        let nodes: BTreeMap<&str, &Node> =
            metadata.resolve.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
        assert_eq!(direct(&nodes, "a"), BTreeSet::from(["b"]));
        assert_eq!(reachable(&nodes, "a"), BTreeSet::from(["b", "c"]));
    }
}
