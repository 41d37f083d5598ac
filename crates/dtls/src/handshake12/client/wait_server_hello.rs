//! The hello is out. The server answers with its own, or first wants to see that we receive at our address.

use limpid_sansio::Instant;

use super::WaitCertificate;
use crate::error::Error;
use crate::handshake::{Context, client_hello, server_hello};
use crate::handshake12::State;
use crate::message::{HelloRandom, HelloVerifyRequest, Message, ServerHello};
use crate::reassembly::Received;

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitServerHello {
    random: HelloRandom,
    /// How many cookies we have repeated.
    cookies: u8,
}

impl WaitServerHello {
    /// A server that keeps asking for cookies is no server.
    const MAX_COOKIES: u8 = 4;

    /// Sends the first hello.
    pub(crate) fn start(context: &mut Context, now: Instant) -> State {
        let random = context.random.bytes();
        client_hello::send(context, &random, &[]);
        context.launch(now);
        State::ClientWaitServerHello(WaitServerHello { random, cookies: 0 })
    }

    pub(crate) fn handle(
        self,
        context: &mut Context,
        now: Instant,
        message: &Received,
    ) -> Result<State, Error> {
        match message.parse()? {
            Message::HelloVerifyRequest(request) => self.repeat(context, now, &request),
            Message::ServerHello(hello) => self.accept(context, &hello, message),
            other => Err(Error::UnexpectedMessage(other.msg_type())),
        }
    }

    /// Once more, with the cookie. Neither the first hello nor the request counts for the transcript, and the request's
    /// version means nothing (RFC 6347 §4.2.1, §4.2.6).
    fn repeat(
        self,
        context: &mut Context,
        now: Instant,
        request: &HelloVerifyRequest<'_>,
    ) -> Result<State, Error> {
        if self.cookies == Self::MAX_COOKIES {
            return Err(Error::IllegalParameter("cookie"));
        }
        context.transcript.restart();
        context.begin_flight();
        client_hello::send(context, &self.random, request.cookie);
        context.launch(now);
        Ok(State::ClientWaitServerHello(WaitServerHello { cookies: self.cookies + 1, ..self }))
    }

    // A client that offered 1.3 would look here for the downgrade sentinel in the server's random (RFC 8446 §4.1.3).
    fn accept(
        self,
        context: &mut Context,
        hello: &ServerHello<'_>,
        message: &Received,
    ) -> Result<State, Error> {
        let agreed = server_hello::accept(context, &self.random, hello)?;
        context.transcript.choose(&context.config.provider, agreed.parameters.hash)?;
        context.transcript.add(&message.raw);
        Ok(State::ClientWaitCertificate(WaitCertificate { agreed }))
    }
}
