/* Fields of a record edited in place: a pencil on hover, Enter saves, Esc takes back, Tab saves and goes on. */
(function () {
  "use strict";
  var page = document.querySelector("[data-inline]");
  if (!page) return;
  var url = page.dataset.inline, open = null;

  function label(cell) {
    var term = cell.previousElementSibling;
    return page.dataset.editLabel.replace("%s", cell.dataset.label || (term ? term.textContent.trim() : ""));
  }
  function cells() { return Array.prototype.slice.call(document.querySelectorAll("[data-field]")); }

  /* Each value gets its pencil, a button that the keyboard reaches; it stands beside the value, never in it. */
  function furnish(cell) {
    if (cell.querySelector(":scope > .dl-pen")) return;
    var pen = document.createElement("button");
    pen.type = "button"; pen.className = "dl-pen"; pen.setAttribute("aria-label", label(cell)); pen.title = label(cell);
    pen.appendChild(document.getElementById("inline-pen").content.cloneNode(true));
    cell.appendChild(pen);
  }

  function close(focus) {
    if (!open) return;
    var was = open; open = null;
    was.cell.classList.remove("edit");
    was.cell.replaceChildren.apply(was.cell, was.kept);
    if (focus) { var pen = was.cell.querySelector(".dl-pen"); if (pen) pen.focus(); }
  }

  function fill(cell, html) {
    cell.innerHTML = html;
    window.takt.prepare(cell);
    var wrong = cell.querySelector(".is-bad, [aria-invalid=true]");
    var first = wrong || cell.querySelector(".ts-control input, input:not([type=hidden]), select:not(.tomselected), textarea");
    if (first) { first.focus(); if (first.select && first.type !== "date") first.select(); }
  }

  function typed(form) {
    var data = new FormData(form); data.delete("seen");
    Array.from(data.entries()).forEach(function (pair) { if (pair[1] instanceof File) data.set(pair[0], pair[1].name); });
    return new URLSearchParams(data).toString();
  }

  function edit(cell) {
    if (open && open.cell === cell) return;
    var begin = function () {
      cell.setAttribute("aria-busy", "true");
      fetch(url + cell.dataset.field, { headers: { "X-Requested-With": "fetch" } }).then(function (answer) {
        if (!answer.ok) throw answer;
        return answer.text();
      }).then(function (html) {
        cell.removeAttribute("aria-busy");
        open = { cell: cell, kept: Array.prototype.slice.call(cell.childNodes), saving: false };
        cell.classList.add("edit");
        fill(cell, html);
        open.before = typed(cell.querySelector("form"));
      }).catch(function () { cell.removeAttribute("aria-busy"); window.takt.toast(page.dataset.inlineFailed, null, "late"); });
    };
    if (open) save(begin); else begin();
  }

  /* The forms of the page know the record's new version, and its history the newest fact. */
  function renew(version) {
    document.querySelectorAll("input[name=version]").forEach(function (input) { input.value = version; });
    var history = document.querySelector("#timeline nav a.active");
    if (history && window.htmx) window.htmx.ajax("GET", history.getAttribute("href"), { target: "#timeline", swap: "outerHTML" });
  }
  document.addEventListener("htmx:after:swap", function () {
    var asked = document.querySelector("#qualification[data-version]");
    if (!asked) return;
    var known = document.querySelector(".tk-steps input[name=version]");
    if (known && known.value !== asked.dataset.version) renew(asked.dataset.version);
    asked.removeAttribute("data-version");
  });

  function after(told) {
    if (told.go) { window.location.assign(told.go); return; }
    Object.keys(told.cells).forEach(function (name) {
      document.querySelectorAll('[data-field="' + name + '"], [data-cell="' + name + '"]').forEach(function (cell) {
        cell.innerHTML = told.cells[name];
        if (cell.dataset.field) furnish(cell);
      });
    });
    renew(told.version);
  }

  function save(then, focus) {
    if (!open || open.saving) return;
    var cell = open.cell, form = cell.querySelector("form"), was = open;
    if (typed(form) === open.before && !form.querySelector(".dl-conflict")) { close(focus); if (then) then(); return; }
    open.saving = true; cell.setAttribute("aria-busy", "true");
    fetch(form.action, {
      method: "POST", body: new FormData(form),
      headers: { "X-CSRFToken": window.takt.csrf(), "X-Requested-With": "fetch" }
    }).then(function (answer) {
      var isJson = (answer.headers.get("Content-Type") || "").indexOf("json") >= 0;
      return isJson ? answer.json().then(function (told) { return { ok: answer.ok, told: told }; })
        : answer.text().then(function (html) { return { html: html }; });
    }).then(function (answer) {
      cell.removeAttribute("aria-busy");
      was.saving = false;
      if (answer.html !== undefined) {
        if (answer.html.indexOf("dl-inline") < 0) throw answer;
        fill(cell, answer.html);
        return;
      }
      if (!answer.ok) { window.takt.toast(window.takt.sentence(answer.told), null, "late"); return; }
      close(false);
      after(answer.told);
      if (then) then();
      else if (focus) { var pen = cell.querySelector(".dl-pen"); if (pen) pen.focus(); }
    }).catch(function () {
      cell.removeAttribute("aria-busy"); was.saving = false;
      window.takt.toast(page.dataset.inlineFailed, null, "late");
    });
  }

  function neighbour(cell, step) {
    var all = cells().filter(function (one) { return one.offsetParent !== null; });
    return all[all.indexOf(cell) + step];
  }

  document.addEventListener("click", function (event) {
    var target = event.target;
    if (open && target.closest("[data-inline-cancel]") && open.cell.contains(target)) {
      if (open.cell.querySelector(".dl-conflict")) { window.location.reload(); return; }
      close(true); return;
    }
    var cell = target.closest("[data-field]");
    if (cell && cell !== (open && open.cell) && !target.closest("a, label, select, input, textarea")) { edit(cell); return; }
    /* A click elsewhere keeps what was typed. */
    if (open && !cell && !target.closest(".ts-dropdown, dialog, #toasts") && document.contains(target)) save();
  });
  document.addEventListener("submit", function (event) {
    if (open && open.cell.contains(event.target)) { event.preventDefault(); save(null, true); }
  }, true);
  document.addEventListener("keydown", function (event) {
    if (!open || !open.cell.contains(event.target) || event.isComposing) return;
    var list = event.target.closest(".ts-wrapper");
    var isListOpen = list && list.classList.contains("dropdown-active");
    if (event.code === "Escape") {
      event.preventDefault(); event.stopPropagation();
      if (open.cell.querySelector(".dl-conflict")) window.location.reload(); else close(true);
    } else if (event.code === "Enter" || event.code === "NumpadEnter") {
      if (event.target.closest("button") || isListOpen) return;
      if (event.target.tagName === "TEXTAREA" && !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault(); event.stopPropagation(); save(null, true);
    } else if (event.code === "Tab") {
      var inputs = Array.prototype.slice.call(open.cell.querySelectorAll("input:not([type=hidden]), select, textarea"))
        .filter(function (one) { return one.offsetParent !== null && one.tabIndex >= 0; });
      var edge = event.shiftKey ? inputs[0] : inputs[inputs.length - 1];
      if (event.target !== edge && inputs.indexOf(event.target) >= 0) return;
      if (event.target.closest("button")) return;
      event.preventDefault(); event.stopPropagation();
      var next = neighbour(open.cell, event.shiftKey ? -1 : 1);
      save(function () { if (next) edit(next); }, true);
    }
  }, true);

  cells().forEach(furnish);
})();
