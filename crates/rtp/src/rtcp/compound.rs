//! What may stand together in one datagram. RFC 3550 §6.1, Appendix A.2; RFC 5506 §3.
//!
//! Rules, not bytes: [`packets`](super::packets) reads whatever holds together, and whoever wants the rules kept asks here.

use core::fmt;

use limpid_sansio::wire::ParseError;

use super::{Packet, raw_packets};

/// Which rules hold.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Rules {
    /// A report first, and the canonical name of who reports. RFC 3550 §6.1.
    Compound,
    /// Any packet alone, where both sides said that they take it. RFC 5506 §3.
    ReducedSize,
}

/// A rule that a datagram breaks.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Broken {
    /// A packet does not hold together.
    Malformed(ParseError),
    /// There is no packet at all.
    Empty,
    /// The first packet is no report.
    ReportNotFirst,
    /// Nothing says the canonical name of who reports.
    NameMissing,
    /// A packet that is not the last has padding.
    PaddingInside {
        /// Where that packet begins.
        offset: usize,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Malformed(error) => error.fmt(f),
            Broken::Empty => f.write_str("there is no packet"),
            Broken::ReportNotFirst => f.write_str("the first packet is no report"),
            Broken::NameMissing => f.write_str("the canonical name of the sender is missing"),
            Broken::PaddingInside { offset } => {
                write!(f, "the packet at offset {offset} is padded and not the last")
            }
        }
    }
}

impl core::error::Error for Broken {}

/// Whether a datagram keeps the rules.
pub fn check(datagram: &[u8], rules: Rules) -> Result<(), Broken> {
    let mut padded = None;
    let mut reporter = None;
    let mut is_named = false;
    let mut is_empty = true;
    for raw in raw_packets(datagram) {
        let raw = raw.map_err(Broken::Malformed)?;
        let packet = Packet::parse(&raw).map_err(Broken::Malformed)?;
        if let Some(offset) = padded {
            return Err(Broken::PaddingInside { offset });
        }
        padded = (raw.padding > 0).then_some(raw.offset);
        match packet {
            Packet::SenderReport(report) if is_empty => reporter = Some(report.sender),
            Packet::ReceiverReport(report) if is_empty => reporter = Some(report.sender),
            Packet::SourceDescription(description) => {
                let names =
                    |chunk: super::Chunk<'_>| Some(chunk.source) == reporter && chunk.cname().is_some();
                is_named |= description.chunks().any(names);
            }
            _ => {}
        }
        is_empty = false;
    }
    match rules {
        _ if is_empty => Err(Broken::Empty),
        Rules::Compound if reporter.is_none() => Err(Broken::ReportNotFirst),
        Rules::Compound if !is_named => Err(Broken::NameMissing),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Ssrc;
    use crate::rtcp::{
        SenderInfo, write_cname, write_goodbye, write_picture_loss_indication, write_receiver_report,
        write_sender_report,
    };
    use std::vec::Vec;

    const PADDED_BYE: [u8; 12] = [0xa1, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4];

    #[test]
    fn a_compound_datagram_begins_with_a_report_and_names_its_sender() {
        //~ covers 3550-6.1-a neg, 3550-6.1-b neg, 3550-A.2-b
        let mut sound = Vec::new();
        write_sender_report(&mut sound, Ssrc(1), &SenderInfo::default(), []);
        assert_eq!(check(&sound, Rules::Compound), Err(Broken::NameMissing));
        write_cname(&mut sound, [Ssrc(1)], "name");
        assert_eq!(check(&sound, Rules::Compound), Ok(()));
        write_goodbye(&mut sound, [Ssrc(1)], None);
        assert_eq!(check(&sound, Rules::Compound), Ok(()));

        let mut other = Vec::new();
        write_receiver_report(&mut other, Ssrc(1), []);
        write_cname(&mut other, [Ssrc(2)], "name of another");
        assert_eq!(check(&other, Rules::Compound), Err(Broken::NameMissing));

        let mut late = Vec::new();
        write_cname(&mut late, [Ssrc(1)], "name");
        write_receiver_report(&mut late, Ssrc(1), []);
        assert_eq!(check(&late, Rules::Compound), Err(Broken::ReportNotFirst));
    }

    #[test]
    fn feedback_may_stand_alone_where_reduced_size_was_agreed() {
        //~ covers 5506-4.1-a, 5506-3.4.2-a neg
        let mut alone = Vec::new();
        write_picture_loss_indication(&mut alone, Ssrc(1), Ssrc(2));
        assert_eq!(check(&alone, Rules::ReducedSize), Ok(()));
        assert_eq!(check(&alone, Rules::Compound), Err(Broken::ReportNotFirst));
        assert_eq!(check(&[], Rules::ReducedSize), Err(Broken::Empty));
        assert!(matches!(check(&alone[..11], Rules::ReducedSize), Err(Broken::Malformed(_))));
    }

    #[test]
    fn only_the_last_packet_is_padded() {
        //~ covers 3550-6.4.1-a neg
        let mut bytes = Vec::new();
        write_receiver_report(&mut bytes, Ssrc(1), []);
        write_cname(&mut bytes, [Ssrc(1)], "name");
        let offset = bytes.len();
        bytes.extend(PADDED_BYE);
        assert_eq!(check(&bytes, Rules::Compound), Ok(()));
        write_picture_loss_indication(&mut bytes, Ssrc(1), Ssrc(2));
        assert_eq!(check(&bytes, Rules::Compound), Err(Broken::PaddingInside { offset }));
    }
}
