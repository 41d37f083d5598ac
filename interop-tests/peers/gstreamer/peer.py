"""GStreamer's webrtcbin as a peer: `peer.py offer URL` prints results as JSON lines, `peer.py answer` serves /offer and echoes.

Run with Debian's own Python: its bindings are not in a virtual environment.
"""

import json
import re
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

Gst.init(None)

OFFER, ANSWER = GstWebRTC.WebRTCSDPType.OFFER, GstWebRTC.WebRTCSDPType.ANSWER
# What goes to webrtcbin's pads has to say what it is before anything flows.
CAPS = 'capsfilter caps="application/x-rtp,media={kind},encoding-name={name},clock-rate={rate},payload={number}"'
SOURCES = {
    "video": "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 ! queue"
    " ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=2",
    "audio": "audiotestsrc is-live=true freq=700 ! queue ! audioconvert ! audioresample ! opusenc ! rtpopuspay",
}
# What comes is taken out of its packets and put into packets of our own.
BACK = {
    "VP8": ("rtpvp8depay", "rtpvp8pay picture-id-mode=2"),
    "OPUS": ("rtpopusdepay", "rtpopuspay"),
    "PCMU": ("rtppcmudepay", "rtppcmupay"),
}
DECODED = {"VP8": "rtpvp8depay ! vp8dec", "OPUS": "rtpopusdepay ! opusdec", "PCMU": "rtppcmudepay ! mulawdec"}


def encoding_of(pad):
    caps = pad.get_current_caps() or pad.query_caps(None)
    return caps.get_structure(0).get_string("encoding-name").upper()


def is_source(pad):
    return pad.direction == Gst.PadDirection.SRC


