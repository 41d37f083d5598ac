//! Who listens and who speaks in a connection whose other end is known.

use std::sync::Arc;

use limpid::{MediaKind, Transceiver, TransceiverId};
use limpid_app::escape::Escaped;
use serde_json::json;

use super::Call;
use super::connection::Connection;
use super::ears::Ear;
use super::member::Who;
use super::mouth::speak;
use super::pump::Pump;

/// Voice and camera both ways, and whatever else is there already.
pub(crate) fn begin(connection: &mut Connection, who: &Who) {
    let [voice, camera] = connection.sections().map(|section| section.cloned());
    let call = connection.call.clone();
    for (section, pump, track) in [(voice, &call.voice, "audio"), (camera, &call.camera, "video")] {
        let Some(section) = section else { continue };
        hear(connection, section.clone(), who, track);
        if let Some(pump) = pump {
            speak_to(connection, section, pump.clone(), who);
        }
    }
    for section in connection.pc.transceivers() {
        hear_more(connection, section.id(), who);
    }
}

/// A section beside voice and camera: a screen, or its sound.
pub(crate) fn hear_more(connection: &mut Connection, id: TransceiverId, who: &Who) {
    if connection.heard.contains(&id) {
        return;
    }
    let Some(section) = connection.pc.transceiver(id) else { return };
    let track = if section.kind() == Some(MediaKind::Audio) { "sound" } else { "screen" };
    hear(connection, section, who, track);
}

fn hear(connection: &mut Connection, transceiver: Transceiver, who: &Who, track: &'static str) {
    connection.heard.push(transceiver.id());
    let ear = Ear {
        call: connection.call.clone(),
        transceiver,
        member: who.member.clone(),
        name: who.name.clone(),
        track,
        is_echo: connection.call.is_echo && matches!(track, "audio" | "video"),
    };
    connection.tasks.spawn(ear.listen());
}

fn speak_to(connection: &mut Connection, section: Transceiver, pump: Pump, who: &Who) {
    let (call, who) = (connection.call.clone(), who.clone());
    connection.tasks.spawn(async move {
        if section.kind() == Some(MediaKind::Video) {
            // Ends with the call, which outlives its connections.
            let _ = call.shows.subscribe().wait_for(|is_shown| *is_shown).await;
        }
        let refused = |codec| refused(&call, &who, codec);
        speak(section, pump, &call.tally, refused).await;
    });
}

fn refused(call: &Arc<Call>, who: &Who, codec: limpid_app::media::Codec) {
    let members = json!({ "member": who.member, "name": who.name, "codec": codec.name() });
    call.events.say("not-taken", &members, || {
        format!("{} takes no {codec}: that is not sent there.", Escaped(&who.name))
    });
}
