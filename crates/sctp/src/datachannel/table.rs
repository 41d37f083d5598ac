//! All channels of an association: found by handle, and by stream.

use std::collections::VecDeque;
use std::mem;

use crate::config::Parity;
use crate::event::ChannelId;

use super::channel::{Channel, Phase};

/// The highest stream id that a channel may have (RFC 8831 §6.2).
pub(crate) const MAX_STREAM_ID: u16 = 65_534;

#[derive(Debug)]
struct Slot {
    generation: u16,
    channel: Option<Box<Channel>>,
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Vec<Slot>,
    /// Slots without a channel; the one that is free longest is used first.
    free: VecDeque<u16>,
    /// Stream id and slot, sorted; and the pair that was found last.
    by_stream: Vec<(u16, u16)>,
    last: Option<(u16, u16)>,
    pub(crate) parity: Option<Parity>,
    /// Slots of channels in phase Nascent; few.
    pub(crate) nascent: Vec<u16>,
}

impl Table {
    /// How many channels there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    #[inline]
    pub(crate) fn at(&mut self, slot: u16) -> Option<&mut Channel> {
        self.slots.get_mut(usize::from(slot))?.channel.as_deref_mut()
    }

    pub(crate) fn look(&self, slot: u16) -> Option<&Channel> {
        self.slots.get(usize::from(slot))?.channel.as_deref()
    }

    pub(crate) fn id(&self, slot: u16) -> ChannelId {
        let generation = self.slots.get(usize::from(slot)).map_or(0, |slot| slot.generation);
        ChannelId(u32::from(generation) << 16 | u32::from(slot))
    }

    /// The slot of a handle whose channel is still there.
    #[inline]
    pub(crate) fn slot(&self, id: ChannelId) -> Option<u16> {
        let slot = self.slots.get(usize::from(id.0 as u16))?;
        (slot.generation == (id.0 >> 16) as u16 && slot.channel.is_some()).then_some(id.0 as u16)
    }

    pub(crate) fn get(&self, id: ChannelId) -> Option<&Channel> {
        self.look(self.slot(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: ChannelId) -> Option<&mut Channel> {
        self.at(self.slot(id)?)
    }

    /// The slot of the channel on this stream.
    #[inline]
    pub(crate) fn on_stream(&mut self, stream_id: u16) -> Option<u16> {
        if let Some((_, slot)) = self.last.filter(|last| last.0 == stream_id) {
            return Some(slot);
        }
        let at = self.by_stream.binary_search_by_key(&stream_id, |pair| pair.0).ok()?;
        self.last = Some(self.by_stream[at]);
        Some(self.by_stream[at].1)
    }

    /// All slots with a channel.
    pub(crate) fn all(&self) -> impl Iterator<Item = u16> + use<> {
        let taken: Vec<u16> = (0..self.slots.len())
            .filter(|at| self.slots[*at].channel.is_some())
            .map(|at| at as u16)
            .collect();
        taken.into_iter()
    }

    /// Puts a channel in; there is room as long as `len` is below 65536.
    pub(crate) fn insert(&mut self, channel: Channel) -> u16 {
        let (stream_id, nascent) = (channel.stream_id, channel.phase == Phase::Nascent);
        let slot = match self.free.pop_front() {
            Some(slot) => {
                self.slots[usize::from(slot)].channel = Some(Box::new(channel));
                slot
            }
            None => {
                self.slots.push(Slot { generation: 0, channel: Some(Box::new(channel)) });
                (self.slots.len() - 1) as u16
            }
        };
        if nascent {
            self.nascent.push(slot);
        }
        if let Some(stream_id) = stream_id {
            self.bind(slot, stream_id);
        }
        slot
    }

    /// Moves a channel on.
    pub(crate) fn set_phase(&mut self, slot: u16, phase: Phase) {
        let Some(channel) = self.at(slot) else { return };
        if mem::replace(&mut channel.phase, phase) == Phase::Nascent {
            self.nascent.retain(|other| *other != slot);
        }
    }

    /// What label and protocol of all channels take, in bytes.
    pub(crate) fn names_held(&self) -> usize {
        let channels = self.slots.iter().filter_map(|slot| slot.channel.as_deref());
        channels.map(|channel| channel.config.label.len() + channel.config.protocol.len()).sum()
    }

    /// What the messages of nascent channels cost.
    pub(crate) fn nascent_held(&self) -> usize {
        self.nascent.iter().filter_map(|slot| self.look(*slot)).map(|channel| channel.inbox.held()).sum()
    }

    /// Gives a channel its stream.
    pub(crate) fn bind(&mut self, slot: u16, stream_id: u16) {
        if let Err(at) = self.by_stream.binary_search_by_key(&stream_id, |pair| pair.0) {
            self.by_stream.insert(at, (stream_id, slot));
        }
        if let Some(channel) = self.at(slot) {
            channel.stream_id = Some(stream_id);
        }
    }

    /// The stream of a channel may be used by another one.
    pub(crate) fn unbind(&mut self, slot: u16) {
        let Some(stream_id) = self.look(slot).and_then(|channel| channel.stream_id) else { return };
        if let Ok(at) = self.by_stream.binary_search_by_key(&stream_id, |pair| pair.0)
            && self.by_stream[at].1 == slot
        {
            self.by_stream.remove(at);
        }
        self.last = None;
    }

    /// Takes a channel out; its handle finds nothing from now on.
    pub(crate) fn remove(&mut self, slot: u16) {
        self.unbind(slot);
        let Some(place) = self.slots.get_mut(usize::from(slot)) else { return };
        if place.channel.take().is_some() {
            place.generation = place.generation.wrapping_add(1);
            self.free.push_back(slot);
        }
    }

    /// The lowest id of our parity that is not in use, below `limit`.
    pub(crate) fn free_stream_id(&self, parity: Parity, limit: u16) -> Option<u16> {
        let mut candidate = match parity {
            Parity::Even => 0,
            Parity::Odd => 1,
        };
        let odd = candidate % 2;
        for (taken, _) in self.by_stream.iter().filter(|pair| pair.0 % 2 == odd) {
            if *taken != candidate {
                break;
            }
            candidate = candidate.checked_add(2)?;
        }
        (candidate < limit && candidate <= MAX_STREAM_ID).then_some(candidate)
    }
}
