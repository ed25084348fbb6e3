// The page as a whole: one function draws what is at a stop, whichever way led there.

function draw() {
  const vis = shown(), stop = here.stops[here.at], both = vis.length > 1;
  $("main").className = both ? roomy.matches ? "both roomy" : "both" : "";
  document.documentElement.classList.toggle("dense", both && roomy.matches);
  drawHeads(vis, stop);
  if (!here.drawn) drawRows(vis);
  here.drawn = true;
  mark(vis, stop);
  drawObjects(vis, stop);
  drawMap(vis, stop);
  drawCard(vis, stop);
  drawSay(vis, stop);
  drawBoards(vis, stop); // behind the others, since they take room from it
  $("next").setAttribute("aria-disabled", !more());
  const scroll = $("scroll"), row = here.rows[Math.max(0, stop.row)]?.el, card = $("card")?.firstChild.offsetHeight || 0;
  const room = card ? Math.max(scroll.clientHeight - card - 20, row?.offsetHeight) : scroll.clientHeight * .92;
  if (row) scroll.scrollTo({top: Math.max(0, row.offsetTop - room + row.offsetHeight), behavior: still.matches ? "auto" : undefined});
  drawArrows(vis, stop);
  for (const b of $("views").children) b.setAttribute("aria-pressed", b.dataset.view === here.view);
  clearTimeout(here.linking); // not at each step of a key that is held down: browsers limit that
  here.linking = setTimeout(() => history.replaceState(null, "", link()), 150);
}

function drawSay(vis, stop) {
  const out = $("say"), both = vis.length > 1;
  const kids = (stop.kind === "row" ? vis : vis.slice(0, 1)).map((r) => {
    const run = here.doc.runs[r], n = here.doc.ticks[stop.tick]?.[r], s = run.steps[n - 1], d = el("div");
    if (stop.kind === "question") put(d, el("span", "sr", stop.q.ask), "A question. Answer with A, B, C; → goes on.");
    else if (stop.kind === "end") put(d, "The end. ", more() && "→ shows more of it, ", "← goes back, ", vis.some((k) => chain(here.doc.runs[k]).length > 1) && "J jumps to the cause, ", "Home starts again.");
    else if (n) {
      const why = switches(run, n);
      put(d, el("span", "sr", `Step ${n}. `), why && el("span", "why", `⇄ ${why}. `), stays(run, n) ? `${run.lane.get(s.lane).name} is put aside before line ${s.line}.` : sentence(run, n));
      if (s.result && s.got) put(d, el("b", s.result === "good" ? "vgood" : "vbad", (s.result === "good" ? " ✓ " : " ✗ ") + s.got));
    }
    return d;
  });
  if (both && stop.kind === "row" && here.rows[stop.row].differs) kids.push(el("b", "vbad", "≠ here a client sees it first"));
  out.replaceChildren(...kids);
}

function drawMap(vis, stop) {
  const map = $("map"), {doc, stops, at} = here, r = vis[0], run = doc.runs[r];
  if (map.of !== stops) {
    map.of = stops;
    const rank = new Map();
    map.replaceChildren(...stops.map((s) => {
      const bar = el("span"), k = doc.ticks[s.tick]?.[r] || vis.length === 1 ? 0 : 1, own = doc.runs[vis[k]], n = doc.ticks[s.tick]?.[vis[k]];
      bar.kind = s.kind;
      if (s.kind === "row" && n) {
        const lane = own.lane.get(own.steps[n - 1].lane);
        if (!rank.has(lane.id)) rank.set(lane.id, lane.role === "story" ? 0 : 1 + own.ranked.indexOf(lane));
        bar.style.setProperty("--y", Math.min(2, rank.get(lane.id)));
        bar.kind = lane.cls + (breaks(own, n) || own.steps[n - 1].result === "bad" ? " br" : "");
      }
      return bar;
    }));
  }
  [...map.children].forEach((bar, i) => { bar.className = bar.kind + (i <= at ? " done" : "") + (i === at ? " cur" : ""); });
  const n = reached(r, stop.tick), s = run.steps[n - 1];
  map.setAttribute("aria-valuemin", 1);
  map.setAttribute("aria-valuemax", stops.length);
  map.setAttribute("aria-valuenow", at + 1);
  map.setAttribute("aria-valuetext", stop.kind === "row" && s ? `step ${number(stop.tick)} of ${total()}, ${run.lane.get(s.lane).name}` : stop.kind === "question" ? "question" : "the end");
  $("pos").textContent = stop.kind === "question" ? "?" : stop.kind === "end" ? "end" : `${number(stop.tick)} / ${total()}`;
  $("back").setAttribute("aria-disabled", at === 0);
}

function drawCard(vis, stop) {
  $("card")?.remove();
  if (stop.kind === "row") return;
  const cards = stop.kind === "question" ? [questionCard(stop.q)] : vis.map((r) => endCard(here.doc.runs[r]));
  const box = el("div", cards.length > 1 ? "cards" : "", ...cards);
  box.id = "card";
  $("stage").append(box);
}

function questionCard(q) {
  const given = here.answers.get(q), card = el("section", "card", el("h2", "", q.ask)), list = el("div", "answers");
  card.setAttribute("aria-label", "Question to the class");
  q.answers.forEach((a, i) => {
    const b = el("button", given == null ? "" : i === q.right ? "right" : i === given ? "wrong" : "", el("b", "", "ABCDEFGH"[i]), el("span", "", a));
    if (given != null && (i === q.right || i === given)) put(b, el("b", i === q.right ? "vgood" : "vbad", i === q.right ? "✓" : "✗"));
    b.addEventListener("click", () => answer(i));
    put(list, b);
  });
  put(card, list, given != null ? el("p", "", q.why) : "");
  return card;
}

