/* Behaviour shared by all pages. No rule of the business lives here. */
(function () {
  "use strict";
  var root = document.documentElement;
  var byId = function (id) { return document.getElementById(id); };
  var csrf = function () { return document.body.dataset.csrf; };

  /* Toasts: one at a time, 8 s, paused on hover and focus; errors stay. */
  function toast(text, undoUrl, level) {
    var box = byId("toasts");
    if (!box || !text) return;
    box.replaceChildren();
    var el = document.createElement("div");
    el.className = "tk-toast";
    el.setAttribute("role", level === "late" ? "alert" : "status");
    var words = document.createElement("span");
    words.textContent = text;
    el.append(words);
    if (undoUrl) {
      var undo = document.createElement("button");
      undo.type = "button"; undo.className = "btn btn-sm"; undo.textContent = box.dataset.undo;
      undo.addEventListener("click", function () { takeBack(undoUrl); });
      el.append(undo);
      lastUndo = undoUrl;
    }
    var close = document.createElement("button");
    close.type = "button"; close.className = "btn btn-sm"; close.textContent = box.dataset.dismiss;
    close.addEventListener("click", function () { el.remove(); });
    el.append(close);
    box.append(el);
    if (level === "late") return;
    var timer;
    var start = function () { timer = setTimeout(function () { el.remove(); }, 8000); };
    var stop = function () { clearTimeout(timer); };
    el.addEventListener("mouseenter", stop); el.addEventListener("mouseleave", start);
    el.addEventListener("focusin", stop); el.addEventListener("focusout", start);
    start();
  }
  var lastUndo = null;
  function takeBack(url) {
    fetch(url, { method: "POST", headers: { "X-CSRFToken": csrf(), "Accept": "application/json" } }).then(function (answer) {
      if (answer.ok) { location.reload(); return; }
      return answer.json().then(function (problem) { toast(problem.detail, null, "late"); });
    }).catch(function () { toast(byId("toasts").dataset.offline, null, "late"); });
  }
  document.addEventListener("toast", function (event) { toast(event.detail.text, event.detail.undo, event.detail.level); });
  document.querySelectorAll("[data-toast]").forEach(function (el) { toast(el.dataset.toast, el.dataset.undoUrl, el.dataset.level); });
  window.takt = { toast: toast, csrf: csrf };

  /* Dialogs: the native element, filled by a fragment. */
  function openDialog(url) {
    fetch(url, { headers: { "HX-Request": "true" } }).then(function (answer) {
      if (answer.status === 401) { location.reload(); return; }
      return answer.text().then(function (html) {
        if (!answer.ok) {
          var trigger = answer.headers.get("HX-Trigger");
          if (trigger) { var told = JSON.parse(trigger).toast; toast(told.text, null, "late"); return; }
        }
        var body = byId("dialog-body");
        body.innerHTML = html;
        if (window.htmx) window.htmx.process(body);
        prepare(body);
        var title = body.querySelector("h2");
        if (title) title.id = "dialog-title";
        if (!byId("dialog").open) byId("dialog").showModal();
        var first = body.querySelector("[data-autofocus], input:not([type=hidden]), select, textarea, button");
        if (first) first.focus();
      });
    }).catch(function () { toast(byId("toasts").dataset.offline, null, "late"); });
  }
  window.takt.openDialog = openDialog;
  document.addEventListener("close-dialog", function () { if (byId("dialog")) byId("dialog").close(); });

  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-dialog]");
    if (opener && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      openDialog(opener.dataset.dialog || opener.getAttribute("href"));
      return;
    }
    if (event.target.closest("[data-close]")) { var open = event.target.closest("dialog"); if (open) open.close(); }
    if (event.target.closest("[data-palette]")) showPalette();
    if (event.target.closest("[data-theme-switch]")) {
      root.setAttribute("data-bs-theme", root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
      document.dispatchEvent(new CustomEvent("theme-changed"));
    }
    var preset = event.target.closest("[data-preset-due]");
    if (preset) { var target = byId(preset.dataset.for); if (target) { target.value = preset.dataset.presetDue; target.focus(); } }
    var copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(copy.dataset.copy);
    var show = event.target.closest("[data-show]");
    if (show) { byId(show.dataset.show).hidden = false; show.hidden = true; var box = byId(show.dataset.show).querySelector("input:not([type=hidden])"); if (box) box.focus(); }
    var hide = event.target.closest("[data-hide]");
    if (hide) { byId(hide.dataset.hide).hidden = true; var back = document.querySelector('[data-show="' + hide.dataset.hide + '"]'); if (back) { back.hidden = false; back.focus(); } }
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("change", function (event) {
    var el = event.target;
    if (el.matches("[data-submit-on-change]")) el.form.requestSubmit();
    if (el.matches("[data-check-all]")) {
      document.querySelectorAll('input[name="' + el.dataset.checkAll + '"]').forEach(function (box) { box.checked = el.checked; });
    }
    if (el.matches("[data-check-all], [data-select]")) countSelected();
    if (el.matches("[data-reveals]")) document.querySelectorAll("[data-revealed-by='" + el.name + "']").forEach(function (part) { part.hidden = part.dataset.when.split(" ").indexOf(el.value) < 0; });
  });
  function countSelected() {
    var count = document.querySelectorAll("input[data-select]:checked").length;
    document.querySelectorAll(".tk-bulk").forEach(function (bar) {
      bar.hidden = count === 0;
      var words = bar.querySelector("[data-count]");
      if (words) words.textContent = count;
    });
  }

  /* Keys by their place on the keyboard, so that Cyrillic layouts work. */
  var waitsForPlace = false;
  var places = { KeyT: "/today", KeyD: "/deals/board", KeyC: "/companies", KeyP: "/contacts", KeyR: "/reports/funnel" };
  function typing(el) { return el.closest && el.closest("input, textarea, select, [contenteditable], .ts-control"); }
  function showPalette() {
    var palette = byId("palette");
    if (!palette) return;
    if (!palette.open) palette.showModal();
    palette.querySelector("input").select();
  }
  function press(selector) { var el = document.querySelector(selector); if (el) { el.click(); return true; } return false; }
  function step(by) {
    var rows = Array.prototype.slice.call(document.querySelectorAll("[data-row]"));
    if (!rows.length) return false;
    var here = rows.indexOf(document.activeElement.closest ? document.activeElement.closest("[data-row]") : null);
    var next = rows[Math.max(0, Math.min(rows.length - 1, here + by))];
    (next.querySelector("a, button") || next).focus();
    return true;
  }
  document.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyK") { event.preventDefault(); showPalette(); return; }
    if ((event.ctrlKey || event.metaKey) && event.code === "Enter" && event.target.form) { event.preventDefault(); event.target.form.requestSubmit(); return; }
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !typing(event.target) && lastUndo) { event.preventDefault(); takeBack(lastUndo); lastUndo = null; return; }
    if (event.code === "Escape") document.querySelectorAll("details[data-menu][open]").forEach(function (menu) { menu.open = false; });
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (document.body.classList.contains("is-carrying")) return;
    if (waitsForPlace) { waitsForPlace = false; if (places[event.code]) { event.preventDefault(); location.href = places[event.code]; } return; }
    if (event.key === "?") { event.preventDefault(); if (byId("keys")) byId("keys").showModal(); return; }
    var done = false;
    if (event.code === "KeyG") { waitsForPlace = true; setTimeout(function () { waitsForPlace = false; }, 1500); done = true; }
    else if (event.code === "Slash") done = press("[data-key-filter]");
    else if (event.code === "KeyD") { done = press("[data-key-new-deal]"); if (!done) { location.href = "/deals/new"; done = true; } }
    else if (event.code === "KeyT") done = press("[data-key-new-task]");
    else if (event.code === "KeyC") done = press("[data-key-complete]");
    else if (event.code === "KeyW") done = press("[data-key-won]");
    else if (event.code === "KeyL") done = press("[data-key-lost]");
    else if (event.code === "KeyN") { var note = document.querySelector("[data-key-note]"); if (note) { note.focus(); done = true; } }
    else if (event.code === "KeyJ") done = step(1);
    else if (event.code === "KeyK") done = step(-1);
    if (done) event.preventDefault();
  });

  /* Typeahead of records, and charts: prepared on load and after every swap. */
  function pick(select) {
    if (select.tomselect || !window.TomSelect) return;
    new window.TomSelect(select, {
      valueField: "value", labelField: "text", searchField: ["text"], maxOptions: 30,
      create: select.dataset.create === "1", maxItems: select.multiple ? null : 1, plugins: select.multiple ? ["remove_button"] : [],
      load: function (query, done) {
        fetch(select.dataset.pick + (select.dataset.pick.indexOf("?") < 0 ? "?q=" : "&q=") + encodeURIComponent(query), { headers: { Accept: "application/json" } })
          .then(function (answer) { return answer.json(); }).then(done).catch(function () { done(); });
      },
      shouldLoad: function (query) { return query.length > 0; }
    });
  }
  function tokens(value, css) {
    if (typeof value === "string" && value.indexOf("var:--") === 0) return css.getPropertyValue(value.slice(4)).trim();
    if (Array.isArray(value)) return value.map(function (v) { return tokens(v, css); });
    if (value && typeof value === "object") { var out = {}; Object.keys(value).forEach(function (k) { out[k] = tokens(value[k], css); }); return out; }
    return value;
  }
  function draw(el) {
    if (!window.echarts) return;
    var css = getComputedStyle(root);
    var chart = window.echarts.getInstanceByDom(el) || window.echarts.init(el, null, { renderer: "svg" });
    var option = tokens(JSON.parse(el.dataset.chart), css);
    option.animation = false;
    option.textStyle = { fontFamily: "inherit", color: css.getPropertyValue("--tk-ink-2").trim() };
    chart.setOption(option, true);
  }
  function prepare(part) {
    part.querySelectorAll("select[data-pick]").forEach(pick);
    part.querySelectorAll("[data-chart]").forEach(draw);
    part.querySelectorAll("[data-mixed]").forEach(function (el) { el.indeterminate = true; });
  }
  window.takt.prepare = prepare;
  document.addEventListener("theme-changed", function () { document.querySelectorAll("[data-chart]").forEach(draw); });
  window.addEventListener("resize", function () { document.querySelectorAll("[data-chart]").forEach(function (el) { var c = window.echarts && window.echarts.getInstanceByDom(el); if (c) c.resize(); }); });
  document.addEventListener("DOMContentLoaded", function () { prepare(document); countSelected(); });
  document.addEventListener("htmx:after:swap", function () { prepare(document); countSelected(); });
  document.addEventListener("htmx:error", function () { toast(byId("toasts").dataset.offline, null, "late"); });
  document.addEventListener("htmx:response:error", function (event) {
    var status = event.detail.ctx && event.detail.ctx.response && event.detail.ctx.response.status;
    if (status >= 500) toast(byId("toasts").dataset.failed, null, "late");
  });
})();
