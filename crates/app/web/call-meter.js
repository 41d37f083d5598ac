// How loud a microphone is, and a tone to try the speaker with.

/** Listens to a copy of the track, so that it hears the person even while the track itself is muted. */
export class Meter {
  constructor(track) {
    this.track = track.clone();
    this.track.enabled = true;
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(new MediaStream([this.track])).connect(this.analyser);
  }

  /** 0 to 1, on the scale of decibels: -60 dB is 0. */
  level() {
    if (this.context.state === 'suspended') this.context.resume().catch(() => {});
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    return power > 0 ? Math.min(1, Math.max(0, 1 + 10 * Math.log10(power) / 60)) : 0;
  }

  stop() {
    this.track.stop();
    this.context.close().catch(() => {});
  }
}

/** A second of two tones through the chosen speaker. */
export async function playTone(sinkId) {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const gain = context.createGain();
  gain.gain.value = 0.2;
  gain.connect(out);
  for (const [frequency, from] of [[440, 0], [660, 0.5]]) {
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(context.currentTime + from);
    tone.stop(context.currentTime + from + 0.45);
  }
  const audio = new Audio();
  audio.srcObject = out.stream;
  if (sinkId && audio.setSinkId) await audio.setSinkId(sinkId);
  await audio.play();
  await new Promise((resolve) => { setTimeout(resolve, 1100); });
  audio.pause();
  await context.close();
}
