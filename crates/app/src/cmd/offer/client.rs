//! Posts an offer and takes the answer.

use std::time::Duration;

use limpid::{Description, DescriptionKind, PeerConnection};

use super::{Form, MAX_BODY};
use crate::cmd::say::Trouble;
use limpid_app::exit::Exit;

/// A session with an endpoint: where to renegotiate, and where to say that it is over.
#[derive(Debug)]
pub(crate) struct Session {
    location: Option<String>,
}

/// `URL` with the path `/offer` where it has none.
pub(crate) fn endpoint(url: &str) -> String {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    match url[after_scheme..].find('/') {
        Some(at) if url[after_scheme + at..].len() > 1 => url.to_owned(),
        _ => format!("{}/offer", url.trim_end_matches('/')),
    }
}

impl Session {
    /// Offers to an endpoint and applies its answer.
    pub(crate) async fn open(
        connection: &PeerConnection,
        url: &str,
        timeout: Duration,
    ) -> Result<Session, Trouble> {
        let url = endpoint(url);
        let offer = connection.offer().await.map_err(Trouble::unexpected)?;
        let (answer, location) = post(url.clone(), offer, timeout).await?;
        apply(connection, answer)?;
        Ok(Session { location: location.map(|location| resolve(&url, &location)) })
    }

    /// Offers again: after `restart_ice`, or with more channels.
    pub(crate) async fn renegotiate(
        &self,
        connection: &PeerConnection,
        timeout: Duration,
    ) -> Result<(), Trouble> {
        let Some(url) = self.location.clone() else {
            let message = "the endpoint told no session to renegotiate";
            return Err(Trouble::new(Exit::PeerProtocol, "no-session", message));
        };
        let offer = connection.offer().await.map_err(Trouble::unexpected)?;
        let (answer, _) = post(url, offer, timeout).await?;
        apply(connection, answer)
    }

    /// Says that it is over. Best effort: the connection says so too.
    pub(crate) async fn end(self) {
        if let Some(url) = self.location {
            let delete = move || agent(Duration::from_secs(2)).delete(&url).call().map(drop);
            let _ = tokio::task::spawn_blocking(delete).await;
        }
    }
}

fn apply(connection: &PeerConnection, answer: Description) -> Result<(), Trouble> {
    connection.set_remote_description(answer).map_err(|error| {
        Trouble::new(Exit::PeerProtocol, "bad-answer", format!("the answer can not be used: {error}"))
    })
}

async fn post(
    url: String,
    offer: Description,
    timeout: Duration,
) -> Result<(Description, Option<String>), Trouble> {
    let request = move || post_and_wait(&url, &offer, timeout);
    tokio::task::spawn_blocking(request).await.map_err(Trouble::unexpected)?
}

fn post_and_wait(
    url: &str,
    offer: &Description,
    timeout: Duration,
) -> Result<(Description, Option<String>), Trouble> {
    let request = agent(timeout).post(url).header("content-type", Form::Json.content_type());
    let mut response = request.send(Form::Json.write(offer)).map_err(|error| {
        Trouble::new(Exit::NoPath, "unreachable", format!("{url} can not be reached: {error}"))
    })?;
    let status = response.status();
    if !status.is_success() {
        let exit = if status.is_server_error() { Exit::Refused } else { Exit::PeerProtocol };
        return Err(Trouble::new(exit, "refused", format!("{url} says {status}")));
    }
    let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let (location, content_type) = (header("location"), header("content-type").unwrap_or_default());
    let body = response.body_mut().with_config().limit(MAX_BODY as u64).read_to_string();
    let form = Form::of(&content_type);
    let answer = form.and_then(|form| form.read(&body.ok()?, DescriptionKind::Answer));
    let answer = answer.ok_or_else(|| {
        Trouble::new(Exit::PeerProtocol, "bad-answer", format!("{url} answered with no description"))
    })?;
    Ok((answer, location))
}

fn agent(timeout: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder();
    config.timeout_global(Some(timeout)).http_status_as_error(false).build().into()
}

/// A `Location` that may be a path only.
fn resolve(base: &str, location: &str) -> String {
    if location.contains("://") {
        return location.to_owned();
    }
    let after_scheme = base.find("://").map_or(0, |at| at + 3);
    let origin = base[after_scheme..].find('/').map_or(base, |at| &base[..after_scheme + at]);
    format!("{origin}/{}", location.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_path_means_offer_and_a_location_stays_at_its_origin() {
        assert_eq!(endpoint("http://[::1]:8080"), "http://[::1]:8080/offer");
        assert_eq!(endpoint("http://a.example/"), "http://a.example/offer");
        assert_eq!(endpoint("http://a.example/whip/1"), "http://a.example/whip/1");
        assert_eq!(resolve("http://a.example:1/offer", "/session/7"), "http://a.example:1/session/7");
        assert_eq!(resolve("http://a.example/offer", "http://b.example/s"), "http://b.example/s");
    }
}
