// Command pion is a peer made of pion: `pion offer URL` prints results as JSON lines, `pion answer` serves /offer and echoes.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

func echo(channel *webrtc.DataChannel) {
	channel.OnMessage(func(m webrtc.DataChannelMessage) {
		if m.IsString {
			_ = channel.SendText(string(m.Data))
		} else {
			_ = channel.Send(m.Data)
		}
	})
}

func newPeer() (*webrtc.PeerConnection, error) {
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	return webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
}

// holdSenders gives each section a sender before the answer is made, so that it says sendrecv.
func holdSenders(peer *webrtc.PeerConnection) error {
	for _, transceiver := range peer.GetTransceivers() {
		if sender := transceiver.Sender(); sender != nil && sender.Track() != nil {
			continue
		}
		capability := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}
		if transceiver.Kind() == webrtc.RTPCodecTypeVideo {
			capability = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
		}
		track, err := webrtc.NewTrackLocalStaticRTP(capability, transceiver.Kind().String(), "echo")
		if err != nil {
			return err
		}
		if _, err = peer.AddTrack(track); err != nil {
			return err
		}
	}
	return nil
}

// reflect sends the packets of a track of the other side back in the same section.
func reflect(peer *webrtc.PeerConnection) {
	peer.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		local, err := webrtc.NewTrackLocalStaticRTP(remote.Codec().RTPCodecCapability, remote.ID(), remote.StreamID())
		if err != nil {
			return
		}
		for _, transceiver := range peer.GetTransceivers() {
			if transceiver.Receiver() == receiver && transceiver.Sender() != nil {
				_ = transceiver.Sender().ReplaceTrack(local)
			}
		}
		for {
			packet, _, err := remote.ReadRTP()
			if err != nil {
				return
			}
			packet.Extension, packet.Extensions = false, nil
			_ = local.WriteRTP(packet)
		}
	})
}

