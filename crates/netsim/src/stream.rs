//! Streams between hosts, reduced to what machines see of them: whole frames, in order, none lost, some late.

use limpid_sansio::{Instant, Path, WishId};

use crate::world::HostId;

/// One end of a stream.
#[derive(Copy, Clone, Debug)]
pub(crate) struct End {
    pub(crate) host: HostId,
    /// As this end sees it.
    pub(crate) path: Path,
    /// When the last frame towards this end arrives.
    pub(crate) last_arrival: Instant,
    /// Whose wish it was; the end that was called has none.
    pub(crate) wish: Option<WishId>,
}

/// An open stream.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) ends: [End; 2],
    /// The end that has closed it; what that end sent before still arrives.
    pub(crate) closed_by: Option<usize>,
}

/// All that were ever opened; an index is a name for good.
#[derive(Debug, Default)]
pub(crate) struct Streams(Vec<Option<Stream>>);

impl Streams {
    pub(crate) fn add(&mut self, stream: Stream) -> usize {
        self.0.push(Some(stream));
        self.0.len() - 1
    }

    pub(crate) fn get(&mut self, index: usize) -> Option<&mut Stream> {
        self.0.get_mut(index)?.as_mut()
    }

    pub(crate) fn remove(&mut self, index: usize) -> Option<Stream> {
        self.0.get_mut(index)?.take()
    }

    /// The open stream that this host knows by this path, and which end the host is.
    pub(crate) fn find(&self, host: HostId, path: Path) -> Option<(usize, usize)> {
        self.0.iter().enumerate().rev().find_map(|(index, stream)| {
            let Stream { ends, closed_by: None } = stream.as_ref()? else { return None };
            let side = ends.iter().position(|end| end.host == host && end.path == path)?;
            Some((index, side))
        })
    }
}
