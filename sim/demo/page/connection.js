// The control channel: the state, the feed as server-sent events, and actions. It connects again by itself.
const RETRY_MILLISECONDS = [500, 1000, 2000, 4000];
const TOKEN = "rawk-demo-token";

// The token stands in the address once; then the session keeps it, so that a reload works and nobody reads it on a projector.
export function takeToken(address = location, storage = sessionStorage) {
  const given = new URLSearchParams(address.search).get("token");
  if (given) {
    storage.setItem(TOKEN, given);
    history.replaceState(null, "", address.pathname + address.hash);
  }
  return storage.getItem(TOKEN) || "";
}

export class Connection {
  // handlers: state(control), run(id), events(list), status("open" | "lost" | "refused", seconds)
  constructor(token, handlers) {
    this.token = token;
    this.handlers = handlers;
    this.attempt = 0;
    this.run = undefined;
  }

  async open() {
    let response;
    try {
      response = await this.fetch("/state");
    } catch {
      return this.lost();
    }
    if (response.status === 403) return this.handlers.status("refused");
    if (!response.ok) return this.lost();
    const control = await response.json();
    this.began(control.run);
    this.handlers.state(control);
    this.follow();
    return undefined;
  }

  follow() {
    this.source?.close();
    const source = this.source = new EventSource("/feed?token=" + encodeURIComponent(this.token));
    source.addEventListener("open", () => { this.attempt = 0; this.lostAt = null; this.handlers.status("open"); });
    source.addEventListener("run", (event) => this.began(JSON.parse(event.data).run));
    source.addEventListener("state", (event) => this.handlers.state(JSON.parse(event.data)));
    source.addEventListener("message", (event) => this.handlers.events([JSON.parse(event.data)]));
    source.addEventListener("error", () => { if (source === this.source) this.lost(); });
  }

  began(run) {
    if (run === undefined || run === this.run) return;
    this.run = run;
    this.handlers.run(run);
  }

  lost() {
    this.source?.close();
    this.source = null;
    this.lostAt ??= performance.now();
    this.handlers.status("lost", (performance.now() - this.lostAt) / 1000);
    const wait = RETRY_MILLISECONDS[Math.min(this.attempt++, RETRY_MILLISECONDS.length - 1)];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), wait);
  }

  fetch(path, options = {}) {
    const headers = { ...options.headers, Authorization: `Bearer ${this.token}` };
    return fetch(path, { ...options, headers, cache: "no-store" });
  }

  link(path) {
    return `${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(this.token)}`;
  }

  // { ok, status, body }; status 0: no answer.
  async send(path, options) {
    let response;
    try {
      response = await this.fetch(path, options);
    } catch {
      return { ok: false, status: 0, body: {} };
    }
    const body = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, body };
  }

  act(name, body = {}) {
    return this.send("/actions/" + name, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  }

  record(audio, title) {
    return this.send("/recordings?title=" + encodeURIComponent(title), { method: "POST", body: audio, headers: { "Content-Type": audio.type || "application/octet-stream" } });
  }
}

// What to say when an action did not work: what happened, and what to do.
export function explain({ status, body }) {
  if (status === 0) return "The demo does not answer. If its terminal has ended, start it again: tox -e demo";
  if (status === 403) return "This page is from an earlier run. Open the address that the terminal shows now.";
  if (body.error) return body.error;
  if (body.detail || body.title) return `The API answered ${status}: ${typeof body.detail === "string" ? body.detail : body.title}`;
  return `The demo answered ${status}. Its terminal says more.`;
}
