"use strict";
// Texts that students chose only ever become textContent and attributes, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const marks = { passed: "·", failed: "F", raced: "R", leaked: "L", timeout: "T", panicked: "P", tampered: "!", not_run: "–" };
  const words = (status) => status.replaceAll("_", " ");
  const text = (n) => (n < 0 ? "" : data.texts[n]);

  // make builds an element; a child that is a string becomes text.
  const make = (name, attributes, ...children) => {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") e.className = value;
      else e.setAttribute(key, value);
    }
    e.append(...children);
    return e;
  };

  const legend = document.getElementById("legend");
  for (const status of data.statuses) {
    legend.append(make("span", {}, make("b", { class: "s " + status, "aria-hidden": "true" }, marks[status]), words(status)));
  }

  // A map is filled in when it comes near the screen, or when the page is printed.
  const build = new Map();
  const fill = (section) => {
    const work = build.get(section);
    build.delete(section);
    if (work) work();
  };
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        near.unobserve(entry.target);
        fill(entry.target);
        const next = entry.target.nextElementSibling;
        if (build.has(next)) near.observe(next); // not before: above an empty section everything is near
      }
    }
  }, { rootMargin: "600px" });

  const maps = document.getElementById("maps");
  data.labs.forEach((lab, n) => {
    const items = data.submissions.filter((item) => item.lab === n);
    const section = make("section", { class: "lab", id: "lab-" + lab.id, "aria-label": "Lab " + lab.id },
      make("h3", {}, "Lab " + lab.id + " ", make("span", {}, lab.title)));
    maps.append(section);
    build.set(section, () => section.append(make("div", { class: "pair" }, heatmap(lab, items), ranking(lab))));
  });
  if (maps.firstElementChild) near.observe(maps.firstElementChild);
  addEventListener("beforeprint", () => { for (const section of [...build.keys()]) fill(section); });

  function ranking(lab) {
    const body = make("tbody", {});
    lab.checks.forEach((check, i) => {
      const share = check.ran ? Math.round(100 * check.failed / check.ran) : 0;
      body.append(make("tr", {},
        make("th", { scope: "row", class: "n" }, String(i + 1)),
        make("td", {}, check.title + (check.bonus ? " (bonus)" : "")),
        make("td", { class: "n" }, check.failed + " of " + check.ran),
        make("td", { class: "bar" }, bar(share))));
    });
    return make("table", { class: "ranking" },
      make("thead", {}, make("tr", {},
        make("th", { scope: "col", class: "n" }, ""), make("th", { scope: "col" }, "Check"),
        make("th", { scope: "col", class: "n" }, "Do not pass"), make("th", { scope: "col" }, ""))),
      body);
  }

  function bar(share) {
    const of = (width, name) => {
      const e = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [key, value] of Object.entries({ width, height: 8, rx: 2, class: name })) e.setAttribute(key, value);
      return e;
    };
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [key, value] of Object.entries({ width: 60, height: 8, role: "img", "aria-label": share + " %" })) svg.setAttribute(key, value);
    svg.append(of(60, "rest"), of(0.6 * share, ""));
    return svg;
  }

  function heatmap(lab, items) {
    const head = make("tr", {}, make("th", { scope: "col" }, "Student"), make("th", { scope: "col" }, "Points"));
    lab.checks.forEach((check, i) => head.append(make("th", { scope: "col", title: check.title, "aria-label": check.title }, String(i + 1))));
    const body = make("tbody", {});
    for (const item of items) {
      const student = data.students[item.student];
      const row = make("tr", { "data-student": item.student }, make("th", { scope: "row", title: student }, student),
        make("td", { class: "outcome", tabindex: -1, "aria-haspopup": "dialog", "data-check": -1 }, item.points));
      row.item = item;
      item.checks.forEach(([status, message], i) => {
        if (status < 0) {
          row.append(make("td", { class: "gone" }));
          return;
        }
        const name = data.statuses[status];
        row.append(make("td", { class: "s " + name, tabindex: -1, "aria-haspopup": "dialog", "data-check": i, "aria-label": words(name) }, marks[name]));
      });
      row.hidden = !matches(item.student);
      body.append(row);
    }
    const table = make("table", { class: "map", role: "grid", "aria-label": "Lab " + lab.id + ", verdicts", "aria-describedby": "how" }, make("thead", {}, head), body);
    const first = body.querySelector("td[tabindex]");
    if (first) first.tabIndex = 0;
    table.addEventListener("click", (event) => open(lab, event.target.closest("td[data-check]")));
    table.addEventListener("keydown", (event) => move(lab, event));
    table.addEventListener("focusin", (event) => {
      const before = table.querySelector("td[tabindex='0']");
      if (before) before.tabIndex = -1;
      event.target.tabIndex = 0; // Tab leaves the map, and comes back to where it was
    });
    return make("div", { class: "wide" }, table);
  }

  function move(lab, event) {
    const cell = event.target.closest("td[data-check]");
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = cell.parentElement;
    const sideways = (from, step) => {
      let to = from[step];
      while (to && !(to.matches("td[data-check]"))) to = to[step];
      return to;
    };
    const downwards = (step) => {
      let to = row[step];
      while (to && to.hidden) to = to[step];
      return to && to.children[cell.cellIndex];
    };
    const cells = row.querySelectorAll("td[data-check]");
    const to = {
      ArrowLeft: () => sideways(cell, "previousElementSibling"),
      ArrowRight: () => sideways(cell, "nextElementSibling"),
      ArrowUp: () => downwards("previousElementSibling"),
      ArrowDown: () => downwards("nextElementSibling"),
      Home: () => cells[0],
      End: () => cells[cells.length - 1],
      Enter: () => { open(lab, cell); },
      " ": () => { open(lab, cell); },
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const next = to();
    if (next) next.focus();
  }

  const dialog = document.getElementById("detail");
  const set = (id, value) => {
    const e = document.getElementById("detail-" + id);
    e.textContent = value;
    e.hidden = !value;
  };
  function open(lab, cell) {
    if (!cell) return;
    const item = cell.parentElement.item;
    const n = Number(cell.dataset.check);
    const run = n < 0 ? "" : text(item.checks[n][3]);
    document.getElementById("detail-run").hidden = !run;
    if (run) document.getElementById("detail-link").href = run; // made of escaped names, behind traces/
    set("where", data.students[item.student] + ", lab " + lab.id);
    if (n < 0) {
      set("title", item.outcome);
      set("what", words(item.status));
      set("message", text(item.detail));
      set("hint", "");
    } else {
      const check = lab.checks[n];
      const [status, message, hint] = item.checks[n];
      const name = data.statuses[status];
      set("title", check.title + (check.bonus ? " (bonus)" : ""));
      set("what", words(name) + ", " + (name === "passed" ? check.max : 0) + " of " + check.max + " points (" + check.id + ")");
      set("message", text(message) || (name === "not_run" ? text(item.detail) : ""));
      set("hint", hint < 0 ? "" : "Hint: " + text(hint));
    }
    dialog.showModal();
  }
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); }); // beside it

  const filter = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const names = data.students.map((name) => name.toLowerCase());
  function matches(student) {
    return names[student].includes(filter.value.trim().toLowerCase());
  }
  function apply() {
    for (const row of document.querySelectorAll("tr[data-student]")) row.hidden = !matches(Number(row.dataset.student));
    const count = names.filter((_, i) => matches(i)).length;
    shown.value = count + " of " + names.length;
  }
  filter.addEventListener("input", apply);
  apply();
})();
