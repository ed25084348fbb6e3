"use strict";
// What the other files draw with. Texts in a trace are a student's, or a student's program's: they only ever become text, never markup.

const $ = (id) => document.getElementById(id);

// put appends: a string becomes text, and what is not there (null, undefined, false, "") nothing.
const put = (e, ...kids) => {
  e.append(...kids.filter((k) => k != null && k !== false && k !== ""));
  return e;
};

// el builds an element.
const el = (tag, cls, ...kids) => {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  return put(e, ...kids);
};

// source is a piece of Go, which may be broken where a person would.
const source = (text) => el("code", "", ...text.split(/(?<=[(,.])(?=[^\s)])/).flatMap((part, i) => i ? [el("wbr"), part] : [part]));

const svgEl = (tag, attributes) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  return e;
};

// padlock draws a lock: a font with such a sign is not on every machine.
const padlock = (open) => {
  const s = svgEl("svg", {viewBox: "0 0 16 16", class: "pad", role: "img", "aria-label": open ? "unlocked" : "locked"});
  s.append(
    svgEl("path", {d: open ? "M4 8V4.5a3 3 0 0 1 5.8-1" : "M5 8V4.5a3 3 0 0 1 6 0V8", fill: "none", stroke: "currentColor", "stroke-width": 2}),
    svgEl("rect", {x: 2.5, y: 7.5, width: 11, height: 7.5, rx: 1.2, fill: "currentColor"}));
  return s;
};

// token is a lane's sign: mark, shape and colour. What it stands for is said beside it, or in its title.
const token = (lane, title) => {
  const t = el("span", "tok " + lane.cls, lane.mark);
  t.setAttribute("aria-hidden", "true");
  if (title) t.title = title;
  return t;
};

const phone = matchMedia("(max-width:700px)");
const roomy = matchMedia("(min-width:1600px)"); // for two runs, and their code beside them
const still = matchMedia("(prefers-reduced-motion:reduce)");
