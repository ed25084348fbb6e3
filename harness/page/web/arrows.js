// The arrows between lanes: one for each order that there is, dashes for the one that is missing. They run in the gutters, and never over words.

function drawArrows(vis, stop) {
  const box = $("rows"), svg = $("svg"), base = box.getBoundingClientRect(), rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  for (const c of box.querySelectorAll(":scope>.chip")) c.remove();
  svg.replaceChildren();
  svg.setAttribute("width", base.width);
  svg.setAttribute("height", base.height);
  const chips = [], taken = [...box.querySelectorAll(".w, .tok, .ln, .no, .band")].map((e) => e.getBoundingClientRect()).filter((b) => b.width);
  let used = 0;
  // place puts a label where it hides nothing, or least, as near to the middle of its arrow as can be; of a long one, to its end, which is in sight.
  const place = (chip, x, ya, yb) => {
    box.append(chip);
    const w = chip.offsetWidth + 6, h = chip.offsetHeight, near = Math.max((ya + yb) / 2, yb - 5 * rem), tries = [];
    for (let y = Math.min(ya, yb) - h; y <= Math.max(ya, yb) + h; y += 4) {
      for (const dx of [0, w / 2 - 8, 8 - w / 2, w / 2 + rem, -w / 2 - rem]) {
        const cx = Math.min(Math.max(w / 2, x + dx), base.width - w / 2);
        let hidden = 0;
        for (const t of taken) {
          const wide = Math.min(t.right - base.left, cx + w / 2) - Math.max(t.left - base.left, cx - w / 2), high = Math.min(t.bottom - base.top, y + h / 2) - Math.max(t.top - base.top, y - h / 2);
          if (wide > 0 && high > 0) hidden += wide * high;
        }
        tries.push({cx, y, cost: hidden * 100 + Math.abs(y - near) + Math.abs(dx) / 4});
      }
    }
    const best = tries.reduce((a, b) => b.cost < a.cost ? b : a);
    chip.style.left = best.cx + "px";
    chip.style.top = best.y + "px";
    taken.push(chip.getBoundingClientRect());
  };
  const arrow = (a, b, cls, label) => {
    if (!a || !b || a === b) return;
    const A = a.getBoundingClientRect(), B = b.getBoundingClientRect(), ya = (A.top + A.bottom) / 2 - base.top, yb = (B.top + B.bottom) / 2 - base.top;
    const ta = a.querySelector(".tok").getBoundingClientRect(), tb = b.querySelector(".tok").getBoundingClientRect();
    const bracket = !a.classList.contains("wide") || !b.classList.contains("wide") || A.left === B.left;
    const right = !bracket && B.left > A.left, left = !bracket && !right;
    const x1 = (right ? wordsEnd(a) + 5 : ta.left - 3) - base.left, x2 = (left ? wordsEnd(b) + 6 : tb.left - 3) - base.left;
    const gutter = bracket ? Math.min(ta.left, tb.left) : right ? B.left : A.left;
    const x = Math.max(3, gutter - base.left - rem * .4 - (used++ % 3) * rem * .3), q = Math.min(8, Math.abs(yb - ya) / 2);
    const s1 = right ? 1 : -1, s2 = left ? -1 : 1; // to which side it leaves, and comes in
    svg.append(svgEl("path", {class: cls, d: `M${x1},${ya}H${x - s1 * q}Q${x},${ya} ${x},${ya + q}V${yb - q}Q${x},${yb} ${x + s2 * q},${yb}H${x2 - s2 * 5}`}));
    svg.append(svgEl("path", {class: "tip " + cls, d: `M${x2},${yb}l${-s2 * 10},-6v12z`}));
    taken.push(svg.lastChild.getBoundingClientRect());
    chips.push(() => place(el("span", "chip " + cls, label), x, ya, yb));
  };
  for (const r of vis) {
    const run = here.doc.runs[r], n = reached(r, stop.tick), race = run.end.race;
    for (const e of run.edges) if (e.to <= n) arrow(cellOf(r, e.from), cellOf(r, e.to), "", e.why);
    if (race && race.second <= n) arrow(cellOf(r, race.first), cellOf(r, race.second), "miss", "✗ no order");
  }
  for (const chip of chips) chip();
}

// wordsEnd is where the words of a cell end at their right.
function wordsEnd(cell) {
  const range = document.createRange();
  range.selectNodeContents(cell.querySelector(".x") || cell.querySelector(".w"));
  return Math.max(...[...range.getClientRects()].map((b) => b.right));
}
