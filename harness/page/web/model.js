// The traces, and what holds behind each of their steps. Everything is computed from the first step on, so that going back is exact.

const docs = [...document.querySelectorAll("script.trace")].map((s) => prepare(JSON.parse(s.textContent)));

// prepare gives each lane its place and its colour, which are the same in both runs.
function prepare(doc) {
  const colours = new Map();
  for (const run of doc.runs) {
    run.questions ||= [];
    run.lane = new Map(run.lanes.map((l) => [l.id, l]));
    run.object = new Map(run.objects.map((o) => [o.id, o]));
    run.file = new Map(run.files.map((f) => [f.id, f]));
    for (const f of run.files) f.lines = f.source.replace(/\n$/, "").split("\n");
    run.ranked = ranked(run);
    for (const l of [...byName(run.ranked.slice(0, 2)), ...byName(run.ranked.slice(2))]) if (!colours.has(l.id)) colours.set(l.id, colours.size);
    for (const l of run.lanes) {
      const n = colours.has(l.id) ? colours.get(l.id) : colours.size;
      l.cls = l.role === "story" ? "story" : `c${Math.min(n, 6)} s${n % 3}`;
    }
    run.states = states(run);
  }
  doc.ticks = align(doc.runs);
  return doc;
}

// ranked are the handlers that have a step, those that matter most first.
function ranked(run) {
  const weight = new Map(), race = run.end.race;
  run.steps.forEach((s, i) => {
    const meets = race && (i + 1 === race.first || i + 1 === race.second);
    weight.set(s.lane, (weight.get(s.lane) || 0) + (meets ? 100 : s.kind === "stretch" ? 0.1 : 1));
  });
  return run.lanes.filter((l) => l.role !== "story" && weight.has(l.id)).sort((a, b) => weight.get(b.id) - weight.get(a.id));
}

function byName(lanes) { return [...lanes].sort((a, b) => a.name.localeCompare(b.name, "en", {numeric: true})); }

// columns are a run's columns, from left to right: slim ones with a token, the first of which several lanes may share, and wide ones with words.
function columns(run, narrow) {
  const wide = run.ranked.slice(0, 2), others = run.ranked.slice(2), room = narrow ? 1 : 3;
  const own = others.length <= room ? others : others.slice(0, room - 1);
  const rest = others.slice(own.length);
  return [
    ...(rest.length ? [{lanes: byName(rest), wide: false}] : []),
    ...byName(own).map((l) => ({lanes: [l], wide: false})),
    ...byName(wide).map((l) => ({lanes: [l], wide: true})),
  ];
}

// align puts the steps of all runs on one axis: steps with the same sync key stand on the same tick, and between two keys the
// runs' steps are paired in their order. A tick has a step's number in each run, or 0.
function align(runs) {
  if (runs.length === 1) return runs[0].steps.map((_, i) => [i + 1]);
  const keys = runs.map((r) => new Set(r.steps.map((s) => s.sync).filter(Boolean)));
  const shared = (key) => key && keys.every((k) => k.has(key));
  const ticks = [], i = [0, 0];
  for (;;) {
    const parts = [0, 1].map((k) => {
      const part = [];
      while (i[k] < runs[k].steps.length && !shared(runs[k].steps[i[k]].sync)) part.push(++i[k]);
      return part;
    });
    for (let n = 0; n < Math.max(parts[0].length, parts[1].length); n++) ticks.push([parts[0][n] || 0, parts[1][n] || 0]);
    if (i[0] >= runs[0].steps.length || i[1] >= runs[1].steps.length) break;
    ticks.push([++i[0], ++i[1]]);
  }
  for (const k of [0, 1]) while (i[k] < runs[k].steps.length) ticks.push(k === 0 ? [++i[0], 0] : [0, ++i[1]]);
  return ticks;
}

