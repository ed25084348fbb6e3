// The lanes: time goes down, a column for each handler that matters, bands for what is not one handler's.

// here is what is on the page, and in what place.
const here = {doc: null, view: "0", rows: [], stops: [], at: 0, unfolded: false, answers: new Map(), cause: 0, drawn: false};

const shown = () => here.view === "both" ? [0, 1] : [Number(here.view)];

// reached is the number of the last step of run r at a tick.
function reached(r, tick) {
  for (let t = tick; t >= 0; t--) if (here.doc.ticks[t][r]) return here.doc.ticks[t][r];
  return 0;
}

// number is how a tick is called: by the run's own steps or, where two runs stand side by side, by the ticks that they share.
const number = (tick) => here.view === "both" ? tick + 1 : reached(Number(here.view), tick);
const total = () => here.view === "both" ? here.doc.ticks.length : here.doc.runs[Number(here.view)].steps.length;

// layout makes the rows of the view, and the stops that the keys go through: rows, questions, the end.
function layout() {
  const {doc} = here, vis = shown();
  here.drawn = false;
  here.rows = doc.ticks.map((t, tick) => ({tick, numbers: vis.map((r) => t[r])})).filter((row) => row.numbers.some(Boolean));
  here.stops = [];
  const questions = vis.flatMap((r, k) => doc.runs[r].questions.map((q) => ({q, k})));
  here.rows.forEach((row, i) => {
    for (const {q, k} of questions) if (row.numbers[k] === q.before) here.stops.push({kind: "question", q, row: i - 1, tick: row.tick - 1});
    here.stops.push({kind: "row", row: i, tick: row.tick});
  });
  here.stops.push({kind: "end", row: here.rows.length - 1, tick: doc.ticks.length - 1});
}

// standing says where a lane is: at a line, waiting, put aside, ended, and what it holds.
function standing(run, n, lane) {
  const L = run.states[n].lane[lane.id], s = run.steps[L.step - 1];
  if (!s) return el("span", "", "not there yet");
  const out = el("span");
  if (L.ended) put(out, L.step === n ? `at line ${s.line}, its last` : "has ended");
  else if (L.next && L.step !== n) put(out, `put aside before line ${L.next}`);
  else if (L.waits) {
    const of = run.lane.get(L.waits.of);
    put(out, "waits for ", el("i", "", L.waits.for), of && ", held by ", of && token(of, of.name), of && el("span", "sr", of.name));
  } else put(out, (L.vague ? "went on behind line " : "at line ") + s.line);
  if (L.holds.length) put(out, ", ", el("i", "", "holds ", padlock(false), L.holds.map((h) => run.object.get(h).name).join(", ")));
  return out;
}

function drawHeads(vis, stop) {
  const heads = $("heads"), both = vis.length > 1, template = ["var(--no)"];
  const kids = [el("span")], names = [el("span")];
  for (const r of vis) {
    const run = here.doc.runs[r], n = reached(r, stop.tick), cols = columns(run, both || phone.matches);
    if (both) {
      const ok = run.verdict === "ok", name = el("div", "runname " + (ok ? "ok" : "bad"), run.label, el("span", "v", ok ? "✓ right" : "✗ broken"));
      name.style.gridColumn = `span ${cols.length}`;
      names.push(name);
    }
    for (const c of cols) {
      template.push(c.wide ? "minmax(0,1fr)" : `${0.5 + 0.6 * Math.max(2, ...c.lanes.map((l) => l.mark.length))}rem`);
      const now = c.lanes.some((l) => run.steps[n - 1]?.lane === l.id) ? " now" : "";
      if (!c.wide) {
        const what = c.lanes.length > 1 ? el("b", "", "+" + c.lanes.length) : token(c.lanes[0]);
        const L = c.lanes.length === 1 && run.states[n].lane[c.lanes[0].id];
        const head = el("div", "head slim" + now, what, L && L.holds.length > 0 && padlock(false), L && L.waits && el("span", "", "…"));
        head.title = c.lanes.map((l) => l.name).join(", ");
        put(head, el("span", "sr", head.title, L && ": ", L && standing(run, n, c.lanes[0])));
        kids.push(head);
        continue;
      }
      const [l] = c.lanes, name = el("b", "", token(l), el("span", "", phone.matches ? l.name.replace("'s handler", "").replace(/^.*\)\./, "") : l.name));
      kids.push(el("div", `head wide ${l.cls}${now}`, name, el("span", "stand", standing(run, n, l))));
    }
  }
  $("main").style.setProperty("--cols", template.join(" "));
  heads.replaceChildren(...(both ? names : []), ...kids);
}

// words are what stands in a step's cell.
function words(run, n) {
  const s = run.steps[n - 1], w = el("span", s.kind === "stretch" && here.unfolded ? "w all" : "w");
  if (s.kind === "lock" || s.kind === "unlock") put(w, padlock(s.kind === "unlock"), " ");
  if (s.kind === "stretch" && here.unfolded && s.lines) {
    const f = run.file.get(s.file);
    put(w, ...s.lines.map((no) => el("span", "unfolded", el("span", "ln", String(no)), source(text(f, no)))));
  } else if (s.waits && (s.kind === "line" || s.kind === "lock")) {
    const of = run.lane.get(s.waits.of);
    put(w, `waits for ${s.waits.for}`, of && ", held by ", of && token(of, of.name));
  } else if (s.kind !== "lock" && s.kind !== "unlock" && s.line && text(run.file.get(s.file), s.line).startsWith(s.what.replace(/…$/, ""))) {
    put(w, source(s.what.replace(/\s*\/\/ .*$/, ""))); // the comment stands beside, in the source
  } else put(w, s.what);
  return w;
}

