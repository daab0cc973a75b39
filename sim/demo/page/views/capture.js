// Recordings go in by microphone, as a file that is dropped or chosen, or as a sample.
import { able, button, el, redraw, setAttribute, setText } from "/page/dom.js";
import { countText, durationText } from "/js/picture/formatting.js";

const FORMATS = ["audio/webm;codecs=opus", "audio/webm", "audio/mp4", "audio/ogg"];
const LONGEST_SECONDS = 60, MOST_AT_ONCE = 20;

export class Capture {
  // send(audio, title), perform(action, body), notify(text)
  constructor({ send, perform, notify }) {
    Object.assign(this, { send, perform, notify });
    this.wanted = 0;
    this.record = button("Record", () => this.toggle(), { class: "record", "data-focus": "record" });
    this.sample = button("Take a sample", () => this.take(), { class: "primary", "data-focus": "sample" });
    this.choice = el("select", { "aria-label": "Which sample" });
    this.hear = button("Hear it", () => this.listen(), { class: "quiet", "data-focus": "hear-sample" });
    this.many = button("×10", () => this.take(10), { class: "quiet", title: "Ten samples", "aria-label": "Take ten samples", "data-focus": "sample-ten" });
    this.input = el("input", { type: "file", accept: "audio/*,video/webm,video/mp4", multiple: true, class: "sr", tabindex: "-1", "aria-hidden": "true", on: { change: () => this.files([...this.input.files]) } });
    this.file = button("Choose a file", () => this.input.click(), { class: "quiet", "data-focus": "file", title: "Or drop audio files anywhere on the page" });
    this.audio = el("audio", { hidden: true });
    this.drop();
  }

  elements() {
    return el("div", { class: "capture" }, el("div", { class: "buttons" }, this.sample, this.many, this.record), el("div", { class: "sample" }, this.choice, this.hear), el("p", { class: "drop" }, this.file, " or drop one"), this.input, this.audio);
  }

  render(model) {
    const { samples } = model.control;
    this.samples = samples;
    redraw(this.choice, samples.map((sample) => sample.id).join(), () => [el("option", { value: "" }, "any sample"), ...samples.map((sample) => el("option", { value: sample.id }, `${sample.title} (${durationText(sample.seconds, 1)})`))]);
    this.isReady = model.control.phase === "ready" && !model.isReplay;
    for (const element of [this.sample, this.many]) able(element, model.isPossible("sample"));
    able(this.file, this.isReady);
    able(this.record, this.isReady || Boolean(this.recorder));
  }

  // Clicks while an answer is outstanding are added up: two hundred clicks are ten requests.
  async take(count = 1) {
    this.wanted += count;
    if (this.isTaking) return;
    this.isTaking = true;
    while (this.wanted) {
      const now = Math.min(MOST_AT_ONCE, this.wanted);
      this.wanted -= now;
      const done = await this.perform("sample", { ...(this.choice.value ? { sample: this.choice.value } : {}), count: now });
      if (!done) this.wanted = 0;
      else if (done.refused?.length) this.notify(`The API did not accept ${countText(done.refused.length, "recording")}: it answered ${[...new Set(done.refused.map((each) => each.status))].join(", ")}. What it did not accept stays with the client.`);
    }
    this.isTaking = false;
  }

  listen() {
    const sample = this.samples.find((each) => each.id === this.choice.value) ?? this.samples[0];
    if (!sample) return;
    if (!this.audio.paused) { this.audio.pause(); return; }
    this.audio.src = sample.url;
    this.audio.play().catch(() => this.notify("The browser cannot decode this sample. Another one may work."));
  }

  // ---- microphone ----
  async toggle() {
    if (this.recorder) { this.recorder.stop(); return; }
    if (this.isAsking) return;
    if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") {
      this.notify("This browser offers no microphone to this page. Take a sample, or drop an audio file.");
      return;
    }
    this.isAsking = true;
    try {
      this.start(await navigator.mediaDevices.getUserMedia({ audio: true }));
    } catch (error) {
      this.notify(error.name === "NotAllowedError" ? "The browser may not use the microphone. Permit it in the address bar, or take a sample." : "There is no microphone that can be used. Take a sample, or drop an audio file.");
    } finally {
      this.isAsking = false;
    }
  }

  start(stream) {
    const type = FORMATS.find((each) => MediaRecorder.isTypeSupported(each));
    const recorder = this.recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    const pieces = [], began = performance.now();
    recorder.addEventListener("dataavailable", (event) => { if (event.data.size) pieces.push(event.data); });
    recorder.addEventListener("stop", () => this.stopped(stream, new Blob(pieces, { type: recorder.mimeType || type || "audio/webm" })));
    recorder.start();
    this.record.classList.add("recording");
    this.record.setAttribute("aria-pressed", "true");
    const tick = () => {
      if (this.recorder !== recorder) return;
      const seconds = (performance.now() - began) / 1000;
      setText(this.record, `Stop ${Math.floor(seconds)} s`);
      if (seconds > LONGEST_SECONDS) recorder.stop();
    };
    tick();
    this.ticking = setInterval(tick, 250);
  }

  async stopped(stream, audio) {
    clearInterval(this.ticking);
    for (const track of stream.getTracks()) track.stop();
    this.recorder = null;
    this.record.classList.remove("recording");
    this.record.removeAttribute("aria-pressed");
    setText(this.record, "Record");
    this.spoken = (this.spoken ?? 0) + 1;
    if (audio.size) await this.send(audio, `Spoken ${this.spoken}`);
    else this.notify("Nothing was recorded. Speak a little longer.");
  }

  // ---- files ----
  async files(list) {
    this.input.value = "";
    for (const file of list) await this.send(file, file.name.replace(/\.[^.]*$/, "").slice(0, 80) || "A file");
  }

  drop() {
    let inside = 0;
    const carries = (event) => event.dataTransfer?.types.includes("Files") && this.isReady;
    addEventListener("dragenter", (event) => { if (carries(event)) { inside += 1; document.body.classList.add("dropping"); } });
    addEventListener("dragleave", (event) => { if (carries(event) && --inside <= 0) { inside = 0; document.body.classList.remove("dropping"); } });
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      inside = 0;
      document.body.classList.remove("dropping");
      if (carries(event)) this.files([...event.dataTransfer.files]);
    });
  }
}
