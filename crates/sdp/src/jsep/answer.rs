//! What this side says to a proposal. RFC 9429 §5.3.

use alloc::vec::Vec;

use super::section::{self, Form};
use super::{Local, Setup, read};
use crate::error::JsepError;
use crate::lexer::number;
use crate::session::SessionDescription;

/// The answer to `offer`: as many sections in the same order under the same names, the first live one for data channels
/// accepted, all others refused with port 0, and a BUNDLE group of what was accepted if the offer had one that named it.
///
/// The DTLS role is `local.setup` if that is a role (it is kept in re-negotiations, RFC 8842 §5.5), else the offer's
/// opposite, else active. An offer that demands the role that this side must keep is an error.
///
/// Deviation: RFC 9143 §7.3.1 and RFC 9429 §5.3.1 give a group up when the section that holds its transport is refused.
/// Here the group lives on with its data section as the tag: the transport's attributes are known
/// either way, and data channels of a page that also offers audio would be lost.
pub fn answer(local: &Local<'_>, offer: &SessionDescription) -> Result<SessionDescription, JsepError> {
    let remote = read(offer)?;
    let accepted = remote.data.as_ref().filter(|data| data.sctp_port != 0);
    let setup = match accepted {
        Some(data) => choose_setup(local.setup, data.setup).ok_or(JsepError::BadSetup(data.index))?,
        None => Setup::Active,
    };
    let mut media: Vec<_> = offer.media.iter().map(section::rejected).collect();
    let mut bundled = Vec::new();
    if let Some(data) = accepted {
        let offered = &offer.media[data.index];
        let format = offered.formats().next().unwrap_or(Form::CURRENT.format);
        let is_legacy = number::<u16>(format).is_ok();
        let form = Form { protocol: &offered.protocol, format, is_legacy };
        media[data.index] = section::data(local, data.mid.as_deref(), setup, form);
        bundled.extend(data.mid.as_deref().filter(|_| remote.sections[data.index].bundled));
    }
    Ok(section::session(local, media, &bundled))
}

/// RFC 8842 §5.3; `None`: both want the same role.
fn choose_setup(ours: Setup, offered: Setup) -> Option<Setup> {
    match (ours, offered) {
        (Setup::Active, Setup::Actpass | Setup::Passive) => Some(Setup::Active),
        (Setup::Passive, Setup::Actpass | Setup::Active) => Some(Setup::Passive),
        (Setup::Actpass, Setup::Actpass | Setup::Passive) => Some(Setup::Active),
        (Setup::Actpass, Setup::Active) => Some(Setup::Passive),
        _ => None,
    }
}
