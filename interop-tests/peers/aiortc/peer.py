"""aiortc as a peer: `peer.py offer URL` prints results as JSON lines, `peer.py answer` serves /offer and echoes."""

import asyncio
import json
import sys
import time

from aiohttp import ClientSession, web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack


def echo(channel):
    @channel.on("message")
    def on_message(message):
        channel.send(message)


async def answer():
    peers = {}

    async def on_offer(request):
        body = await request.json()
        session = request.match_info.get("session") or str(len(peers) + 1)
        peer = peers.get(session)
        if peer is None:
            peer = peers[session] = RTCPeerConnection()
            peer.on("datachannel", echo)
            peer.on("track", peer.addTrack)  # decoded, and encoded anew
        await peer.setRemoteDescription(RTCSessionDescription(body["sdp"], body["type"]))
        await peer.setLocalDescription(await peer.createAnswer())
        text = {"type": peer.localDescription.type, "sdp": peer.localDescription.sdp}
        return web.json_response(text, status=201, headers={"Location": f"/session/{session}"})

    async def on_delete(request):
        peer = peers.pop(request.match_info["session"], None)
        if peer is not None:
            await peer.close()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/offer", on_offer)
    app.router.add_post("/session/{session}", on_offer)
    app.router.add_delete("/session/{session}", on_delete)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    print(json.dumps({"event": "listening", "url": f"http://127.0.0.1:{port}/offer"}), flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_event_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def offer(url):
    peer = RTCPeerConnection()
    channel = peer.createDataChannel("interop")
    unordered = peer.createDataChannel("unordered", ordered=False, maxRetransmits=0)
    is_open, inbox = asyncio.Event(), asyncio.Queue()
    channel.on("open", is_open.set)
    channel.on("message", inbox.put_nowait)
    unordered.on("message", inbox.put_nowait)

    async def case(name, body):
        start = time.monotonic()
        try:
            detail, ok = await asyncio.wait_for(body(), 20) or "", True
        except Exception as error:  # the failure is the result
            detail, ok = repr(error), False
        ms = round((time.monotonic() - start) * 1000)
        print(json.dumps({"name": name, "ok": ok, "ms": ms, "detail": detail}), flush=True)

    async def connect():
        await peer.setLocalDescription(await peer.createOffer())
        async with ClientSession() as session:
            body = {"type": "offer", "sdp": peer.localDescription.sdp}
            async with session.post(url, json=body) as response:
                if response.status >= 300:
                    raise RuntimeError(f"HTTP {response.status} {await response.text()}")
                reply = await response.json()
        await peer.setRemoteDescription(RTCSessionDescription(reply["sdp"], reply["type"]))
        await is_open.wait()

    async def messages(channel, many):
        for message in many:
            channel.send(message)
            back = await inbox.get()
            if back != message:
                raise RuntimeError(f"{len(message)} came back as {len(back)}")

    await case("connect", connect)
    await case("text", lambda: messages(channel, ["hello", "grüße 水", "x" * 1200, "y" * 65535]))
    await case("binary", lambda: messages(channel, [bytes(i % 251 for i in range(n)) for n in (1, 1199, 1200, 1201, 65535, 65536)]))
    await case("empty", lambda: messages(channel, ["", b""]))
    await case("unordered", lambda: messages(unordered, [f"message {i}" for i in range(20)]))
    await peer.close()
    await case("media", lambda: media(url))


async def media(url):
    """Silence and green pictures for five seconds; counts what comes back."""
    peer, came = RTCPeerConnection(), {"audio": 0, "video": 0}

    async def count(track):
        try:
            while True:
                await track.recv()
                came[track.kind] += 1
        except MediaStreamError:
            pass

    peer.on("track", lambda track: asyncio.ensure_future(count(track)))
    peer.addTrack(AudioStreamTrack())
    peer.addTrack(VideoStreamTrack())
    await peer.setLocalDescription(await peer.createOffer())
    async with ClientSession() as session:
        body = {"type": "offer", "sdp": peer.localDescription.sdp}
        async with session.post(url, json=body) as response:
            reply = await response.json()
    await peer.setRemoteDescription(RTCSessionDescription(reply["sdp"], reply["type"]))
    await asyncio.sleep(6)
    await peer.close()
    if came["audio"] < 150 or came["video"] < 75:
        raise RuntimeError(f"came back: {came}")
    return f"came back: {came}"


asyncio.run(offer(sys.argv[2]) if sys.argv[1] == "offer" else answer())
