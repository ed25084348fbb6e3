// What a person sees of a page at this moment and, for a thorough look, what is wrong with it. Runs in the page, for the tests.
((thorough) => {
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const visible = (e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !e.closest(".sr");
  const texts = (css) => all(css).filter(visible).map((e) => e.innerText).join("\n");
  const seen = {
    heads: texts("#heads"), say: texts("#say"), objects: texts("#strip"), place: texts("#pos"), card: texts("#card"), title: texts("#title"),
    rows: all(".row").filter(visible).map((r) => r.className + " " + r.innerText.replaceAll("\n", " ") + all(".cell", r).map((c) => " " + c.className).join()),
    arrows: all("#svg path").map((p) => p.getAttribute("class") + p.getAttribute("d")), labels: all(".chip").map((c) => c.innerText + c.style.left + c.style.top),
    source: all("#code h2").map((h) => h.innerText), board: all(".cl").filter((c) => c.className !== "cl" || c.querySelector(".tok")).map((c) => c.className + c.innerText),
    scrolled: all(".lines").map((l) => Math.round(l.scrollTop)),
  };

  const place = {link: link(), seen: JSON.stringify(seen, null, 1), wrong: []};
  if (!thorough) return place;
  const {wrong} = place, fault = (what, e) => wrong.push(what + (e ? `: ${e.tagName} ${e.className} ${JSON.stringify((e.textContent || "").slice(0, 40))}` : ""));
  for (const e of [document.documentElement, ...all("body, header, main, #scroll, #strip, .objs, #say, footer, #card > *")]) {
    if (e.scrollWidth > e.clientWidth + 1) fault(`scrolls sideways, ${e.scrollWidth} > ${e.clientWidth}`, e);
  }
  if (document.documentElement.scrollHeight > innerHeight + 1) fault("the page is higher than the window");

  const parse = (color) => { const n = color.match(/[\d.]+/g).map(Number); return {rgb: n.slice(0, 3), a: n[3] ?? 1}; };
  const luminance = (rgb) => rgb.map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const {rgb, a} = parse(getComputedStyle(e).backgroundColor);
      if (a === 1) return rgb;
    }
    return [255, 255, 255];
  };
  const least = innerWidth >= 1280 ? 20 : 16;
  for (const e of all("body *")) {
    const line = e.closest(".cl");
    if (line?.className === "cl" && line.parentElement.children[3] !== line) continue; // one stands for all that nobody is at
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !visible(e) || e.closest("[aria-disabled=true], script, style, noscript")) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    if (size < least - .01) fault(`text of ${size} px`, e);
    const [a, b] = [luminance(parse(style.color).rgb), luminance(behind(e))].sort((x, y) => y - x), contrast = (a + .05) / (b + .05);
    if (contrast < 4.5) fault(`contrast ${contrast.toFixed(2)}`, e);
  }
  for (const b of all("button, select, [role=slider]")) if (!b.textContent.trim() && !b.getAttribute("aria-label")) fault("has no name", b);
  const ids = all("[id]").map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((x) => x === id).length > 1) fault("two have the id " + id);
  return place;
})