// states says what holds behind each step: [0] is the start.
function states(run) {
  const object = {}, lane = {};
  for (const o of run.objects) object[o.id] = {value: o.value, owner: "", writer: "", step: 0};
  for (const l of run.lanes) lane[l.id] = {step: 0, holds: [], waits: null, next: 0, ended: false, vague: false};
  const all = [{n: 0, object: {...object}, lane: {...lane}}];
  run.steps.forEach((s, i) => {
    const story = run.lane.get(s.lane).role === "story";
    lane[s.lane] = {...lane[s.lane], step: i + 1, waits: s.waits || null, next: s.next || 0, ended: !!s.last, vague: false};
    if (story && s.kind === "stretch") // of several goroutines: somewhere behind where they were
      for (const id of s.lanes || Object.keys(lane)) if (id !== s.lane && lane[id].step && !lane[id].ended && !lane[id].next) lane[id] = {...lane[id], vague: true};
    for (const c of s.changes || []) {
      object[c.object] = {value: c.after, before: c.before, owner: c.owner || "", writer: story ? c.owner || "" : s.lane, step: i + 1};
      if (run.object.get(c.object).kind !== "lock") continue;
      for (const id in lane) {
        const holds = lane[id].holds.filter((x) => x !== c.object);
        lane[id] = {...lane[id], holds: id === c.owner ? [...holds, c.object] : holds};
      }
    }
    all.push({n: i + 1, object: {...object}, lane: {...lane}});
  });
  return all;
}

// breaks tells whether step n is where it goes wrong: the second access of a race, or what led to the failure.
function breaks(run, n) {
  const {race, failure} = run.end;
  return n > 0 && (n === race?.second || n === failure?.step);
}

// chain goes from the symptom backwards: the two that meet; or where it failed and what led there, which is whoever waits at the end, and who
// has made them wait, if nothing else is known.
function chain(run) {
  const {race, failure} = run.end;
  if (race) return [race.second, race.first];
  if (!failure) return [];
  if (failure.cause?.length) return [failure.step, ...failure.cause];
  const end = run.states.at(-1), led = new Set();
  for (const id in end.lane) {
    const {waits, step, ended} = end.lane[id];
    if (!waits?.of || ended) continue;
    led.add(step);
    for (const o of run.objects) if (o.name === waits.for && end.object[o.id].owner === waits.of) led.add(end.object[o.id].step);
  }
  return [failure.step, ...[...led].filter(Boolean).sort((a, b) => b - a)];
}

// text is a line of a file, without its indent.
const text = (file, no) => (file?.lines[no - file.first] || "").trim();

// sentence says what step n of a run is, for everybody who does not see the columns, too.
function sentence(run, n) {
  const s = run.steps[n - 1], lane = run.lane.get(s.lane), race = run.end.race;
  const who = lane.name, at = s.line ? `line ${s.line}` : "";
  let said = `${who}, ${at}: ${s.what}`;
  if (s.kind === "fail") said = `The check fails: ${s.say || s.what}`;
  else if (race && n === race.second) said = `${who}, ${at}: ${race.says}`;
  else if (s.say) return s.say;
  else if (s.kind === "stretch" && at) said = `${who} runs ${s.what}`;
  else if (s.kind === "stretch") {
    const held = (s.changes || []).filter((c) => c.owner).map((c) => `${run.lane.get(c.owner).name} has ${run.object.get(c.object).name}`);
    const who = s.lanes?.length <= 4 ? `: ${byName(s.lanes.map((id) => run.lane.get(id))).map((l) => l.name).join(", ")}` : "";
    said = `Left out here: ${s.what}${who}` + (held.length ? `; at its end ${held.join(", ")}` : "");
  }
  else if (lane.role === "story") said = `${who}: ${s.what}`;
  else if (s.waits) {
    const of = run.lane.get(s.waits.of);
    said = `${who} waits for ${s.waits.for}${of ? `, which ${of.name} holds` : ""}`;
  } else if (s.kind === "lock" || s.kind === "unlock") said = `${who} ${s.what}, ${at}`;
  if (s.last) said += ", and ends";
  if (s.next) said += `, and is put aside before line ${s.next}`;
  return said;
}
