//! The client's states, in wire order.

mod wait_certificate;
mod wait_finished;
mod wait_server_hello;
mod wait_server_hello_done;
mod wait_server_key_exchange;

pub(crate) use wait_certificate::WaitCertificate;
pub(crate) use wait_finished::WaitFinished;
pub(crate) use wait_server_hello::WaitServerHello;
pub(crate) use wait_server_hello_done::WaitServerHelloDone;
pub(crate) use wait_server_key_exchange::WaitServerKeyExchange;
