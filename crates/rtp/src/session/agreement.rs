//! What both sides agreed on about the transport as a whole.

use limpid_sansio::Instant;

use super::outgoing::Arrivals;
use super::{Feedback, Session};
use crate::bwe::Limits;
use crate::elements::ElementIds;
use crate::ext::{Kind, Map};

impl Session {
    /// Which id each kind of header extension element has on this transport.
    pub fn set_extensions(&mut self, map: &Map) {
        self.elements = ElementIds { mixed: self.elements.mixed, ..ElementIds::of(map) };
        let is_wanted = map.id(Kind::DependencyDescriptor).is_some();
        self.senders.iter_mut().for_each(|sender| sender.stream.describe_dependencies(is_wanted));
    }

    /// Whether both forms of header extensions may be mixed (`extmap-allow-mixed` of both sides): elements that do not fit the
    /// short form are then sent in the long one, else not at all. RFC 8285 §6. Both forms are read in any case.
    pub fn set_mixed_extensions(&mut self, mixed: bool) {
        self.elements.mixed = mixed;
    }

    /// What was negotiated about RTCP.
    pub fn set_feedback(&mut self, feedback: Feedback, reduced_size: bool) {
        if self.config.feedback != feedback {
            self.arrivals = Arrivals::new(feedback);
        }
        self.config.feedback = feedback;
        self.config.reduced_size = reduced_size;
    }

    /// Bounds of the rate. Video encoders are told to keep to what is estimated within them.
    pub fn set_bitrate_limits(&mut self, now: Instant, limits: Limits) {
        self.config.bitrate = limits;
        self.estimator.set_limits(now, limits);
        self.follow_estimate();
    }
}
