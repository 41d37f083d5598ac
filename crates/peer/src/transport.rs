//! What carries one bundle: the ICE agent, and the DTLS endpoint on the path that it chose.

use limpid_crypto::{Fingerprint, Random};
use limpid_dtls::Endpoint;
use limpid_ice::{Agent, ComponentId, PathId, Role, StreamId};
use limpid_sansio::{Instant, Path, PathInfo};
use limpid_sdp::JsepError;
use limpid_sdp::jsep::{self, Setup, TransportSection};

use crate::{Config, Misuse};

/// Everything is bundled: one ICE stream with one component (RFC 9143 §7, RFC 8834 §4.5).
pub(crate) const STREAM: StreamId = StreamId(0);
/// The SCTP port of both sides, by the habit of WebRTC.
pub(crate) const SCTP_PORT: u16 = 5000;
/// Most local candidates that are remembered for descriptions.
const MAX_CANDIDATES: usize = 64;

/// The ICE credentials that a local description names, and whether they are to replace those in use.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
    /// Begins with this description.
    pub(crate) is_new: bool,
}

impl Generation {
    /// New credentials, to be used once this description is agreed on.
    pub(crate) fn fresh(random: &mut Random) -> Self {
        let (ufrag, pwd) = limpid_ice::fresh_credentials(random);
        Generation { ufrag, pwd, is_new: true }
    }
}

/// What went over the transport or a pair: content, without ICE's own packets.
#[derive(Copy, Clone, Default)]
pub(crate) struct Carried {
    pub(crate) packets_sent: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) packets_received: u64,
    pub(crate) bytes_received: u64,
    pub(crate) last_sent: Option<Instant>,
    pub(crate) last_received: Option<Instant>,
}

impl Carried {
    fn sent(&mut self, now: Instant, len: usize) {
        self.packets_sent += 1;
        self.bytes_sent += len as u64;
        self.last_sent = Some(now);
    }

    fn received(&mut self, now: Instant, len: usize) {
        self.packets_received += 1;
        self.bytes_received += len as u64;
        self.last_received = Some(now);
    }
}

pub(crate) struct Transport {
    pub(crate) ice: Agent,
    pub(crate) dtls: Option<Endpoint>,
    /// Where content goes, and how large it may be there.
    pub(crate) path: Option<(PathId, Path, PathInfo)>,
    /// How often another pair was chosen, the first one among them.
    pub(crate) path_changes: u32,
    pub(crate) carried: Carried,
    /// By the pair in use, since it is.
    pub(crate) carried_by_pair: Carried,
    dtls_config: limpid_dtls::Config,
    is_dtls_client: Option<bool>,
    /// What the other side said last.
    remote: Option<TransportSection>,
    /// What it said in the last exchange that was completed.
    settled: Option<TransportSection>,
    candidates: Vec<String>,
    announced: usize,
    is_gathered: bool,
    is_end_announced: bool,
    is_leaving: bool,
}

impl Transport {
    pub(crate) fn new(config: &Config, random: &mut Random, now: Instant) -> Self {
        let mut ice = limpid_ice::Config::new(config.provider, random.seed());
        ice.servers = config.ice_servers.clone();
        ice.loopback = config.loopback;
        ice.mdns = config.mdns;
        let mut ice = Agent::new(ice, now);
        ice.add_stream(now, STREAM, 1);
        Transport {
            ice,
            dtls: None,
            path: None,
            path_changes: 0,
            carried: Carried::default(),
            carried_by_pair: Carried::default(),
            dtls_config: dtls_config(config, random),
            is_dtls_client: None,
            remote: None,
            settled: None,
            candidates: Vec::new(),
            announced: 0,
            is_gathered: false,
            is_end_announced: false,
            is_leaving: false,
        }
    }

    /// The credentials in use.
    pub(crate) fn generation(&self) -> Generation {
        // invariant: the stream was added when the agent was made
        let credentials = self.ice.local_credentials(STREAM).expect("the stream was added in `new`");
        Generation { ufrag: credentials.ufrag.into(), pwd: credentials.pwd.into(), is_new: false }
    }

