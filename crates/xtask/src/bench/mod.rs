//! bench placeholder
pub(crate) fn run(_root: &std::path::Path, _arguments: &[String]) -> Result<bool, String> {
    Err(String::new())
}
