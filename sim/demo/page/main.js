// The page: composes the views, and draws what changed once a frame.
import { Balance } from "/page/views/balance.js";
import { Capture } from "/page/views/capture.js";
import { Checks } from "/page/views/checks.js";
import { Clock } from "/page/views/clock.js";
import { Connection, explain, takeToken } from "/page/connection.js";
import { find, setText } from "/page/dom.js";
import { Faults } from "/page/views/faults.js";
import { Keyboard } from "/page/keyboard.js";
import { Lessons, Sabotage } from "/page/views/lessons.js";
import { Model } from "/page/model.js";
import { Notices } from "/page/views/notices.js";
import { Panel } from "/page/views/panel.js";
import { Recordings } from "/page/views/recordings.js";
import { Replay } from "/page/replay.js";
import { Scene } from "/page/scene/scene.js";

const model = new Model();
const recorded = find("#recording");
const token = recorded ? "" : takeToken();
const connection = { status: "connecting", seconds: 0, token };
model.isReplay = Boolean(recorded);
document.body.classList.toggle("replay", model.isReplay);

const handlers = {
  run: (id) => { model.begin(id); scene.dots.begin(); recordings.begin(); },
  state: (control) => model.takeControl(control),
  events: (events) => model.take(events),
  status: (status, seconds = 0) => { Object.assign(connection, { status, seconds }); model.versions += 1; },
};
const recording = recorded ? JSON.parse(recorded.textContent) : null;
const channel = recorded ? null : new Connection(token, handlers);

// ---- what views ask for ----
async function perform(name, body = {}) {
  const answer = await channel.act(name, body);
  if (!answer.ok) notices.say(explain(answer), answer.status === 409 ? "warning" : "error");
  return answer.ok ? answer.body : null;
}
async function send(audio, title) {
  const answer = await channel.record(audio, title);
  if (!answer.ok) notices.say(explain(answer));
  return answer.ok;
}
async function load(id) {
  if (recording) return recording.memories?.[id] ?? null;
  const { ok, body } = await channel.send(`/memories/${encodeURIComponent(id)}`);
  return ok ? body : undefined;
}
async function audio(id) {
  const response = await channel.fetch(`/memories/${encodeURIComponent(id)}/audio`).catch(() => null);
  if (response?.ok) return URL.createObjectURL(await response.blob());
  notices.say("The audio is not available now: S3 does not give it, or it was deleted.", "warning");
  return null;
}
function choose(id) {
  const left = recordings.chosen, isInside = recordings.element.contains(document.activeElement);
  recordings.pick(id);
  scene.select(id);
  if (id !== null) panel.open("recordings");
  else redrawn();
  if (isInside) recordings.goOn(left);
}
function show(term) {
  recordings.showPlaces(term);
  panel.open("recordings");
}

// ---- views ----
const sabotage = new Sabotage({ perform });
const notices = new Notices({ bugBanner: (...of) => sabotage.banner(...of) });
const capture = new Capture({ send, perform, notify: (text) => notices.say(text, "warning") });
const faults = new Faults({ perform });
const scene = new Scene({ perform, choose, capture, breakFamily: (node) => { panel.open("break"); faults.openFamily(node); } });
const balance = new Balance({ show });
const clock = recorded ? null : new Clock({ perform });
const lessons = new Lessons({ perform });
const recordings = new Recordings({ perform, ask: perform, choose, load, audio });
const checks = new Checks({ perform, link: (path) => channel?.link(path) ?? "" });
const panel = new Panel([
  { id: "lessons", title: "Lessons", element: lessons.element }, { id: "break", title: "Break", element: faults.element }, { id: "recordings", title: "Recordings", element: recordings.element },
  { id: "checks", title: "Checks", element: checks.element }, { id: "sabotage", title: "Sabotage", element: sabotage.element },
], redrawn);
const views = [capture, balance, scene, lessons, faults, recordings, checks, sabotage, ...(clock ? [clock] : [])];
// Lessons also have their caption above the pipeline.
for (const view of [faults, recordings, checks, sabotage]) view.isTab = true;

const can = (action, act) => () => { if (model.isPossible(action)) act(); };
const replayKeys = () => [[" ", "play or pause", () => replay.toggle()], ["n", "next event", () => replay.step()]];
const liveKeys = () => [
  ["s", "take a sample", can("sample", () => capture.take())], ["r", "record, and stop", () => capture.toggle()],
  [" ", "play or pause virtual time", can("clock", () => clock.toggle())], ["1", "as fast as real time", can("clock", () => clock.setRate(1))], ["6", "60 times as fast", can("clock", () => clock.setRate(60))],
  ["n", "to the next event", can("clock", () => clock.go("next"))], ["+", "30 minutes ahead", can("clock", () => clock.go("skip"))],
  ["k", "kill a worker", can("kill_worker", () => perform("kill_worker"))], ["p", "poison the queue", can("poison", () => perform("poison"))], ["d", "redrive all dead letters", can("redrive", () => perform("redrive"))],
  ["ArrowRight", "next step of the lesson", can("lesson_next", () => find("#lesson .primary")?.click())], ["c", "check the invariants", can("check", () => { panel.open("checks"); checks.run(); })],
];
const tabKeys = () => [["l", "lessons", () => panel.open("lessons", { focus: true })], ["b", "what to break", () => panel.open("break", { focus: true })], ["m", "recordings", () => panel.open("recordings", { focus: true })]];
new Keyboard([...(recorded ? replayKeys() : liveKeys()), ...tabKeys(), ["Escape", "back to all recordings", () => choose(null)], ["?", "this list", () => {}]]);

// The panel and the pipeline take the height that is left below what stands above them.
const above = new ResizeObserver(() => {
  const height = ["header", "#banners", "#lesson"].reduce((sum, each) => sum + find(each).offsetHeight, 0);
  document.documentElement.style.setProperty("--above", `${height}px`);
});
for (const each of ["header", "#banners", "#lesson"]) above.observe(find(each));

// ---- frames ----
let shown = -1;
function draw() {
  if (shown === model.versions) return;
  shown = model.versions;
  for (const view of views) if (!view.isTab || !view.element.hidden) view.render(model);
  notices.render(model, connection);
  renderFacts();
  model.isNew = false;
}
function redrawn() {
  model.versions += 1;
  draw();
}
function frame(time) {
  draw();
  scene.frame(time, model);
  clock?.frame(model);
  replay?.frame(model);
  requestAnimationFrame(frame);
}

function renderFacts() {
  const { engine, commit, viewers, openai } = model.control;
  const parts = recorded ? [recording.title, recording.about] : [engine && `engine ${engine}`, commit && `commit ${commit.slice(0, 7)}`, openai === "real" ? "the real OpenAI" : openai && "OpenAI simulated", viewers > 1 && `${viewers} viewers`];
  setText(find("#facts"), parts.filter(Boolean).join(" · "));
  panel.mark("break", model.control.faults.filter((fault) => fault.active).length);
}

if (recorded) setText(find("#subtitle"), "replay");
const copy = find("#copy-address");
if (!recorded && token && navigator.clipboard) {
  copy.hidden = false;
  copy.title = "For another browser or viewer on this machine";
  copy.addEventListener("click", async () => { await navigator.clipboard.writeText(`${location.origin}/?token=${encodeURIComponent(token)}`); notices.say("The address is in the clipboard.", "ok"); });
}
const replay = recorded ? new Replay(recording, handlers) : null;
(replay ?? channel).open();
requestAnimationFrame(frame);