func answer() error {
	var lock sync.Mutex
	peers := map[string]*webrtc.PeerConnection{}
	handle := func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		session := strings.TrimPrefix(r.URL.Path, "/session/")
		if r.Method == http.MethodDelete {
			if peer := peers[session]; peer != nil {
				_ = peer.Close()
				delete(peers, session)
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		var offer webrtc.SessionDescription
		err := json.NewDecoder(r.Body).Decode(&offer)
		peer := peers[session]
		if err == nil && peer == nil {
			session = fmt.Sprint(len(peers) + 1)
			if peer, err = newPeer(); err == nil {
				peers[session] = peer
				peer.OnDataChannel(echo)
				reflect(peer)
			}
		}
		if err == nil {
			err = peer.SetRemoteDescription(offer)
		}
		if err == nil {
			err = holdSenders(peer)
		}
		var reply webrtc.SessionDescription
		if err == nil {
			reply, err = peer.CreateAnswer(nil)
		}
		if err == nil {
			gathered := webrtc.GatheringCompletePromise(peer)
			err = peer.SetLocalDescription(reply)
			<-gathered
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/session/"+session)
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(peer.LocalDescription())
	}
	http.HandleFunc("/offer", handle)
	http.HandleFunc("/session/", handle)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("{\"event\":\"listening\",\"url\":\"http://%s/offer\"}\n", listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(listener, nil)
}

type result struct {
	Name   string `json:"name"`
	Ok     bool   `json:"ok"`
	Ms     int64  `json:"ms"`
	Detail string `json:"detail"`
}

func offer(url string) error {
	peer, err := newPeer()
	if err != nil {
		return err
	}
	ordered, retransmits := false, uint16(0)
	channel, err := peer.CreateDataChannel("interop", nil)
	if err != nil {
		return err
	}
	unordered, err := peer.CreateDataChannel("unordered", &webrtc.DataChannelInit{Ordered: &ordered, MaxRetransmits: &retransmits})
	if err != nil {
		return err
	}
	opened, inbox := make(chan bool, 2), make(chan webrtc.DataChannelMessage, 100)
	for _, c := range []*webrtc.DataChannel{channel, unordered} {
		c.OnOpen(func() { opened <- true })
		c.OnMessage(func(m webrtc.DataChannelMessage) { inbox <- m })
	}
	run := func(name string, body func() error) {
		start := time.Now()
		err := body()
		r := result{Name: name, Ok: err == nil, Ms: time.Since(start).Milliseconds()}
		if err != nil {
			r.Detail = err.Error()
		}
		_ = json.NewEncoder(os.Stdout).Encode(r)
	}
	exchange := func(url string) (string, error) {
		description, err := peer.CreateOffer(&webrtc.OfferOptions{ICERestart: strings.Contains(url, "/session/")})
		if err != nil {
			return "", err
		}
		gathered := webrtc.GatheringCompletePromise(peer)
		if err = peer.SetLocalDescription(description); err != nil {
			return "", err
		}
		<-gathered
		body, _ := json.Marshal(peer.LocalDescription())
		response, err := http.Post(url, "application/json", bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		if response.StatusCode >= 300 {
			return "", fmt.Errorf("HTTP %d %s", response.StatusCode, text)
		}
		var reply webrtc.SessionDescription
		if err = json.Unmarshal(text, &reply); err != nil {
			return "", err
		}
		return response.Header.Get("Location"), peer.SetRemoteDescription(reply)
	}
	wait := func(what string, c <-chan bool) error {
		select {
		case <-c:
			return nil
		case <-time.After(20 * time.Second):
			return fmt.Errorf("%s: nothing after 20 s", what)
		}
	}
	check := func(channel *webrtc.DataChannel, text bool, payload []byte) error {
		if text {
			_ = channel.SendText(string(payload))
		} else if err := channel.Send(payload); err != nil {
			return err
		}
		select {
		case back := <-inbox:
			if back.IsString != text || !bytes.Equal(back.Data, payload) {
				return fmt.Errorf("%d bytes came back as %d", len(payload), len(back.Data))
			}
			return nil
		case <-time.After(20 * time.Second):
			return fmt.Errorf("no echo of %d bytes", len(payload))
		}
	}
	var session string
	var counts [2]atomic.Int64
	tracks := [2]*webrtc.TrackLocalStaticSample{}
	for i, capability := range []webrtc.RTPCodecCapability{
		{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000},
		{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
	} {
		if tracks[i], err = webrtc.NewTrackLocalStaticSample(capability, fmt.Sprint("track", i), "pion"); err != nil {
			return err
		}
		if _, err = peer.AddTrack(tracks[i]); err != nil {
			return err
		}
	}
	peer.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		count := &counts[0]
		if remote.Kind() == webrtc.RTPCodecTypeVideo {
			count = &counts[1]
		}
		for {
			if _, _, err := remote.ReadRTP(); err != nil {
				return
			}
			count.Add(1)
		}
	})
	run("connect", func() (err error) {
		if session, err = exchange(url); err != nil {
			return err
		}
		if err = wait("open", opened); err != nil {
			return err
		}
		return wait("open", opened)
	})
	run("text", func() error {
		for _, n := range []int{1, 1200, 65535} {
			if err := check(channel, true, bytes.Repeat([]byte("x"), n)); err != nil {
				return err
			}
		}
		return nil
	})
	run("binary", func() error {
		for _, n := range []int{1, 1199, 1200, 1201, 65535} {
			if err := check(channel, false, bytes.Repeat([]byte{0xa5}, n)); err != nil {
				return err
			}
		}
		return nil
	})
	run("empty", func() error {
		if err := check(channel, true, nil); err != nil {
			return err
		}
		return check(channel, false, []byte{})
	})
	run("unordered", func() error {
		for i := 0; i < 20; i++ {
			if err := check(unordered, true, []byte(fmt.Sprint("message ", i))); err != nil {
				return err
			}
		}
		return nil
	})
	run("ice-restart", func() error {
		base := url[:strings.LastIndex(url, "/")]
		if _, err := exchange(base + session); err != nil {
			return err
		}
		return check(channel, true, []byte("after the restart"))
	})
	run("media", func() error {
		// The smallest key frame's header, with something behind it: nobody decodes it.
		picture := append([]byte{0x10, 2, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0}, bytes.Repeat([]byte{7}, 3000)...)
		every := time.NewTicker(20 * time.Millisecond)
		defer every.Stop()
		for n := 0; n < 200; n++ {
			<-every.C
			for i, data := range [][]byte{bytes.Repeat([]byte{byte(n)}, 160), picture} {
				if err := tracks[i].WriteSample(media.Sample{Data: data, Duration: 20 * time.Millisecond}); err != nil {
					return err
				}
			}
		}
		time.Sleep(500 * time.Millisecond)
		// Each picture takes three packets.
		if audio, video := counts[0].Load(), counts[1].Load(); audio < 190 || video < 570 {
			return fmt.Errorf("200 of each went, %d and %d packets came back", audio, video)
		}
		return nil
	})
	return peer.Close()
}

func main() {
	var err error
	if len(os.Args) > 2 && os.Args[1] == "offer" {
		err = offer(os.Args[2])
	} else {
		err = answer()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
