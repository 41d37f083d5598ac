//! The client's Finished; ours answers it, and stays at hand in case it gets lost.

use limpid_sansio::Instant;

use crate::error::Error;
use crate::handshake::Context;
use crate::handshake12::keys::Side;
use crate::handshake12::{Secrets, State};
use crate::message::Message;
use crate::reassembly::Received;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitFinished {
    pub(super) secrets: Secrets,
}

impl WaitFinished {
    pub(crate) fn handle(
        self,
        context: &mut Context,
        now: Instant,
        message: &Received,
    ) -> Result<State, Error> {
        let Message::Finished(finished) = message.parse()? else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        self.secrets.check_finished(context, Side::Client, &finished)?;
        context.transcript.add(&message.raw);
        context.begin_flight();
        self.secrets.send_finished(context, Side::Server)?;
        context.launch_last(now);
        Ok(self.secrets.complete(context))
    }
}
