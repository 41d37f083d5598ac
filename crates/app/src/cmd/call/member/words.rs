//! What members say, in the forms of the channel, and what strangers say, cut to size.

use limpid_app::call::message::Chat;
use limpid_signaling::{Body, Bye, Tags};
use serde_json::value::RawValue;

/// A body of signalling as it goes over the channel.
pub(super) fn over_channel(body: &Body, tags: &Tags) -> String {
    let kind = if matches!(body, Body::Description { .. }) { "description" } else { "candidate" };
    let raw = body.to_raw_with(tags);
    // invariant: a body is an object with a member at least.
    let members = raw.get().strip_prefix('{').unwrap_or("}");
    format!(r#"{{"m":"{kind}",{members}"#)
}

/// The other way.
pub(super) fn from_channel(text: &str) -> Option<(Body, Tags)> {
    let raw = RawValue::from_string(text.to_owned()).ok()?;
    let body = Body::parse(&raw).ok().flatten()?;
    let is_meant = matches!(body, Body::Description { .. } | Body::Candidate(_));
    Some((body, Tags::parse(&raw).ok()?)).filter(|_| is_meant)
}

/// Chats in messages that fit.
pub(super) fn pages(chats: Vec<Chat>) -> Vec<Vec<Chat>> {
    const PAGE: usize = 48 * 1024;
    let (mut pages, mut room) = (Vec::new(), 0);
    for chat in chats {
        // As JSON a character may take six bytes for each of its own.
        let size = 6 * (chat.id.len() + chat.member.len() + chat.name.len()) + 2 * chat.text.len() + 100;
        match pages.last_mut() {
            Some(page) if size <= room => Vec::push(page, chat),
            _ => {
                pages.push(vec![chat]);
                room = PAGE;
            }
        }
        room = room.saturating_sub(size);
    }
    pages
}

/// A stranger's text, cut to a length in characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The word of a reason.
pub(super) fn word(bye: Bye) -> &'static str {
    match bye {
        Bye::Done => "done",
        Bye::Declined => "declined",
        Bye::Busy => "busy",
        Bye::Cancelled => "cancelled",
        Bye::Error => "error",
    }
}

/// A reason that we know; any other is an error.
pub(super) fn known_reason(reason: &str) -> &'static str {
    let known = ["done", "declined", "busy", "cancelled"];
    known.into_iter().find(|known| *known == reason).unwrap_or("error")
}

#[cfg(test)]
mod tests {
    use limpid_app::call::message::Message;

    use super::*;

    #[test]
    fn bodies_of_signalling_cross_the_channel_unchanged() {
        let tags = Tags { member: Some("00ff".into()), session: 2, offer: Some(1) };
        let offer =
            Body::Description { kind: "offer".into(), sdp: "v=0\r\n".into(), nonce: Some("00".into()) };
        let text = over_channel(&offer, &tags);
        assert!(text.starts_with(r#"{"m":"description","#), "{text}");
        assert_eq!(Message::parse(&text), Ok(None));
        assert_eq!(from_channel(&text), Some((offer, tags)));
        let end = over_channel(&Body::Candidate(None), &Tags { session: 3, ..Tags::default() });
        assert_eq!(from_channel(&end), Some((Body::Candidate(None), Tags { session: 3, ..Tags::default() })));
        assert_eq!(from_channel(r#"{"m":"bye","bye":"done"}"#), None);
    }

    #[test]
    fn a_long_history_goes_in_messages_that_fit() {
        let chat = |n: usize| Chat {
            id: format!("{n:016x}"),
            member: "00".repeat(16),
            name: "x".repeat(64),
            at: 0,
            text: "\"".repeat(4000),
        };
        let chats: Vec<Chat> = (0..50).map(chat).collect();
        let pages = pages(chats.clone());
        assert!(pages.len() > 1);
        for page in &pages {
            assert!(Message::History { chats: page.clone() }.to_text().len() <= 64 * 1024);
        }
        assert_eq!(pages.concat(), chats);
    }
}
