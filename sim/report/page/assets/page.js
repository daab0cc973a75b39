// The page around the timelines: cards, search and filters, the address, the keyboard.

// ---- cards ----
const cards = [...document.querySelectorAll(".card")];
let current = null;

function boardOf(card) {
  const index = Number(card.dataset.index);
  if (!boards.has(index)) {
    const place = card.querySelector(".timeline"), board = new Board(place, unpacked(DATA, DATA.feeds[index]));
    if (board.isEmpty) { place.replaceChildren(make("p", { class: "no-data" }, "The journal has no events of this scenario.")); return null; }
    boards.set(index, board);
  }
  return boards.get(index);
}

for (const card of cards) {
  card.addEventListener("toggle", () => { if (card.open) current = boardOf(card) || current; });
  const copy = card.querySelector(".copy");
  if (navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(copy.previousElementSibling.textContent);
      copy.textContent = "copied";
    });
  }
}

// ---- search and filters ----
const search = document.getElementById("search"), folder = document.getElementById("folder"), found = document.getElementById("found");
const chips = [...document.querySelectorAll(".chip")];
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.verdict);
  let shown = 0;
  for (const card of cards) {
    const fits = words.every((word) => card.dataset.search.includes(word)) && (!wanted.length || wanted.includes(card.dataset.verdict)) && (!folder.value || folder.value === card.dataset.folder);
    card.hidden = !fits;
    shown += fits;
  }
  found.textContent = shown === cards.length ? "" : `${shown} of ${cards.length}`;
}
search.addEventListener("input", filter);
folder.addEventListener("change", filter);
for (const chip of chips) chip.addEventListener("click", () => { chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true")); filter(); });

// ---- the address contains the open scenario and the followed memory, so that a link to the view can be shared ----
function writeHash(board) {
  const card = board.element.closest(".card");
  const parts = new URLSearchParams({ scenario: card.dataset.name });
  if (board.followed !== null) parts.set("follow", board.followed);
  if (board.pace !== "time") parts.set("pace", board.pace);
  history.replaceState(null, "", "#" + parts);
}
function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const wanted = parts.get("scenario");
  const card = wanted === null ? null : cards.find((each) => each.dataset.name === wanted || each.dataset.index === wanted);
  if (!card) return;
  card.hidden = false;
  card.open = true;
  const board = current = boardOf(card);
  const followed = parts.get("follow");
  if (board && parts.get("pace") === "events") board.setPace("events");
  if (board && board.indexOf.has(followed)) board.follow(followed, { keep: true });
  card.scrollIntoView({ block: "start" });
}
addEventListener("hashchange", readHash);

// ---- the source of a scenario, whose lines the steps are bound to ----
function showLine(card, line) {
  const details = card.querySelector(".scenario"), here = details?.querySelector(`[data-line="${line}"]`);
  if (!here) return;
  details.open = true;
  for (const each of details.querySelectorAll(".here")) each.classList.remove("here");
  here.classList.add("here");
  here.scrollIntoView({ block: "center" });
}
for (const card of cards) {
  const show = (event) => {
    const line = event.target.closest(".reached");
    if (!line || (event.type === "keydown" && event.key !== "Enter")) return;
    event.stopPropagation();
    boardOf(card)?.showStep(Number(line.dataset.line));
  };
  card.querySelector(".source")?.addEventListener("click", show);
  card.querySelector(".source")?.addEventListener("keydown", show);
}

// ---- keys ----
function move(by) {
  const shown = cards.filter((card) => !card.hidden);
  const here = shown.findIndex((card) => card.contains(document.activeElement));
  const next = shown[Math.max(0, Math.min(shown.length - 1, here < 0 ? (by > 0 ? 0 : shown.length - 1) : here + by))];
  if (!next) return;
  next.querySelector("summary").focus();
  next.scrollIntoView({ block: "nearest" });
  if (next.open) current = boardOf(next) || current;
}
const KEYS = {
  "/": () => search.focus(), j: () => move(1), k: () => move(-1), n: () => current?.step(1), p: () => current?.step(-1),
  "+": () => current?.zoomBy(2), "=": () => current?.zoomBy(2), "-": () => current?.zoomBy(.5), 0: () => current?.zoomBy(0),
  e: () => current?.setPace(current.pace === "time" ? "events" : "time"),
  Escape: () => current?.followed !== null && current?.follow(null, { keep: true }),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, select, textarea");
  if (typing && event.key === "Escape") return event.target.blur();
  if (typing || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
let resizing = 0;
addEventListener("resize", () => { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(() => boards.forEach((board) => board.element.closest(".card").open && board.redraw())); });

for (const card of cards) if (card.open) current = boardOf(card) || current;
readHash();
