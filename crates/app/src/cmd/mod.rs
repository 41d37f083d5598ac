//! One command a file: a struct of arguments and `pub async fn run(args) -> Exit`.

pub(crate) mod serve;
