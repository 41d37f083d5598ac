//! The `limpid` command.
#![allow(clippy::disallowed_methods, reason = "a program reads the clock")]

mod cmd;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use limpid_app::exit::{self, Exit};

/// WebRTC that one can see through.
#[derive(Debug, Parser)]
#[command(name = "limpid", version, arg_required_else_help = true, after_help = exit::HELP)]
struct Limpid {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web page, signalling and STUN
    Serve(cmd::serve::Args),
    /// Offer files by a link, and send them to the first who opens it
    #[command(visible_alias = "tx")]
    Send(cmd::send::Args),
    /// Open a link and take what it offers
    #[command(visible_alias = "rx")]
    Receive(cmd::receive::Args),
    /// Take part in a call: send test signals or files, record or echo what comes
    Call(cmd::call::Args),
    /// Answer offers, and send back every message, all sound and all pictures
    Echo(cmd::echo::Args),
    /// Offer to an echo, and check every message and every frame that comes back
    Probe(cmd::probe::Args),
    /// Be one end of a DTLS connection
    Dtls(cmd::dtls::Args),
    /// Ask a STUN server which address our packets come from
    Stun(cmd::stun::Args),
    /// Take one packet, description or candidate apart
    Decode(cmd::decode::Args),
    /// Measure data channels and media on this machine
    Bench(cmd::bench::Args),
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
        Command::Send(args) => cmd::send::run(args).await,
        Command::Receive(args) => cmd::receive::run(args).await,
        Command::Call(args) => cmd::call::run(args).await,
        Command::Echo(args) => cmd::echo::run(args).await,
        Command::Probe(args) => cmd::probe::run(args).await,
        Command::Dtls(args) => cmd::dtls::run(args).await,
        Command::Stun(args) => cmd::stun::run(args).await,
        Command::Decode(args) => cmd::decode::run(args).await,
        Command::Bench(args) => cmd::bench::run(args).await,
    };
    exit.into()
}
