//! All that is missing is the server's Finished.

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
    pub(crate) fn handle(self, context: &mut Context, message: &Received) -> Result<State, Error> {
        let Message::Finished(finished) = message.parse()? else {
            return Err(Error::UnexpectedMessage(message.msg_type));
        };
        self.secrets.check_finished(context, Side::Server, &finished)?;
        // The server has all of our flight: it is never asked for again.
        context.outgoing.stop();
        Ok(self.secrets.complete(context))
    }
}
