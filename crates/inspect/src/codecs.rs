//! What payload types stand for, as the descriptions of the same trace said (RFC 8866 §6.6): each side names the codecs of
//! what it receives.

use std::collections::BTreeMap;

use limpid_rtp::rtcp::is_rtcp;
use limpid_sansio::Direction;

use crate::capture::Entry;
use crate::layer::Layer;

/// Names by connection, direction and payload type.
#[derive(Debug, Default)]
pub(crate) struct Codecs(BTreeMap<(u64, Direction, u8), String>);

impl Codecs {
    /// Learns from a description; anything else says nothing.
    pub(crate) fn learn(&mut self, entry: &Entry) {
        let direction = match (entry.machine, entry.name) {
            ("sdp", "local_set") => Direction::In,
            ("sdp", "remote_set") => Direction::Out,
            _ => return,
        };
        for line in entry.text("sdp").lines() {
            let rtpmap = line.strip_prefix("a=rtpmap:").and_then(|rest| rest.split_once(' '));
            let Some((Ok(number), encoding)) = rtpmap.map(|(pt, name)| (pt.parse::<u8>(), name)) else {
                continue;
            };
            // A description is bounded, and so are 128 types each way.
            if number < 128 {
                let name = encoding.split('/').next().unwrap_or_default().to_owned();
                self.0.insert((entry.connection, direction, number), name);
            }
        }
    }

    /// The codec of an RTP packet, in the clear or not; "" for everything else, and where no description told.
    pub(crate) fn name(&self, entry: &Entry) -> &str {
        let Some([first, second, ..]) = entry.bytes.as_deref() else { return "" };
        let is_media = Layer::of_datagram(*first) == Some(Layer::Rtp) && !is_rtcp(&[*first, *second]);
        let direction = entry.flow.map_or(Direction::Out, |flow| flow.0);
        let known = self.0.get(&(entry.connection, direction, second & 0x7f)).filter(|_| is_media);
        known.map_or("", String::as_str)
    }
}