    /// The role stays with its association (RFC 8842 §5.5); without one, the answer chooses.
    pub(crate) fn setup_for_answer(&self) -> Setup {
        match self.is_dtls_client {
            Some(true) => Setup::Active,
            Some(false) => Setup::Passive,
            None => Setup::Actpass,
        }
    }

    /// New remote credentials: the other side restarts ICE (RFC 8839 §4.4.1.1.1).
    pub(crate) fn is_restart(&self, theirs: &TransportSection) -> bool {
        is_another_generation(self.remote.as_ref(), theirs)
    }

    /// Whether an answer fits what was asked for. Both sides restart ICE, or neither: who is asked for new credentials has to
    /// bring some (RFC 9429 §5.10); and what an answer for now brought, the last one keeps.
    ///
    /// Deviation: §5.10 and §5.11 let each answer of an exchange come from somebody else. One connection speaks to one.
    pub(crate) fn check_answer(&self, restarts: bool, theirs: &TransportSection) -> Result<(), Misuse> {
        let settled = self.settled.as_ref();
        let is_old = |said: &&TransportSection| settled.is_some() && !is_another_generation(settled, said);
        let for_now = self.remote.as_ref().filter(|said| !is_old(said));
        match (restarts && settled.is_some(), is_another_generation(settled, theirs)) {
            (false, true) => Err(JsepError::RestartNotAsked.into()),
            (true, false) => Err(JsepError::RestartNotAnswered.into()),
            _ if is_another_generation(for_now, theirs) => Err(Misuse::AnotherAnswerer),
            _ => Ok(()),
        }
    }

    /// Whether a description can be applied: some fingerprint must be of use, and what was agreed on stays. Another
    /// certificate, or the other role, asks for another DTLS association (RFC 8842 §3.1), and one connection has one.
    pub(crate) fn check_remote(&self, theirs: &TransportSection) -> Result<(), Misuse> {
        if !theirs.fingerprints.iter().any(|text| text.parse::<Fingerprint>().is_ok()) {
            return Err(Misuse::NoUsableFingerprint);
        }
        let is_same = |known| jsep::compare(known, theirs).is_ok_and(|changes| !changes.new_dtls_association);
        if !self.remote.as_ref().is_none_or(is_same) {
            return Err(Misuse::CertificateChanged);
        }
        match (self.is_dtls_client, theirs.setup) {
            (Some(true), Setup::Active) | (Some(false), Setup::Passive) => {
                Err(JsepError::BadSetup(theirs.index).into())
            }
            _ => Ok(()),
        }
    }

