//! What an exchange of descriptions means for audio and video: one value for each section, handed to the streams below.

use limpid_rtp::ext::Kind;
use limpid_sdp::Codec;
use limpid_sdp::jsep::{Agreement, Extension, LocalSource, MediaKind, PrimarySource};

use crate::peer::Peer;
use crate::transceiver::TransceiverId;

/// What holds for one section once offer and answer are exchanged, be it an answer for now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NegotiatedMedia {
    /// Who asked for it; `None`: nobody any more, and it ends.
    pub transceiver: Option<TransceiverId>,
    /// The section's name: of both sides, or made up here where the other side gave none.
    pub mid: String,
    /// Sound or pictures.
    pub kind: MediaKind,
    /// We may send.
    pub may_send: bool,
    /// The other side may send.
    pub may_receive: bool,
    /// Under the other side's numbers, the first is the one to send; with what repeats and mends them.
    pub send_codecs: Vec<Codec>,
    /// Under our numbers.
    pub receive_codecs: Vec<Codec>,
    /// Number and URI of the header extensions that we may send.
    pub send_extensions: Vec<(u8, String)>,
    /// Number and URI of those that we understand in what comes.
    pub receive_extensions: Vec<(u8, String)>,
    /// RTCP need not be compound.
    pub reduced_size_rtcp: bool,
    /// Both forms of header extensions may be mixed.
    pub mixed_extensions: bool,
    /// Where we send from: one, or one for each layer that the other side takes.
    pub local_sources: Vec<LocalSource>,
    /// Where the other side sends from, as far as it said so.
    pub remote_sources: Vec<PrimarySource>,
    /// How many of them, the first ones, are layers of one picture in the old form (`a=ssrc-group:SIM`), lowest first; they are
    /// called `0`, `1` and so on where a layer has a name. 0: there are none.
    pub remote_legacy_layers: usize,
    /// The names of the layers that come.
    pub remote_rids: Vec<String>,
    /// Of all that we send: one clock.
    pub cname: String,
    /// Of what the other side sends.
    pub remote_cname: Option<String>,
    /// The streams of what the other side sends.
    pub remote_streams: Vec<String>,
    /// The most that the other side takes, in bits per second.
    pub max_bitrate: Option<u64>,
    /// The length of audio packets that the other side likes, in milliseconds.
    pub packet_time: Option<u32>,
    /// Feedback over all streams of the transport was agreed on (transport-wide congestion control).
    pub uses_transport_feedback: bool,
    /// Feedback of RFC 8888 was agreed on.
    pub uses_ccfb: bool,
}

impl NegotiatedMedia {
    /// From what both descriptions agree on.
    pub(crate) fn new(
        agreement: Agreement,
        mid: String,
        ours: Option<(TransceiverId, Vec<LocalSource>)>,
        cname: &str,
    ) -> Self {
        let has_feedback =
            |word: &str| agreement.send_codecs.iter().any(|c| c.feedback.iter().any(|f| f == word));
        let extensions = |wanted: fn(&Extension) -> bool| {
            let wanted = agreement.extensions.iter().filter(|extension| wanted(extension));
            wanted.filter_map(|e| Some((u8::try_from(e.id).ok()?, e.uri.clone()))).collect()
        };
        let is_numbered = agreement
            .extensions
            .iter()
            .any(|e| matches!(Kind::from_uri(&e.uri), Some(Kind::TransportWide | Kind::TransportWide02)));
        let is_live = ours.is_some();
        NegotiatedMedia {
            transceiver: ours.as_ref().map(|(id, _)| *id),
            mid,
            kind: agreement.kind,
            may_send: is_live && agreement.direction.sends(),
            may_receive: is_live && agreement.direction.receives(),
            send_extensions: extensions(|extension| extension.direction.sends()),
            receive_extensions: extensions(|extension| extension.direction.receives()),
            reduced_size_rtcp: agreement.reduced_size_rtcp,
            mixed_extensions: agreement.mixed_extensions,
            local_sources: ours.map_or(Vec::new(), |(_, sources)| agreed_sources(&agreement, &sources)),
            remote_sources: agreement.remote_sources.clone(),
            remote_legacy_layers: agreement.remote_legacy_layers,
            remote_rids: agreement.receive_layers.iter().map(|layer| layer.rid.clone()).collect(),
            cname: cname.to_owned(),
            remote_cname: agreement.remote_cname.clone(),
            remote_streams: agreement.remote_streams.iter().map(|name| name.stream.clone()).collect(),
            max_bitrate: agreement.max_bitrate,
            packet_time: agreement.packet_time,
            // Without numbers in the packets there is nothing to tell.
            uses_transport_feedback: has_feedback("transport-cc") && is_numbered,
            uses_ccfb: has_feedback("ack ccfb"),
            send_codecs: agreement.send_codecs,
            receive_codecs: agreement.receive_codecs,
        }
    }
}

/// The layers that the other side takes, in its order; without layers the first source under no name.
fn agreed_sources(agreement: &Agreement, sources: &[LocalSource]) -> Vec<LocalSource> {
    let by_rid = |rid: &str| sources.iter().find(|source| source.rid.as_deref() == Some(rid)).cloned();
    let layers: Vec<LocalSource> =
        agreement.send_layers.iter().filter_map(|layer| by_rid(&layer.rid)).collect();
    match layers.is_empty() {
        true => {
            sources.first().map(|source| LocalSource { rid: None, ..source.clone() }).into_iter().collect()
        }
        false => layers,
    }
}

impl Peer {
    /// What was agreed on for each section of audio and video with the last answer, those that ended with it among them.
    pub fn negotiated_media(&self) -> &[NegotiatedMedia] {
        &self.negotiated
    }
}
