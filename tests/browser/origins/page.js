// The page's address has the API's in `api`, and may have a key in `key`; without one a user logs in.
const asked = new URLSearchParams(location.search);
const api = asked.get("api");
const element = (id) => document.getElementById(id);
let credentials = asked.has("key") ? { "X-API-Key": asked.get("key") } : {};
const PIECE_MILLISECONDS = 250;
const ENOUGH_PIECES = 4; // the first ones may have no sound yet, and a transcription needs 0.1 s
let recorder, recording, memory;

async function call(method, path, body, headers = {}) {
  const response = await fetch(new URL(path, api), { method, body, headers: { ...credentials, ...headers } });
  if (!response.ok) throw new Error(`${method} answered ${response.status}: ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}
// `follow` of the documentation calls it so.
window.call = call;

async function logIn() {
  const { access_token } = await call("POST", "/api/v1/auth/token", new URLSearchParams(new FormData(element("login"))));
  credentials = { Authorization: `Bearer ${access_token}` };
  element("who").value = (await call("GET", "/api/v1/auth/me")).name;
}

async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const pieces = [];
  recorder = new MediaRecorder(stream);
  recorder.addEventListener("dataavailable", (event) => {
    pieces.push(event.data);
    element("stop").disabled = pieces.length < ENOUGH_PIECES;
  });
  recorder.addEventListener("stop", () => {
    for (const track of stream.getTracks()) track.stop();
    recording = new Blob(pieces, { type: recorder.mimeType });
    element("recorded").value = recording.type;
  });
  recorder.start(PIECE_MILLISECONDS);
}

async function upload() {
  const form = new FormData();
  form.append("audio", recording);
  accept((await call("POST", "/api/v1/memories", form)).id);
}

async function uploadDirectly() {
  const wanted = JSON.stringify({ content_type: recording.type });
  const { id, form: { url, fields } } = await call("POST", "/api/v1/uploads", wanted, { "Content-Type": "application/json" });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", recording);
  const stored = await fetch(url, { method: "POST", body: form });
  if (!stored.ok) throw new Error(`the bucket answered ${stored.status}: ${await stored.text()}`);
  await call("POST", `/api/v1/memories/${id}/submit`);
  accept(id);
}

function accept(id) {
  memory = new URL(`/api/v1/memories/${id}`, api).href;
  element("memory").value = id;
}

function show({ status }) {
  element("statuses").append(Object.assign(document.createElement("li"), { textContent: status }));
}

async function read() {
  element("transcript").value = (await call("GET", memory)).transcript;
}

async function hear() {
  const { ticket } = await call("POST", `${memory}/ticket`);
  document.querySelector("audio").src = `${memory}/audio?ticket=${ticket}`;
}

async function remove() {
  await call("DELETE", memory);
  element("memory").value = "";
}

function on(id, act, kind = "click") {
  element(id).addEventListener(kind, async (event) => {
    event.preventDefault();
    try {
      await act();
    } catch (error) {
      element("failure").value = String(error);
    }
  });
}
on("login", logIn, "submit");
on("record", record);
on("stop", () => recorder.stop());
on("upload", upload);
on("direct", uploadDirectly);
on("follow", async () => {
  await follow(memory, show);
  element("followed").value = "to the end";
});
on("read", read);
on("hear", hear);
on("delete", remove);