// endCard says how a run ended, in the words of what found it, whatever they are.
function endCard(run) {
  const ok = run.verdict === "ok", {race, failure} = run.end, list = el("dl"), what = here.doc.runs.length > 1 ? run.label : "";
  const card = el("section", "card end" + (ok ? " ok" : ""));
  card.tabIndex = 0; // to be scrolled with the keys
  card.setAttribute("aria-label", "How it ended" + (what && ": " + what));
  if (ok) put(card, el("h2", "vgood", "✓ ", what && what + ": ", "right"), el("p", "", run.about));
  else if (race) put(card, el("h2", "vbad", "✗ ", what && what + ": ", race.says));
  else put(card, el("h2", "vbad", "✗ ", what ? what + ": broken" : run.label), !failure?.expected && el("p", "", failure?.actual));
  const add = (dt, dd, cls) => { if (dd) put(list, el("dt", "", dt), el("dd", cls, dd)); };
  if (failure?.expected) {
    add("expected", failure.expected);
    add("got", failure.actual, "vbad");
  }
  const {told, cure, raw} = explanation(run);
  if (!told.length) add("missing", race?.missing);
  if (list.childNodes.length) put(card, list);
  put(card, ...prose(told));
  if (cure.length) {
    put(card, el("details", "cure", el("summary", "", "what is missing?"), ...prose(cure)));
  }
  if (raw) put(card, el("details", "", el("summary", "", "the race detector's own report"), el("pre", "", raw)));
  return card;
}

// explanation is the lines of a message without what the card says already; the cure, which a class may want to find itself, and the race
// detector's own report are apart.
function explanation(run) {
  const {race, failure} = run.end, [all, raw = ""] = ((race || failure)?.report || "").split(/^The race detector's own report:$/m);
  const lines = all.trimEnd().split("\n").filter((line, i) => line.trim() && (i > 0 || line.trim() !== (race?.says || failure?.actual || "").trim()));
  const indent = Math.min(...lines.map((line) => line.search(/\S/)));
  lines.forEach((line, i) => { lines[i] = line.slice(indent); });
  const cures = (line) => line.startsWith("What is missing");
  return {told: lines.filter((line) => !cures(line)), cure: lines.filter(cures), raw: raw.trim()};
}

// prose makes paragraphs of lines, and keeps those together as they are that are indented: columns, quotations, dumps.
function prose(lines) {
  const all = [];
  for (const line of lines) {
    const before = all.at(-1);
    if (!/^\s/.test(line)) all.push(el("p", "", ...line.split(/`([^`]+)`/).map((part, i) => i % 2 ? source(part) : part)));
    else if (before?.tagName === "PRE") put(before, el("span", "", line.replace(/^ {2}/, "")));
    else all.push(el("pre", "", el("span", "", line.replace(/^ {2}/, ""))));
  }
  return all;
}

function link() {
  const stop = here.stops[here.at], hash = new URLSearchParams();
  if (docs.length > 1) hash.set("trace", here.doc.id);
  if (here.view !== "0") hash.set("view", here.view);
  hash.set("step", stop.kind === "end" ? "end" : number(stop.kind === "question" ? stop.tick + 1 : stop.tick) + (stop.kind === "question" ? "q" : ""));
  return "#" + hash;
}

// load shows another trace from its start.
function load(doc) {
  Object.assign(here, {doc, at: 0, cause: 0, view: doc.runs[Number(here.view)] || here.view === "both" && doc.runs.length > 1 ? here.view : "0"});
  $("title").replaceChildren(el("small", "", `lab ${doc.lab} · `), doc.title, el("small", "", doc.replay?.check ? ` · ${doc.replay.check}` : ""));
  $("title").title = doc.title;
  document.title = `${doc.title} · lab ${doc.lab}`;
  $("origin").textContent = doc.origin;
  $("more").value = String(docs.indexOf(doc));
  $("views").replaceChildren(...doc.runs.length < 2 ? [] : [...doc.runs.map((r, i) => [String(i), r.label]), ["both", "both"]].map(([view, label]) => {
    const b = el("button", view === "both" ? "wideonly" : "", label);
    b.dataset.view = view;
    b.addEventListener("click", () => setView(view));
    return b;
  }));
  layout();
}

function fromHash(address) {
  const hash = new URLSearchParams(address.slice(1)), view = hash.get("view") || "0";
  here.view = "0";
  load(docs.find((d) => d.id === hash.get("trace")) || docs[0]);
  if (view === "both" ? here.doc.runs.length > 1 && !phone.matches : here.doc.runs[Number(view)]) here.view = view;
  if (hash.has("theme")) setTheme(hash.get("theme") === "dark" ? "dark" : "light");
  here.unfolded = hash.get("fold") === "0";
  layout();
  here.at = hash.has("step") ? stopOf(hash.get("step")) : 0;
  draw();
}

// On paper: light, the whole run to its end, as wide as the paper, so that the arrows meet their rows.
let beforePaper = null;
addEventListener("beforeprint", () => {
  beforePaper = {at: here.at, theme: document.documentElement.dataset.theme};
  document.documentElement.classList.add("printing");
  setTheme("light");
  here.at = here.stops.length - 1;
  draw();
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  setTheme(beforePaper.theme);
  here.at = beforePaper.at;
  draw();
});

docs.forEach((d, i) => {
  const o = el("option", "", docs.some((x) => x.lab !== d.lab) ? `${d.lab} ${d.replay?.check || d.id}` : d.replay?.check || d.id);
  o.value = String(i);
  $("more").append(o);
});
$("more").hidden = docs.length < 2;
setTheme(matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light");
fromHash(location.hash);
document.fonts?.ready.then(() => drawArrows(shown(), here.stops[here.at]));
