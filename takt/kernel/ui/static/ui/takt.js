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
    if (shown) shown.remove();
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
    shown = el;
    /* An open dialog makes all around it inert, so the toast stands inside while it lasts. */
    var dialog = document.querySelector("dialog[open]");
    (dialog || box).append(el);
    if (dialog) dialog.addEventListener("close", function () { if (el.isConnected) box.append(el); }, { once: true });
    if (level === "late") return;
    var timer;
    var start = function () { timer = setTimeout(function () { el.remove(); }, 8000); };
    var stop = function () { clearTimeout(timer); };
    el.addEventListener("mouseenter", stop); el.addEventListener("mouseleave", start);
    el.addEventListener("focusin", stop); el.addEventListener("focusout", start);
    start();
  }
  var lastUndo = null, shown = null;
  function takeBack(url) {
    fetch(url, { method: "POST", headers: { "X-CSRFToken": csrf(), "Accept": "application/json" } }).then(function (answer) {
      if (answer.ok) { location.reload(); return; }
      return answer.json().then(function (problem) { toast(sentence(problem), null, "late"); });
    }).catch(function () { toast(byId("toasts").dataset.offline, null, "late"); });
  }
  document.addEventListener("toast", function (event) { toast(event.detail.text, event.detail.undo, event.detail.level); });
  /* Sentences that the server put into the page, or into a fragment for it. */
  function tell() {
    document.querySelectorAll("#toasts [data-toast]").forEach(function (el) { el.remove(); toast(el.dataset.toast, el.dataset.undoUrl, el.dataset.level); });
  }
  tell();
  document.addEventListener("htmx:after:swap", tell);
  /* A refusal as a person reads it: every missing item of a problem document. */
  function sentence(problem) {
    if (problem.code === "stale" && problem.detail) return problem.detail;
    var all = [problem.detail || problem.title].concat((problem.errors || []).map(function (error) { return error.message; }));
    return all.filter(function (words, at) { return words && all.indexOf(words) === at; }).join(" ") || byId("toasts").dataset.failed;
  }
  window.takt = { toast: toast, csrf: csrf, sentence: sentence, undo: function () { if (!lastUndo) return false; takeBack(lastUndo); lastUndo = null; return true; } };

  /* Dialogs: the native element, filled by a fragment; the focus goes back to what opened it. */
  function openDialog(url) {
    var opener = document.activeElement;
    fetch(url, { headers: { "HX-Request": "true" } }).then(function (answer) {
      var elsewhere = answer.headers.get("HX-Redirect");
      if (elsewhere) { location.href = elsewhere; return; }
      if (answer.status === 401 || (answer.redirected && answer.url.indexOf("/sign-in") > 0)) { location.reload(); return; }
      return answer.text().then(function (html) {
        if (!answer.ok) {
          var trigger = answer.headers.get("HX-Trigger"), told = trigger && JSON.parse(trigger).toast;
          toast(told ? told.text : byId("toasts").dataset.failed, null, "late");
          return;
        }
        var dialog = byId("dialog"), body = byId("dialog-body");
        body.innerHTML = html;
        if (window.htmx) window.htmx.process(body);
        prepare(body);
        nameDialog();
        if (!dialog.open) {
          dialog.showModal();
          dialog.addEventListener("close", function () { body.replaceChildren(); if (opener && opener.isConnected) opener.focus(); }, { once: true });
        }
        var first = body.querySelector("[data-autofocus]") || body.querySelector("input:not([type=hidden]), select, textarea, button");
        if (first && first.tomselect) first.tomselect.focus();
        else if (first) first.focus();
      });
    }).catch(function () { toast(byId("toasts").dataset.offline, null, "late"); });
  }
  function nameDialog() {
    var title = byId("dialog-body") && byId("dialog-body").querySelector("h2");
    if (title) title.id = "dialog-title";
  }
  window.takt.openDialog = openDialog;
  /* A page may come with a dialog to be opened at once; without scripts it is a link. */
  var now = document.querySelector("[data-dialog-now]");
  if (now) openDialog(now.dataset.dialogNow);
  document.addEventListener("close-dialog", function () { if (byId("dialog")) byId("dialog").close(); });

  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-dialog]");
    if (opener && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      /* A menu doesn't stay open under the dialog that it led to; the focus comes back to its button. */
      var menu = opener.closest("details[data-menu][open]");
      if (menu && menu.querySelector("summary")) { menu.open = false; menu.querySelector("summary").focus(); }
      openDialog(opener.dataset.dialog || opener.getAttribute("href"));
      return;
    }
    var named = event.target.closest("[data-open]");
    if (named && byId(named.dataset.open)) { var box0 = byId(named.dataset.open); if (box0.showModal) box0.showModal(); return; }
    if (event.target.tagName === "DIALOG" && event.target.hasAttribute("data-light")) event.target.close();
    if (event.target.closest("[data-rail]")) {
      var narrow = root.classList.toggle("is-rail");
      try { localStorage.setItem("takt-rail", narrow ? "1" : ""); } catch (refused) { /* a browser that keeps nothing */ }
      return;
    }
    if (event.target.closest("[data-close]")) { var open = event.target.closest("dialog"); if (open) open.close(); }
    if (event.target.closest("[data-theme-switch]")) {
      root.setAttribute("data-bs-theme", root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
      document.dispatchEvent(new CustomEvent("theme-changed"));
    }
    var preset = event.target.closest("[data-preset-due]");
    if (preset) { var target = byId(preset.dataset.for); if (target) { target.value = preset.dataset.presetDue; target.focus(); } }
    var copy = event.target.closest("[data-copy]");
    if (copy && navigator.clipboard) navigator.clipboard.writeText(copy.dataset.copy).then(function () { byId("live") && (byId("live").textContent = copy.dataset.copied || ""); });
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

  /* Typeahead of records, and charts: prepared on load and after every swap. */
  function pick(select) {
    if (select.tomselect || !window.TomSelect) return;
    var url = select.dataset.pick, options = {
      maxOptions: 200, create: select.dataset.create === "1", maxItems: select.multiple ? null : 1, plugins: select.multiple ? ["remove_button"] : [],
      render: {
        option: function (item) { return line(item, "div"); }, item: function (item) { return line(item, "div"); },
        no_results: function () { return line({ text: byId("toasts").dataset.nothing || "" }, "div", "no-results"); },
        option_create: function (item) { return line({ text: "+ " + item.input }, "div", "create"); },
        loading: function () { return line({ text: "…" }, "div", "no-results"); }
      }
    };
    if (url) Object.assign(options, {
      valueField: "value", labelField: "text", searchField: ["text"], maxOptions: 30,
      load: function (query, done) {
        fetch(url + (url.indexOf("?") < 0 ? "?q=" : "&q=") + encodeURIComponent(query), { headers: { Accept: "application/json" } })
          .then(function (answer) { return answer.json(); }).then(done).catch(function () { done(); });
      },
      shouldLoad: function (query) { return query.length > 0; },
      /* What the server found fits, whatever its letters (ё for е, pinyin). */
      score: function () { return function () { return 1; }; },
      onType: function () { this.clearOptions(function (option) { return this.items.indexOf(String(option.value)) >= 0; }.bind(this)); }
    });
    var label = select.labels && select.labels[0];
    var made = new window.TomSelect(select, options);
    /* A click where one is already typing leaves the letters there, instead of to the page's own keys. */
    var clicked = made.onClick;
    made.onClick = function () { if (made.isFocused && made.isOpen) made.control_input.focus(); else clicked.call(made); };
    if (label && !made.control_input.getAttribute("aria-labelledby")) made.control_input.setAttribute("aria-label", label.textContent.trim());
    if (select.hasAttribute("aria-label")) made.control_input.setAttribute("aria-label", select.getAttribute("aria-label"));
    if (select.classList.contains("is-bad")) made.wrapper.classList.add("is-bad");
  }
  function line(item, tag, kind) {
    var el = document.createElement(tag);
    if (kind) el.className = kind;
    el.textContent = item.text;
    if (item.hint) { var hint = document.createElement("span"); hint.className = "t-3 t-12 ms-2"; hint.textContent = item.hint; el.append(hint); }
    return el;
  }
  function tokens(value, css) {
    if (typeof value === "string" && value.indexOf("var:--") === 0) return css.getPropertyValue(value.slice(4)).trim();
    if (Array.isArray(value)) return value.map(function (v) { return tokens(v, css); });
    if (value && typeof value === "object") { var out = {}; Object.keys(value).forEach(function (k) { out[k] = tokens(value[k], css); }); return out; }
    return value;
  }
  /* What JSON can't say: "fn:number", "fn:short", "fn:percent" and "fn:money:EUR" become functions. */
  function formatter(words) {
    var parts = words.slice(3).split(":"), lang = root.lang || "en";
    var style = { number: {}, short: { notation: "compact", maximumFractionDigits: 1 }, percent: { style: "percent", maximumFractionDigits: 1 }, money: { style: "currency", currency: parts[1] || "EUR", notation: "compact", maximumFractionDigits: 1 } }[parts[0]] || {};
    var format = new Intl.NumberFormat(lang, style);
    return function (given) { var value = given && typeof given === "object" ? given.value : given; if (Array.isArray(value)) value = value[value.length - 1]; return typeof value === "number" ? format.format(value) : String(value === null || value === undefined ? "" : value); };
  }
  function readied(value, css) {
    if (typeof value === "string" && value.indexOf("fn:") === 0) return formatter(value);
    if (Array.isArray(value)) return value.map(function (v) { return readied(v, css); });
    if (value && typeof value === "object") { var out = {}; Object.keys(value).forEach(function (k) { out[k] = readied(value[k], css); }); return out; }
    return tokens(value, css);
  }
  /* Axes and legend take the design's colours wherever the option doesn't say otherwise. */
  function dressed(option, css) {
    var token = function (name) { return css.getPropertyValue("--tk-" + name).trim(); };
    var text = { color: token("ink-3"), fontSize: 12 };
    [].concat(option.xAxis || [], option.yAxis || []).forEach(function (axis) {
      axis.axisLabel = Object.assign({}, text, axis.axisLabel);
      axis.axisLine = Object.assign({ lineStyle: { color: token("line-strong") } }, axis.axisLine);
      axis.axisTick = Object.assign({ show: false }, axis.axisTick);
      axis.splitLine = Object.assign({ lineStyle: { color: token("chart-grid") } }, axis.splitLine);
    });
    if (option.legend) [].concat(option.legend).forEach(function (legend) { legend.textStyle = Object.assign({ color: token("ink-2"), fontSize: 12 }, legend.textStyle); });
    if (!option.color) option.color = [1, 2, 3, 4, 5].map(function (n) { return token("chart-" + n); });
    option.animation = false;
    option.textStyle = Object.assign({ fontFamily: css.getPropertyValue("--tk-font").trim() || "inherit", color: token("ink-2") }, option.textStyle);
    /* Plain text: the page's content policy forbids the styles of an HTML tooltip. */
    if (option.tooltip) option.tooltip = Object.assign({ backgroundColor: token("surface"), borderColor: token("line"), textStyle: { color: token("ink"), fontSize: 12 } }, option.tooltip, { renderMode: "richText" });
    return option;
  }
  var waiting = null;
  function withCharts(then) {
    if (window.echarts) { then(); return; }
    if (!document.body.dataset.echarts) return;
    if (waiting) { waiting.push(then); return; }
    waiting = [then];
    var script = document.createElement("script");
    script.src = document.body.dataset.echarts;
    script.addEventListener("load", function () { waiting.forEach(function (next) { next(); }); waiting = null; });
    document.head.append(script);
  }
  function draw(el) {
    withCharts(function () {
      if (el.dataset.chart) { paint(el, JSON.parse(el.dataset.chart)); return; }
      fetch(el.dataset.src, { headers: { Accept: "application/json" } }).then(function (answer) { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); })
        .then(function (option) { el.dataset.chart = JSON.stringify(option); paint(el, option); })
        .catch(function () { el.textContent = byId("toasts").dataset.failed; });
    });
  }
  function paint(el, given) {
    if (!el.isConnected) return;
    var css = getComputedStyle(root);
    var chart = window.echarts.getInstanceByDom(el) || window.echarts.init(el, null, { renderer: "svg" });
    var option = dressed(readied(given, css), css);
    /* Names beside lying bars leave most of a narrow screen to the bars. */
    [].concat(option.yAxis || []).forEach(function (axis) { if (axis.axisLabel.width) axis.axisLabel.width = Math.min(axis.axisLabel.width, Math.round(el.clientWidth * 0.36)); });
    chart.setOption(option, true);
    if (el.dataset.watched || !window.ResizeObserver) return;
    el.dataset.watched = "1";
    new ResizeObserver(function () { chart.resize(); }).observe(el);
    chart.on("click", function (mark) { var url = mark.data && mark.data.url; if (url) location.href = url; });
  }
  function prepare(part) {
    part.querySelectorAll("select[data-pick], select[data-search]").forEach(pick);
    part.querySelectorAll("[data-chart]").forEach(draw);
    part.querySelectorAll("[data-mixed]").forEach(function (el) { el.indeterminate = true; });
  }
  window.takt.prepare = prepare;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function (event) {
    if ((root.dataset.theme || "auto") !== "auto") return;
    root.setAttribute("data-bs-theme", event.matches ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("theme-changed"));
  });
  document.addEventListener("theme-changed", function () { document.querySelectorAll("[data-chart]").forEach(draw); });
  document.addEventListener("DOMContentLoaded", function () { prepare(document); countSelected(); });
  document.addEventListener("htmx:after:swap", function () { prepare(document); countSelected(); nameDialog(); });
  document.addEventListener("htmx:error", function () { toast(byId("toasts").dataset.offline, null, "late"); });
  document.addEventListener("htmx:response:error", function (event) {
    var status = event.detail.ctx && event.detail.ctx.response && event.detail.ctx.response.status;
    if (status === 401) { location.reload(); return; }
    if (status >= 500) toast(byId("toasts").dataset.failed, null, "late");
  });
})();
