//! Names to addresses: DNS for names of the world, multicast DNS for the names that hide a neighbour's address.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use limpid_sansio::{Answer, FailCause, WishId};
use tokio::sync::{Semaphore, mpsc};

mod dns;
mod mdns;
mod node;

use mdns::Mdns;

/// How long a look-up in the DNS may take. Browsers give up on an ICE server after about as long.
const DNS_DEADLINE: Duration = Duration::from_secs(10);
/// Look-ups under way at a time; more are refused. A peer can make us look up one name a candidate.
const MAX_LOOKUPS: usize = 32;

/// What became of a look-up or an announcement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// Never empty.
    Addresses(Vec<IpAddr>),
    /// There is none.
    Failed(FailCause),
}

impl Found {
    /// For the machine that wished it.
    pub(crate) fn as_answer(&self) -> Answer<'_> {
        match self {
            Found::Addresses(list) => Answer::Addresses(list),
            Found::Failed(cause) => Answer::Failed(*cause),
        }
    }
}

/// Looks names up and announces ours, for one driver. What is found goes to the driver's channel.
#[derive(Debug)]
pub(crate) struct Resolver {
    answers: mpsc::UnboundedSender<(WishId, Found)>,
    places: Arc<Semaphore>,
    /// Started when first needed. `Some(None)`: it could not be.
    mdns: Option<Option<Mdns>>,
}

impl Resolver {
    /// Holds at most [`MAX_LOOKUPS`] answers back.
    pub(crate) fn new(answers: mpsc::UnboundedSender<(WishId, Found)>) -> Self {
        Resolver { answers, places: Arc::new(Semaphore::new(MAX_LOOKUPS)), mdns: None }
    }

    /// Looks `name` up. A `.local` name must be one UUID label: no others are asked for on the local network, so that a
    /// peer can not make us look around in it.
    pub(crate) fn resolve(&mut self, id: WishId, name: String) {
        let name = name.strip_suffix('.').map_or(name.clone(), str::to_owned).to_ascii_lowercase();
        let is_local = name == "local" || name.ends_with(".local");
        let Ok(place) = self.places.clone().try_acquire_owned() else { return self.fail(id) };
        if is_local && !is_hiding_name(&name) {
            return self.fail(id);
        }
        let asked = if is_local { self.mdns().map(|mdns| mdns.resolve(name.clone())) } else { None };
        if is_local && asked.is_none() {
            return self.fail(id);
        }
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let found = match asked {
                Some(asked) => asked.await.unwrap_or(Found::Failed(FailCause::Refused)),
                None => look_up(&name).await,
            };
            // The driver may be gone: then nobody wants to know.
            let _ = answers.send((id, found));
            drop(place);
        });
    }

    /// Publishes `name` for `ip` on the local network for as long as this resolver lives.
    pub(crate) fn announce(&mut self, id: WishId, name: String, ip: IpAddr) {
        let name = name.to_ascii_lowercase();
        let published = is_hiding_name(&name) && self.mdns().is_some_and(|mdns| mdns.publish(name, ip));
        match published {
            true => drop(self.answers.send((id, Found::Addresses(vec![ip])))),
            false => self.fail(id),
        }
    }

    fn mdns(&mut self) -> Option<&Mdns> {
        self.mdns.get_or_insert_with(|| Mdns::start().ok()).as_ref()
    }

    fn fail(&self, id: WishId) {
        let _ = self.answers.send((id, Found::Failed(FailCause::Refused)));
    }
}

/// IPv6 and IPv4 addresses, in the order that the system prefers.
async fn look_up(name: &str) -> Found {
    match tokio::time::timeout(DNS_DEADLINE, tokio::net::lookup_host((name, 0))).await {
        Err(_) => Found::Failed(FailCause::TimedOut),
        Ok(Err(_)) => Found::Failed(FailCause::NotFound),
        Ok(Ok(addresses)) => {
            let mut list: Vec<IpAddr> = Vec::new();
            for address in addresses {
                if !list.contains(&address.ip()) {
                    list.push(address.ip());
                }
            }
            if list.is_empty() { Found::Failed(FailCause::NotFound) } else { Found::Addresses(list) }
        }
    }
}

/// `<version 4 UUID>.local`, lower case. draft-ietf-mmusic-mdns-ice-candidates §3.1.1.
fn is_hiding_name(name: &str) -> bool {
    let Some(label) = name.strip_suffix(".local") else { return false };
    let byte_fits = |(index, byte): (usize, u8)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    label.len() == 36 && label.bytes().enumerate().all(byte_fits)
}

#[cfg(test)]
mod tests;