class Peer:
    """A pipeline with one webrtcbin."""

    def __init__(self, branches):
        self.pipeline = Gst.Pipeline.new(None)
        self.bin = Gst.ElementFactory.make("webrtcbin", None)
        self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.bin)
        self.gathered = threading.Event()
        self.bin.connect("notify::ice-gathering-state", self.on_gathering)
        self.channels = []
        self.bin.connect("on-data-channel", lambda _, channel: self.echo(channel))
        for branch in branches:
            part = Gst.parse_bin_from_description(branch, True)
            self.pipeline.add(part)
            part.get_static_pad("src").link(self.bin.request_pad_simple("sink_%u"))

    def on_gathering(self, element, _):
        if element.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.gathered.set()

    def echo(self, channel):
        self.channels.append(channel)
        channel.connect("on-message-string", lambda it, text: it.emit("send-string", text or ""))
        channel.connect("on-message-data", lambda it, data: it.emit("send-data", data or GLib.Bytes.new(b"")))

    def wait(self, signal, *arguments):
        promise = Gst.Promise.new()
        self.bin.emit(signal, *arguments, promise)
        promise.wait()
        reply = promise.get_reply()
        if reply is not None and reply.has_field("error"):
            raise RuntimeError(f"{signal}: {reply.to_string()}")
        return reply

    def remote(self, sdp, kind):
        _, message = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(sdp.encode(), message)
        self.wait("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(kind, message))
        index = -1
        for line in sdp.splitlines():
            index += line.startswith("m=")
            if line.startswith("a=candidate:") and " udp " in line.lower():
                self.bin.emit("add-ice-candidate", max(index, 0), line[2:])

    def local(self, kind):
        reply = self.wait(f"create-{kind}", None)
        # It lives as long as the reply that it is in.
        self.wait("set-local-description", reply.get_value(kind))
        if not self.gathered.wait(5):
            raise RuntimeError("candidates are still being gathered")
        return self.bin.get_property("local-description").sdp.as_text()

    def end(self):
        self.pipeline.set_state(Gst.State.NULL)


def attach(peer, pad, description):
    """Puts elements behind a pad; gives the last one."""
    part = Gst.parse_bin_from_description(description, True)
    peer.pipeline.add(part)
    part.sync_state_with_parent()
    pad.link(part.get_static_pad("sink"))
    return part


def number_of(sdp, kind, name):
    section = next((it for it in sdp.split("m=") if it.startswith(kind)), "")
    found = re.search(rf"a=rtpmap:(\d+) {name}/", section, re.I)
    return found and int(found.group(1))


def wanted(sdp):
    """The encodings that an offer's first sections of sound and pictures are sent back in, with their numbers."""
    for kind, names, rate in (("audio", ("PCMU", "OPUS"), {"PCMU": 8000, "OPUS": 48000}), ("video", ("VP8",), {"VP8": 90000})):
        for name in names:
            number = number_of(sdp, kind, name)
            if number is not None:
                yield name, CAPS.format(kind=kind, name=name, rate=rate[name], number=number)
                break


def answer_to(sdp):
    branches = {}
    for name, caps in wanted(sdp):
        depay, pay = BACK[name]
        branches[name] = f"{depay} ! queue ! {pay} ! {caps}"
    # The beginning of each is a pad of its own, which waits for what comes.
    peer = Peer([])
    ends = {}
    for name, branch in branches.items():
        part = Gst.parse_bin_from_description(branch, True)
        peer.pipeline.add(part)
        part.get_static_pad("src").link(peer.bin.request_pad_simple("sink_%u"))
        ends[name] = part.get_static_pad("sink")

    def on_pad(_, pad):
        end = ends.pop(encoding_of(pad), None) if is_source(pad) else None
        if end is not None:
            pad.link(end)

    peer.bin.connect("pad-added", on_pad)
    peer.pipeline.set_state(Gst.State.PLAYING)
    peer.remote(sdp, OFFER)
    return peer, peer.local("answer")


def serve():
    peers = {}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            try:
                peer, sdp = answer_to(body["sdp"])
                session = str(len(peers) + 1)
                peers[session] = peer
                self.reply(201, json.dumps({"type": "answer", "sdp": sdp}), {"location": f"/session/{session}"})
            except Exception as error:  # the one who asked is told
                self.reply(500, json.dumps(repr(error)), {})

        def do_DELETE(self):
            peer = peers.pop(self.path.rsplit("/", 1)[1], None)
            if peer is not None:
                peer.end()
            self.reply(204, "", {})

        def reply(self, status, text, headers):
            self.send_response(status)
            for name, value in {"content-type": "application/json", "content-length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"event": "listening", "url": f"http://127.0.0.1:{server.server_port}/offer"}), flush=True)
    sys.stdin.read()


def until(what, ask, seconds=20):
    end = time.monotonic() + seconds
    while not ask():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def offer(url):
    caps = {"video": ("VP8", 90000, 96), "audio": ("OPUS", 48000, 111)}
    branches = [
        f"{SOURCES[kind]} ! " + CAPS.format(kind=kind, name=name, rate=rate, number=number)
        for kind, (name, rate, number) in caps.items()
    ]
    peer = Peer(branches)
    came, inbox, is_open = {}, [], threading.Event()

    def on_pad(_, pad):
        if not is_source(pad):
            return
        name = encoding_of(pad)
        last = attach(peer, pad, f"queue ! {DECODED[name]} ! fakesink name=end-{name} sync=false")
        sink = last.get_by_name(f"end-{name}")
        came[name] = 0

        def count(*_):
            came[name] += 1
            return Gst.PadProbeReturn.OK

        sink.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, count)

    peer.bin.connect("pad-added", on_pad)
    peer.pipeline.set_state(Gst.State.READY)
    channel = peer.bin.emit("create-data-channel", "interop", None)
    channel.connect("on-open", lambda _: is_open.set())
    channel.connect("on-message-string", lambda _, text: inbox.append(text or ""))
    channel.connect("on-message-data", lambda _, data: inbox.append(data.get_data() if data else b""))
    peer.pipeline.set_state(Gst.State.PLAYING)

    def case(name, body):
        start = time.monotonic()
        try:
            detail, ok = body() or "", True
        except Exception as error:  # the failure is the result
            detail, ok = repr(error), False
        ms = round((time.monotonic() - start) * 1000)
        print(json.dumps({"name": name, "ok": ok, "ms": ms, "detail": detail}), flush=True)

    def connect():
        until("caps", lambda: all(pad.get_current_caps() for pad in peer.bin.sinkpads))
        body = json.dumps({"type": "offer", "sdp": peer.local("offer")}).encode()
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as response:
            peer.remote(json.load(response)["sdp"], ANSWER)
        if not is_open.wait(20):
            raise RuntimeError("the channel does not open")

    def messages(verb, many):
        for message in many:
            inbox.clear()
            channel.emit(verb, message if isinstance(message, str) else GLib.Bytes.new(message))
            until("an echo", lambda: inbox)
            if inbox[0] != message:
                raise RuntimeError(f"{len(message)} came back as {len(inbox[0])}")

    def media():
        until("sound and pictures", lambda: came.get("VP8", 0) >= 90 and came.get("OPUS", 0) >= 150)
        return f"decoded: {came}"

    case("connect", connect)
    case("text", lambda: messages("send-string", ["hello", "grüße 水", "x" * 1200, "y" * 65535]))
    case("binary", lambda: messages("send-data", [bytes(i % 251 for i in range(n)) for n in (1, 1199, 1200, 1201, 65535)]))
    case("media", media)
    peer.end()


loop = GLib.MainLoop()
threading.Thread(target=loop.run, daemon=True).start()
offer(sys.argv[2]) if sys.argv[1] == "offer" else serve()
