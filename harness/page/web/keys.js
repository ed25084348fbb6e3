// Keys, clicks, swipes: what moves the page. A clicker sends PageDown and PageUp.

function setTheme(theme) { document.documentElement.dataset.theme = theme; }

function go(i) {
  if (i < 0 || i >= here.stops.length || i === here.at) return;
  here.at = i;
  draw();
}

// more is what goes on from here: the next stop or, at the end, what is told there and not in sight yet; null if nothing does.
function more() {
  if (here.at < here.stops.length - 1) return () => go(here.at + 1);
  const cards = [...$("card").children], card = cards.find((c) => c.scrollTop + c.clientHeight < c.scrollHeight - 2);
  if (card) return () => card.scrollBy({top: card.clientHeight * .8, behavior: "instant"});
  const cure = cards.map((c) => c.querySelector(".cure:not([open])")).find(Boolean);
  if (cure) return () => { cure.open = true; cure.scrollIntoView({block: "nearest", behavior: "instant"}); };
  return null;
}

function on() {
  more()?.();
  $("next").setAttribute("aria-disabled", !more());
}
const back = () => go(here.at - 1);

// stopOf is the stop of a link: "7", "7q" for the question in front of it, "end".
function stopOf(name) {
  const last = here.stops.length - 1, n = parseInt(name, 10);
  if (Number.isNaN(n)) return name === "end" ? last : 0;
  if (/q$/.test(name)) {
    const i = here.stops.findIndex((s) => s.kind === "question" && number(s.tick + 1) >= n);
    if (i >= 0) return i;
  }
  const i = here.stops.findIndex((s) => s.kind === "row" && number(s.tick) >= n);
  return i < 0 ? last : i;
}

// again lays the same place out anew, for another view.
function again() {
  const {kind, tick} = here.stops[here.at];
  layout();
  const same = here.stops.findIndex((s) => s.kind === kind && s.tick >= tick), near = here.stops.findIndex((s) => s.tick >= tick);
  here.at = same >= 0 ? same : near >= 0 ? near : here.stops.length - 1;
  draw();
}

function setView(view) {
  if (view === "both" ? here.doc.runs.length < 2 || phone.matches : !here.doc.runs[Number(view)]) return;
  here.view = view;
  again();
}

function nextView() {
  const all = here.doc.runs.length < 2 ? ["0"] : phone.matches ? ["0", "1"] : ["0", "1", "both"];
  setView(all[(all.indexOf(here.view) + 1) % all.length]);
}

function answer(i) {
  const stop = here.stops[here.at];
  if (stop.kind !== "question" || i >= stop.q.answers.length) return;
  here.answers.set(stop.q, i);
  draw();
}

// jump goes from the symptom backwards, a step of the chain at a time, and around again.
function jump() {
  const r = shown().find((k) => chain(here.doc.runs[k]).length);
  if (r == null) return;
  const steps = chain(here.doc.runs[r]), n = steps[here.cause++ % steps.length], tick = here.doc.ticks.findIndex((t) => t[r] === n);
  go(here.stops.findIndex((s) => s.kind === "row" && s.tick === tick));
}

function openTrace(doc) {
  here.view = "0";
  load(doc);
  draw();
}

let digits = ""; // of the number of a step that is being typed
const keys = {
  ArrowRight: on, ArrowDown: on, PageDown: on, " ": (ev) => ev.shiftKey ? back() : on(),
  ArrowLeft: back, ArrowUp: back, PageUp: back, Backspace: back,
  Home: () => go(0), End: () => go(here.stops.length - 1),
  f: () => { here.unfolded = !here.unfolded; again(); }, v: nextView, j: jump,
  t: () => openTrace(docs[(docs.indexOf(here.doc) + 1) % docs.length]),
  l: () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  a: () => answer(0), b: () => answer(1), c: () => answer(2), d: () => answer(3),
  "?": () => $("help").showModal(), Escape: () => {},
};

addEventListener("keydown", (ev) => {
  if (ev.ctrlKey || ev.metaKey || ev.altKey || $("help").open) return;
  const key = ev.key.length === 1 ? ev.key.toLowerCase() : ev.key;
  const own = ev.target.closest("button, summary, select"); // what has keys of its own
  if (own && (key === " " || key === "Enter" || own.tagName === "SELECT" && key !== "PageDown" && key !== "PageUp")) return;
  if (/^\d$/.test(key)) {
    digits = (digits + key).slice(-4);
    $("pos").textContent = digits + " ↵";
    return;
  }
  const typed = digits;
  digits = "";
  if (key === "Enter") typed ? go(stopOf(typed)) : on();
  else if (keys[key]) keys[key](ev);
  else if (!typed) return;
  ev.preventDefault();
  if (typed) draw(); // takes the number away
});

$("back").addEventListener("click", back);
$("next").addEventListener("click", on);
$("ask").addEventListener("click", () => $("help").showModal());
$("more").addEventListener("change", (ev) => { openTrace(docs[Number(ev.target.value)]); ev.target.blur(); });
$("map").addEventListener("click", (ev) => {
  const b = $("map").getBoundingClientRect();
  go(Math.min(here.stops.length - 1, Math.floor((ev.clientX - b.left) / b.width * here.stops.length)));
});

let touched = 0;
$("stage").addEventListener("touchstart", (ev) => { touched = ev.touches[0].clientX; }, {passive: true});
$("stage").addEventListener("touchend", (ev) => {
  const moved = ev.changedTouches[0].clientX - touched;
  if (Math.abs(moved) > 60) moved < 0 ? on() : back();
});

let resized;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => {
    if (phone.matches && here.view === "both") here.view = "0";
    again();
  }, 60);
});
addEventListener("hashchange", (ev) => fromHash(new URL(ev.newURL).hash)); // not of location, which the page itself may have changed since