// stays tells whether step n brings its lane only to the line before which it is put aside.
function stays(run, n) {
  const s = run.steps[n - 1], before = run.steps[n - 2];
  return !!s.switch && !!before && before.lane === s.lane && before.next === s.line;
}

// switches tells whether another goroutine goes on with step n, and why.
function switches(run, n) {
  const s = run.steps[n - 1];
  if (s?.switch && !stays(run, n)) return s.switch;
  return n > 1 && stays(run, n - 1) ? run.steps[n - 2].switch : "";
}

function drawBand(vis, row, steps) {
  const k = steps.findIndex(Boolean), run = here.doc.runs[vis[k]], s = steps[k], lane = run.lane.get(s.lane), both = vis.length > 1;
  const left = s.kind === "stretch", result = el("span", "result"), few = s.lanes?.length <= 4 ? byName(s.lanes.map((id) => run.lane.get(id))) : [];
  const band = el("div", "band" + (left ? " left" : "") + (s.kind === "fail" ? " broke" : ""), !left && s.kind !== "fail" && token(lane, lane.name),
    el("span", "w", ...s.kind === "fail" ? [`✗ ${s.say || s.what}`] : left ? ["⋯ ", s.what, ...few.flatMap((l) => [" ", token(l, l.name)]), " ⋯"] : [s.what]));
  steps.forEach((x, i) => {
    if (!x?.result || x.kind === "fail" && !both) return;
    const good = x.result === "good";
    put(result, el("span", good ? "vgood" : "vbad", good ? "✓ " : "✗ ", both && here.doc.runs[vis[i]].label));
  });
  if (result.childNodes.length) put(band, result);
  return band;
}

// drawCells draws a row's cells of one run. Of a lane with a slim column the words run on over the columns beside: nobody else has words in that row.
function drawCells(run, r, n, tick, both) {
  const cells = [], cols = columns(run, both || phone.matches), behind = n || reached(r, tick), st = run.states[behind];
  for (let i = 0; i < cols.length; i++) {
    const c = cols[i], s = run.steps[n - 1], mine = s && c.lanes.find((l) => l.id === s.lane), l = mine || c.lanes[0], L = st.lane[l.id];
    const cell = el("div", `cell ${c.wide ? "wide" : "slim"} ${l.cls}`);
    if (n && switches(run, n)) cell.classList.add("switch");
    if (c.lanes.length === 1) {
      if (L.step && (!L.ended || L.step === behind && n)) cell.classList.add("alive");
      if (L.waits && !mine) cell.classList.add("waits");
      if (L.holds.length) cell.classList.add("holds");
    }
    if (mine) {
      cell.classList.add("has");
      cell.dataset.step = n; cell.dataset.run = r;
      if (s.kind === "stretch") cell.classList.add("stretch");
      if (breaks(run, n)) cell.classList.add("broke");
      if (breaks(run, n) || n === run.end.race?.first || stays(run, n)) cell.classList.add("long");
      const w = words(run, n);
      if (stays(run, n)) w.prepend("put aside before: ");
      put(cell, token(l, l.name), s.line && s.kind !== "stretch" && el("span", "ln", String(s.line)), w, breaks(run, n) && el("span", "x", "✗"));
      if (!c.wide) {
        cell.style.gridColumn = `span ${cols.length - i}`;
        cells.push(cell);
        break;
      }
    }
    cells.push(cell);
  }
  return cells;
}

function drawRows(vis) {
  const both = vis.length > 1;
  let differs = false;
  $("rows").replaceChildren(...here.rows.map((row, i) => {
    const steps = row.numbers.map((n, k) => n ? here.doc.runs[vis[k]].steps[n - 1] : null);
    const d = el("div", "row lanes", el("span", "no", String(number(row.tick))));
    d.setAttribute("role", "listitem");
    row.differs = false;
    if (both && !differs && steps.every((s) => s && (s.kind === "reply" || s.kind === "check" || s.kind === "fail")) && (steps[0].what !== steps[1].what || steps[0].result !== steps[1].result)) {
      differs = row.differs = true;
      d.firstChild.prepend(el("b", "vbad", "≠ "));
    }
    const story = steps.every((s, k) => !s || here.doc.runs[vis[k]].lane.get(s.lane).role === "story");
    if (story) {
      put(d, drawBand(vis, row, steps));
      if (row.numbers.some((n, k) => n && switches(here.doc.runs[vis[k]], n))) d.classList.add("switch");
    }
    else vis.forEach((r, k) => put(d, ...drawCells(here.doc.runs[r], r, row.numbers[k], row.tick, both)));
    d.addEventListener("click", () => go(here.stops.findIndex((s) => s.kind === "row" && s.row === i)));
    row.el = d;
    return d;
  }), svgEl("svg", {id: "svg", "aria-hidden": "true"}));
}

// mark shows which row is the current one, which are still to come, and the two that meet.
function mark(vis, stop) {
  here.rows.forEach((row, i) => {
    const now = i === stop.row && stop.kind === "row";
    row.el.classList.toggle("next", i > stop.row);
    row.el.classList.toggle("cur", now);
    row.el.setAttribute("aria-hidden", i > stop.row);
    if (now) row.el.setAttribute("aria-current", "step"); else row.el.removeAttribute("aria-current");
  });
  for (const c of $("rows").querySelectorAll(".hit")) c.classList.remove("hit");
  for (const r of vis) {
    const race = here.doc.runs[r].end.race;
    if (race && race.second <= reached(r, stop.tick)) for (const n of [race.first, race.second]) cellOf(r, n)?.classList.add("hit");
  }
}

const cellOf = (r, n) => $("rows").querySelector(`.cell[data-run="${r}"][data-step="${n}"]`);
