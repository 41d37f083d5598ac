//! `limpid dtls`: one end of a DTLS connection, for talking to other implementations.

mod connect;
mod describe;
mod link;
mod serve;

use std::path::PathBuf;
use std::sync::Arc;

use limpid_app::exit::Exit;
use limpid_crypto::{Provider, Random};
use limpid_dtls::{ClientAuth, Config, Identity};

use crate::cmd::say::Trouble;

/// One end of a DTLS connection.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    end: End,
}

#[derive(clap::Subcommand, Debug)]
enum End {
    /// Take any number of clients and send back their records.
    Serve(serve::Args),
    /// Connect, send each line of standard input as a record, and print what comes back.
    Connect(connect::Args),
}

/// Runs one end.
pub(crate) async fn run(args: Args) -> Exit {
    match args.end {
        End::Serve(args) => serve::run(args).await,
        End::Connect(args) => connect::run(args).await,
    }
}

/// What both ends take.
#[derive(clap::Args, Clone, Debug)]
struct Common {
    /// Our certificate, PEM. Default: one made for the occasion.
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its private key, PEM: PKCS#8, SEC1 or PKCS#1.
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The largest datagram that we send, in bytes.
    #[arg(long, value_name = "N", default_value_t = 1200)]
    mtu: usize,
    /// SRTP profiles, best first, split by `:`, by their IANA names or as OpenSSL calls them.
    #[arg(long, value_name = "LIST")]
    srtp: Option<String>,
    /// The label of keying material to print (RFC 5705).
    #[arg(long, value_name = "L")]
    export_label: Option<String>,
    /// Its length in bytes.
    #[arg(long, value_name = "N", default_value_t = 60)]
    export_length: usize,
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
}

impl Common {
    fn config(&self, mutual: ClientAuth) -> Result<Config, Trouble> {
        let provider = limpid_crypto::ring::provider();
        let identity = Arc::new(self.identity(&provider)?);
        let mut config = Config::new(provider, provider.seed(), identity);
        config.mutual = mutual;
        config.mtu = self.mtu;
        config.srtp_profiles = match &self.srtp {
            Some(list) => list.split([':', ',']).map(profile).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(config)
    }

    fn identity(&self, provider: &Provider) -> Result<Identity, Trouble> {
        let unusable = |error: &dyn std::fmt::Display| {
            Trouble::new(Exit::Usage, "certificate", format!("the certificate can not be used: {error}"))
        };
        let (Some(cert), Some(key)) = (&self.cert, &self.key) else {
            let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let mut random = Random::from_seed(provider.seed());
            let now = since_1970.unwrap_or_default().as_secs();
            return Identity::generate(provider, &mut random, now).map_err(|error| unusable(&error));
        };
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|error| unusable(&format!("{}: {error}", path.display())))
        };
        Identity::from_pem(provider, &read(cert)?, &read(key)?).map_err(|error| unusable(&error))
    }
}

fn profile(name: &str) -> Result<u16, Trouble> {
    Ok(match name.trim() {
        "SRTP_AES128_CM_HMAC_SHA1_80" | "SRTP_AES128_CM_SHA1_80" => 0x0001,
        "SRTP_AES128_CM_HMAC_SHA1_32" | "SRTP_AES128_CM_SHA1_32" => 0x0002,
        "SRTP_AEAD_AES_128_GCM" => 0x0007,
        "SRTP_AEAD_AES_256_GCM" => 0x0008,
        other => return Err(Trouble::new(Exit::Usage, "srtp", format!("{other:?} is no SRTP profile"))),
    })
}
