//! Media on this connection: the streams, and their protection once the handshake gave its keys. RFC 5764 §4; RFC 8834.

mod places;
#[cfg(test)]
mod tests;

use limpid_rtp::session::{self, Session};
use limpid_sansio::{Direction, Ecn, Instant, Machine, Path, PathInfo, Transmit};
use limpid_srtp::Profile;

use crate::Event;
use crate::flows::Flow;
use crate::peer::Peer;
use crate::stats::DropReason;
use places::Places;

/// The largest packet before a path is known: what fits the smallest that IPv6 allows, minus headers and protection.
const FIRST_MAX_PACKET: usize = 1150;

/// All streams of a connection.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) session: Session,
    /// By section.
    pub(crate) flows: Vec<Flow>,
    srtp: Option<limpid_srtp::Session>,
    places: Places,
    /// Checks of any path that were answered so far.
    answers: u64,
    /// When one of the chosen path was.
    answered: Option<Instant>,
}

impl Peer {
    /// All streams of this connection, to be handled without descriptions: an SFU adds senders and receivers by itself, says
    /// which header extensions and which feedback there are, and reads [packet by
    /// packet](limpid_rtp::session::Receiver::set_by_packet). They flow once the connection is secured.
    ///
    /// Descriptions with sections of audio or video say anew which header extensions and which feedback there are; those
    /// without leave it alone. Streams of transceivers are here too: [`senders_of`](Peer::senders_of),
    /// [`receivers_of`](Peer::receivers_of).
    pub fn rtp(&mut self) -> &mut Session {
        self.make_media();
        // invariant: was just made
        &mut self.media.as_mut().expect("media was made").session
    }

    /// The streams, made when they are first asked for: a connection for data alone does without.
    pub(crate) fn make_media(&mut self) {
        if self.media.is_some() {
            return;
        }
        let seed = self.random.seed();
        let mut config = session::Config::new(seed, self.cname());
        config.ntp_epoch = self.config.ntp_epoch;
        config.bitrate = self.config.bitrate;
        config.max_packet = FIRST_MAX_PACKET;
        let session = Session::new(config);
        let places = Places::default();
        self.media = Some(Box::new(Media {
            session,
            srtp: None,
            flows: Vec::new(),
            places,
            answers: 0,
            answered: None,
        }));
        self.protect_media();
    }

    /// Takes the keys of a handshake that is done. Without a profile in common media can not flow, data can.
    pub(crate) fn protect_media(&mut self) {
        let Some(media) = self.media.as_mut().filter(|media| media.srtp.is_none()) else { return };
        let (Some(dtls), Some(is_client)) = (self.transport.dtls.as_ref(), self.transport.is_dtls_client())
        else {
            return;
        };
        let profile = dtls.info().and_then(|info| info.srtp_profile).and_then(Profile::from_code);
        let Some(profile) = profile.filter(|_| dtls.is_connected()) else { return };
        let Ok(keys) = dtls.export(limpid_srtp::EXPORTER_LABEL, None, profile.keying_material_len()) else {
            return;
        };
        let config = limpid_srtp::Config { max_sources: places::MAX, ..limpid_srtp::Config::default() };
        let provider = &self.config.provider;
        media.srtp = limpid_srtp::Session::from_dtls(provider, profile, &keys, is_client, config).ok();
        if let Some((_, _, info)) = self.transport.path {
            self.fit_media(info);
        }
    }

    /// A check of the chosen path that was answered shows that it carries, and how long an answer takes: who only receives
    /// is told so by nothing else.
    pub(crate) fn note_answers(&mut self, now: Instant) {
        let Some(media) = &mut self.media else { return };
        let answers = self.transport.ice.stats().responses_received;
        if core::mem::replace(&mut media.answers, answers) == answers {
            return;
        }
        let Some(pair) = self.selected_pair() else { return };
        let Some(media) = self.media.as_mut().filter(|media| media.answered < Some(pair.answered)) else {
            return;
        };
        media.answered = Some(pair.answered);
        media.session.path_answered(now);
        if let Some(round_trip) = pair.round_trip {
            media.session.set_round_trip(round_trip);
        }
    }

    /// How media is protected, once it is.
    pub(crate) fn srtp_profile(&self) -> Option<Profile> {
        Some(self.media.as_ref()?.srtp.as_ref()?.outbound.profile())
    }

    /// The path takes packets of that size, protection and all.
    pub(crate) fn fit_media(&mut self, info: PathInfo) {
        let round_trip = self.selected_pair().and_then(|pair| pair.round_trip);
        let Some(media) = &mut self.media else { return };
        let profile = media.srtp.as_ref().map(|srtp| srtp.outbound.profile());
        let overhead = profile.map_or(0, |profile| profile.rtp_overhead().max(profile.rtcp_overhead()));
        let max_datagram = info.max_datagram.saturating_sub(overhead);
        media.session.path_changed(PathInfo { max_datagram, ..info });
        if let Some(round_trip) = round_trip {
            media.session.set_round_trip(round_trip);
        }
    }