    /// Both descriptions are known: roles, credentials, candidates, fingerprints.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        theirs: &TransportSection,
        is_offerer: bool,
        is_dtls_client: bool,
        ours: &Generation,
    ) -> Result<(), Misuse> {
        if ours.is_new && ours.ufrag != self.generation().ufrag {
            self.ice.restart_with(now, STREAM, &ours.ufrag, &ours.pwd).map_err(Misuse::Ice)?;
        }
        if self.is_dtls_client.is_none() {
            let controls = is_offerer || theirs.ice_lite;
            self.ice.set_role(now, if controls { Role::Controlling } else { Role::Controlled });
            self.ice.set_remote_lite(now, theirs.ice_lite);
        }
        self.ice.set_remote_credentials(now, STREAM, &theirs.ufrag, &theirs.pwd).map_err(Misuse::Ice)?;
        for candidate in &theirs.candidates {
            // One that can not be read is skipped: the others may do.
            let _ = self.ice.add_remote_candidate(now, STREAM, candidate, None);
        }
        if theirs.end_of_candidates {
            self.ice.end_of_remote_candidates(now, STREAM);
        }
        self.secure(now, theirs, is_dtls_client);
        self.remote = Some(theirs.clone());
        Ok(())
    }

    /// The exchange is complete: what was said in it stays.
    pub(crate) fn settle(&mut self) {
        self.settled.clone_from(&self.remote);
    }

    fn secure(&mut self, now: Instant, theirs: &TransportSection, is_client: bool) {
        if self.is_dtls_client.is_some() {
            return; // the association goes on (RFC 8842 §3.3)
        }
        self.is_dtls_client = Some(is_client);
        let config = self.dtls_config.clone();
        let mut endpoint = match is_client {
            true => Endpoint::client(config, now),
            false => Endpoint::server(config, now),
        };
        let usable = theirs.fingerprints.iter().filter_map(|text| text.parse::<Fingerprint>().ok());
        // An error shows at the next input or timeout of the endpoint, which repeats it.
        let _ = endpoint.expect_fingerprints(now, &usable.collect::<Vec<_>>());
        if let Some((_, _, info)) = self.path {
            endpoint.path_changed(now, info);
        }
        self.dtls = Some(endpoint);
    }

    /// Our role in DTLS, once it is known.
    pub(crate) fn is_dtls_client(&self) -> Option<bool> {
        self.is_dtls_client
    }

    /// Stops ICE. The last words may still go out on the path that there was.
    pub(crate) fn leave(&mut self, now: Instant) {
        self.is_leaving = true;
        self.ice.close(now);
    }

    /// Whether content may be sent there: consent is fresh (RFC 7675 §5.1), or these are the last words.
    pub(crate) fn may_send(&self, path: PathId) -> bool {
        self.is_leaving || self.ice.may_send(path)
    }

    /// ICE chose a path.
    pub(crate) fn take_path(&mut self, now: Instant, id: PathId, info: PathInfo) {
        let Some(path) = self.ice.path(id) else { return };
        if self.path.is_none_or(|(known, ..)| known != id) {
            self.path_changes += 1;
            self.carried_by_pair = Carried::default();
        }
        self.path = Some((id, path, info));
        if let Some(dtls) = &mut self.dtls {
            dtls.path_changed(now, info);
            if let Some(pair) = self.ice.selected_pair(STREAM, ComponentId::FIRST)
                && let Some(round_trip) = pair.round_trip
            {
                dtls.set_round_trip(now, round_trip);
            }
        }
    }

    /// Content leaves on the path in use.
    pub(crate) fn note_sent(&mut self, now: Instant, len: usize) {
        self.carried.sent(now, len);
        self.carried_by_pair.sent(now, len);
    }

    /// Content came.
    pub(crate) fn note_received(&mut self, now: Instant, path: PathId, len: usize) {
        self.carried.received(now, len);
        if self.path.is_some_and(|(known, ..)| known == path) {
            self.carried_by_pair.received(now, len);
        }
    }

    pub(crate) fn remember_candidate(&mut self, candidate: String) {
        if self.candidates.len() < MAX_CANDIDATES && !self.candidates.contains(&candidate) {
            self.candidates.push(candidate);
        }
    }

    pub(crate) fn gathering_completed(&mut self) {
        self.is_gathered = true;
    }

    pub(crate) fn local_candidates(&self) -> &[String] {
        &self.candidates
    }

    pub(crate) fn is_gathered(&self) -> bool {
        self.is_gathered
    }

    /// The next candidate that was not told yet; `Some(None)` once: that was the last.
    pub(crate) fn next_announcement(&mut self) -> Option<Option<String>> {
        if let Some(candidate) = self.candidates.get(self.announced) {
            self.announced += 1;
            return Some(Some(candidate.clone()));
        }
        let is_end = self.is_gathered && !self.is_end_announced;
        self.is_end_announced |= is_end;
        is_end.then_some(None)
    }
}

/// Whether the other side has other credentials than it had.
fn is_another_generation(known: Option<&TransportSection>, theirs: &TransportSection) -> bool {
    known.is_some_and(|known| (&known.ufrag, &known.pwd) != (&theirs.ufrag, &theirs.pwd))
}

fn dtls_config(config: &Config, random: &mut Random) -> limpid_dtls::Config {
    let mut dtls = limpid_dtls::Config::new(config.provider, random.seed(), config.identity.clone());
    dtls.srtp_profiles = config.srtp_profiles.clone();
    dtls.key_log = config.key_log;
    dtls
}
