//! `limpid bench`: how fast data channels and media are on this machine.

mod data;
mod media;
pub(crate) mod pair;
mod relay;
mod setup;
mod srtp;
mod usage;

use limpid_app::exit::Exit;

/// Measures on this machine.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Throughput of one reliable, ordered channel.
    Data(data::Args),
    /// Time from the start to an open channel, over many pairs.
    Setup(setup::SetupArgs),
    /// Memory of connected pairs that have nothing to say.
    Idle(setup::IdleArgs),
    /// Media packets protected and opened on one core.
    Srtp(srtp::Args),
    /// One stream of pictures sent to many on one thread.
    Media(media::Args),
}

/// Runs one measurement.
pub(crate) async fn run(args: Args) -> Exit {
    match args.what {
        What::Data(args) => data::run(args).await,
        What::Setup(args) => setup::run_setup(args).await,
        What::Idle(args) => setup::run_idle(args).await,
        What::Srtp(args) => srtp::run(&args),
        What::Media(args) => media::run(args).await,
    }
}