    /// RTP and RTCP, protected. Nothing of them is believed before it has proved to be authentic.
    pub(crate) fn climb_media(&mut self, now: Instant, ecn: Option<Ecn>, packet: &mut [u8]) {
        let Some(media) = &mut self.media else { return self.note_drop(DropReason::NoMedia) };
        let Some(srtp) = &mut media.srtp else { return self.note_drop(DropReason::NotNegotiated) };
        let is_control = limpid_srtp::is_rtcp(packet);
        media.places.make_inbound(&mut srtp.inbound, &media.session, packet);
        let opened = match is_control {
            true => srtp.inbound.unprotect_rtcp(packet),
            false => srtp.inbound.unprotect_rtp(packet),
        };
        let Ok(plain) = opened else { return self.note_drop(DropReason::NotAuthentic) };
        let floor = if is_control { "rtcp" } else { "rtp" };
        self.tap.packet(now, floor, Direction::In, None, plain);
        let Ok(()) = media.session.handle_input(now, session::Inbound { ecn, bytes: plain });
        media.places.note(&media.session, plain);
        if !is_control {
            self.hear_tones(now, plain);
        }
    }

    /// One packet of the streams' own, protected where it lies.
    pub(crate) fn descend_media(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Transmit<Path>> {
        let (_, route, _) = self.transport.path.filter(|(id, ..)| self.transport.may_send(*id))?;
        let media = self.media.as_mut()?;
        let srtp = media.srtp.as_mut()?;
        let start = out.len();
        loop {
            let transmit = media.session.poll_transmit(now, out)?;
            let is_control = limpid_srtp::is_rtcp(&out[start..]);
            let floor = if is_control { "rtcp" } else { "rtp" };
            self.tap.packet(now, floor, Direction::Out, None, &out[start..]);
            media.places.make_outbound(&mut srtp.outbound, &media.session, &out[start..]);
            let protected = match is_control {
                true => srtp.outbound.protect_rtcp(out, start),
                false => srtp.outbound.protect_rtp(out, start),
            };
            match protected {
                Ok(()) => return Some(transmit.reroute(route, out.len() - start)),
                // What can not be protected is not sent: a key that is used up, a number that was used before.
                Err(_) => {
                    out.truncate(start);
                    self.dropped[DropReason::NotProtected as usize] += 1;
                }
            }
        }
    }

    /// What the streams have to say. Tracks are muted while nothing comes.
    pub(crate) fn poll_media(&mut self) -> Option<Event> {
        let event = self.media.as_mut()?.session.poll_event()?;
        let change = match event {
            session::Event::Started { receiver, .. } => Some((receiver, false)),
            // What a source sent before it left may still be read; it is gone nevertheless.
            session::Event::Readable(receiver) => {
                Some((receiver, false)).filter(|(receiver, _)| self.is_live(*receiver))
            }
            session::Event::Silent(receiver) | session::Event::Goodbye(receiver) => {
                Some((receiver, true)).filter(|(receiver, _)| !self.has_live_layer(*receiver))
            }
            _ => None,
        };
        if let Some((receiver, is_muted)) = change {
            self.mute(receiver, is_muted);
        }
        Some(Event::Rtp(event))
    }

    /// When the streams want to be called; never, while nothing of theirs could be sent: what is due would stay due.
    pub(crate) fn media_timeout(&self) -> Option<Instant> {
        let (id, ..) = self.transport.path?;
        let media =
            self.media.as_ref().filter(|media| media.srtp.is_some() && self.transport.may_send(id))?;
        Instant::earliest(media.session.poll_timeout(), self.tones_timeout())
    }

    fn is_live(&mut self, receiver: session::ReceiverId) -> bool {
        let session = self.media.as_mut().map(|media| &mut media.session);
        session.and_then(|session| Some(session.receiver(receiver)?.is_live())).unwrap_or(false)
    }

    /// Whether the track is there in any layer.
    fn has_live_layer(&mut self, receiver: session::ReceiverId) -> bool {
        let Some(media) = &mut self.media else { return false };
        let of_receiver = |flow: &&Flow| flow.receivers.iter().any(|(_, id)| *id == receiver);
        let Some(flow) = media.flows.iter().find(of_receiver) else { return false };
        flow.receivers.iter().any(|(_, id)| media.session.receiver(*id).is_some_and(|r| r.is_live()))
    }

    fn mute(&mut self, receiver: session::ReceiverId, is_muted: bool) {
        let transceiver = self.transceiver_of(receiver).and_then(|id| self.transceiver(id));
        let changed = transceiver.filter(|transceiver| transceiver.remote_track().muted != is_muted);
        if let Some(mid) = changed.and_then(|transceiver| transceiver.mid()).map(str::to_owned) {
            self.set_muted(&mid, is_muted);
        }
    }

    fn note_drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }
}
