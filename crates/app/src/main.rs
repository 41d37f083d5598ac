//! The `limpid` command.

mod cmd;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use limpid_app::exit::Exit;

/// WebRTC that one can see through.
#[derive(Debug, Parser)]
#[command(name = "limpid", version, arg_required_else_help = true)]
struct Limpid {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web page, signalling and STUN
    Serve(cmd::serve::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let limpid = match Limpid::try_parse() {
        Ok(limpid) => limpid,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok }.into();
        }
    };
    let exit = match limpid.command {
        Command::Serve(args) => cmd::serve::run(args).await,
    };
    exit.into()
}
