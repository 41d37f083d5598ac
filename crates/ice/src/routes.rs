//! Which pair of addresses is which path: what every payload datagram asks first.

use limpid_sansio::{Instant, Path};

use crate::id::PathId;

/// The paths that payload is taken from. The chosen one is found with one comparison.
#[derive(Default, Debug)]
pub(crate) struct Routes {
    pub(crate) chosen: Option<Chosen>,
    list: Vec<(Path, PathId)>,
    next: u32,
}

/// The path that payload of the first component takes.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) path: Path,
    pub(crate) id: PathId,
    /// When payload last came on it: noted here, so that a packet costs one store.
    pub(crate) heard: Instant,
    /// The next packet ends a silence.
    pub(crate) is_silent: bool,
}

impl Routes {
    /// More routes than this push the oldest out.
    const LIMIT: usize = 128;

    /// A number for a new path.
    pub(crate) fn next_id(&mut self) -> PathId {
        self.next = self.next.wrapping_add(1);
        PathId(self.next)
    }

    pub(crate) fn find(&self, path: &Path) -> Option<PathId> {
        match &self.chosen {
            Some(chosen) if chosen.path == *path => Some(chosen.id),
            _ => self.list.iter().find(|(known, _)| known == path).map(|(_, id)| *id),
        }
    }

    /// Payload from there belongs to `id` from now on.
    pub(crate) fn learn(&mut self, path: Path, id: PathId) {
        match self.list.iter_mut().find(|(known, _)| *known == path) {
            Some(route) => route.1 = id,
            None => {
                if self.list.len() >= Self::LIMIT {
                    self.list.remove(0);
                }
                self.list.push((path, id));
            }
        }
    }

    pub(crate) fn forget(&mut self, id: PathId) {
        self.list.retain(|(_, known)| *known != id);
        if self.chosen.is_some_and(|chosen| chosen.id == id) {
            self.chosen = None;
        }
    }
}
