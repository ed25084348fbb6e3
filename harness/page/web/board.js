// The board: the source, with each lane's token on its line, and the strip of what is shared.

function codeLine(no, line) {
  const indent = line.match(/^[\t ]*/)[0], pre = el("pre"), depth = indent.replaceAll("\t", "  ").length;
  pre.style.paddingLeft = depth + 2 + "ch";
  pre.style.textIndent = "-2ch"; // of a line that is wrapped, the rest is indented
  line = line.slice(indent.length);
  const comment = line.search(/(^|\s)\/\//);
  if (comment >= 0) put(pre, line.slice(0, comment), el("span", "c", line.slice(comment))); else put(pre, line || " ");
  return el("div", "cl", el("span", "toks"), el("span", "n", String(no)), pre);
}

// boards has a board for each run whose source is shown.
const boards = [];

function drawBoards(vis, stop) {
  const code = $("code"), some = vis.length === 1 || roomy.matches ? vis : [];
  code.hidden = some.length === 0;
  code.style.setProperty("--toks", some.some((r) => here.doc.runs[r].ranked.some((l) => l.mark.length > 2)) ? "4.2rem" : "3rem");
  while (boards.length < some.length) boards.push({head: el("h2"), lines: el("div", "lines"), file: null});
  const kids = boards.slice(0, some.length).flatMap((b) => [b.head, b.lines]);
  if (code.children.length !== kids.length) code.replaceChildren(...kids);
  const seen = some.map((r, k) => drawBoard(boards[k], here.doc.runs[r], reached(r, stop.tick), stop));
  seen.forEach((lines, k) => reveal(boards[k].lines, lines)); // when all have their heights
}

// drawBoard draws one, and returns the lines that ought to be in sight.
function drawBoard(board, run, n, stop) {
  const {race} = run.end, atEnd = stop.kind === "end" && race, ends = race && n >= race.second ? [race.first, race.second].map((i) => run.steps[i - 1]) : [];
  const s = run.steps[(atEnd ? race.second : n) - 1], st = run.states[n];
  let last = n; // the last step that has a line
  while (last > 0 && !run.steps[last - 1].file) last--;
  const first = run.steps.find((x) => x.file), f = run.file.get(atEnd ? s.file : last ? run.steps[last - 1].file : first?.file) || run.files[0];
  if (board.file !== f) {
    board.file = f;
    board.lines.replaceChildren(...f.lines.map((line, i) => codeLine(f.first + i, line)));
  }
  const where = new Map(), elsewhere = []; // the lanes that stand on a line
  const stand = (file, no, lane) => { if (file === f.id) where.set(no, [...where.get(no) || [], lane]); else elsewhere.push({lane, at: `${file}:${no}`}); };
  for (const l of run.lanes) {
    const L = st.lane[l.id], x = run.steps[L.step - 1];
    if (atEnd) {
      for (const end of ends) if (end.lane === l.id) stand(end.file, end.line, l);
    } else if (x?.file && (!L.ended || L.step === n)) stand(x.file, L.next && L.step !== n ? L.next : x.line, l);
  }
  board.head.replaceChildren(el("span", "", f.path), ...elsewhere.flatMap(({lane, at}) => ["  ", token(lane, lane.name), " " + at]));
  const seen = [], ran = new Set(s?.file === f.id ? s.lines : []), meet = new Set(ends.filter((x) => x.file === f.id).map((x) => x.line));
  [...board.lines.children].forEach((d, i) => {
    const no = f.first + i, lanes = where.get(no), on = s && s.file === f.id && no === s.line, toks = d.firstChild;
    if (toks.firstChild || lanes) {
      toks.replaceChildren(...(lanes || []).slice(0, lanes?.length > 2 ? 1 : 2).map((l) => token(l, l.name)), lanes?.length > 2 ? el("b", "", "+" + (lanes.length - 1)) : "");
    }
    d.className = "cl" + (on ? " on " + run.lane.get(s.lane).cls : "") + (ran.has(no) ? " ran " + run.lane.get(s.lane).cls : "") + (meet.has(no) ? " meet" : "");
    if (on) d.setAttribute("aria-current", "true"); else d.removeAttribute("aria-current");
    if (on || meet.has(no) || lanes) seen.push(d);
  });
  return seen.length || !first ? seen : [board.lines.children[first.line - f.first]]; // nobody is there yet: where it begins
}

// reveal brings the current line into sight, and as many of the others as fit with it, the nearest first.
function reveal(box, seen) {
  const on = box.querySelector(".on") || seen[0], height = box.clientHeight;
  if (!on) { box.scrollTop = 0; return; }
  let top = on.offsetTop, bottom = top + on.offsetHeight;
  const away = (d) => Math.abs(d.offsetTop - on.offsetTop);
  for (const d of [...seen].sort((a, b) => away(a) - away(b))) {
    const t = Math.min(top, d.offsetTop), b = Math.max(bottom, d.offsetTop + d.offsetHeight);
    if (b - t < height - 16) [top, bottom] = [t, b];
  }
  box.scrollTop = (top + bottom - height) / 2;
}

// important are the objects that the strip has room for: those that are used most, in their order.
function important(run, most) {
  const uses = new Map(run.objects.map((o) => [o.id, o.id === run.end.race?.object || o.name === run.end.race?.object ? 1000 : 0]));
  for (const s of run.steps) for (const id of [...(s.changes || []).map((c) => c.object), ...s.uses || []]) uses.set(id, (uses.get(id) || 0) + 1);
  const chosen = [...run.objects].sort((a, b) => uses.get(b.id) - uses.get(a.id)).slice(0, most);
  return run.objects.filter((o) => chosen.includes(o));
}

function drawObjects(vis, stop) {
  const strip = $("strip"), both = vis.length > 1, short = both || phone.matches;
  const most = Math.max(...vis.map((r) => here.doc.runs[r].objects.length));
  strip.hidden = most === 0;
  $("below").className = most <= 1 && !short ? "one" : ""; // one object leaves room beside it
  strip.replaceChildren(...vis.map((r) => {
    const run = here.doc.runs[r], n = reached(r, stop.tick), s = run.steps[n - 1], moved = stop.kind === "row" && here.doc.ticks[stop.tick][r];
    const objects = important(run, short ? 2 : 4), list = el("dl", "objs");
    list.setAttribute("aria-label", "Shared objects" + (both ? ", " + run.label : ""));
    for (const o of objects) {
      const v = run.states[n].object[o.id], changed = moved && v.step === n, lock = o.kind === "lock";
      const dd = el("dd", "", lock && padlock(!v.owner)), writer = run.lane.get(v.writer);
      const owner = o.kind === "field" ? undefined : run.lane.get(v.owner); // nobody has a field, somebody was the last to store to it
      if (changed && !lock && !short && v.before !== v.value) put(dd, el("s", "", v.before), "→");
      put(dd, lock && owner && v.value === "held" ? "held by" : v.value);
      if (owner) put(dd, !lock && el("span", "by", "owner"), token(owner, owner.name), el("span", "sr", owner.name));
      if (writer && !lock && writer !== owner) put(dd, el("span", "by", "by"), token(writer, "last changed by " + writer.name), el("span", "sr", "last changed by " + writer.name));
      const box = el("div", "obj" + (changed ? " changed" : "") + (moved && s.uses?.includes(o.id) ? " used" : ""), el("dt", "", o.name, !short && ` · ${o.note || o.kind}`), dd);
      put(list, box);
    }
    if (run.objects.length > objects.length) put(list, el("div", "more", el("dt", "", "more"), el("dd", "", "+" + (run.objects.length - objects.length))));
    return list;
  }));
}
