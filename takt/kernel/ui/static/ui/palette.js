/* The palette: one field, a listbox that the server fills, the focus stays in the field. */
(function () {
  "use strict";
  var byId = function (id) { return document.getElementById(id); };
  var dialog = byId("palette"), list = byId("palette-found"), told = byId("palette-told");
  if (!dialog || !list) return;
  var field = dialog.querySelector("input"), wait = null, asked = 0, flight = null, chosen = -1, pages = [];
  var KINDS = { deals: "deal", companies: "company", contacts: "contact", products: "product", tasks: "task" };
  var store = "takt-opened-" + list.dataset.person;

  /* Only kinds and numbers are kept; names come from the server, with the reader's rights of the moment. */
  function opened() { try { return (localStorage.getItem(store) || "").split(",").filter(Boolean); } catch (refused) { return []; } }
  (function remember() {
    var here = /^\/(deals|companies|contacts|products|tasks)\/(\d+)$/.exec(location.pathname);
    if (!here) return;
    var mark = KINDS[here[1]] + ":" + here[2];
    try { localStorage.setItem(store, [mark].concat(opened().filter(function (m) { return m !== mark; })).slice(0, 8).join(",")); } catch (refused) { /* a browser that keeps nothing */ }
  })();

  function options() { return Array.prototype.slice.call(list.querySelectorAll("[role=option]")); }
  function choose(at) {
    var all = options();
    all.forEach(function (el, n) { el.classList.toggle("on", n === at); el.setAttribute("aria-selected", n === at ? "true" : "false"); if (!el.id) el.id = "palette-o" + n; });
    chosen = all.length ? at : -1;
    if (chosen >= 0) { field.setAttribute("aria-activedescendant", all[chosen].id); all[chosen].scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  }
  /* What the page under the palette offers to do, by the words on its own buttons. */
  function actsHere() {
    var names = ["complete", "won", "lost", "move", "assign", "new-task", "note", "edit", "reopen", "snooze", "filter"], found = [];
    document.querySelectorAll(names.map(function (n) { return "[data-key-" + n + "]"; }).join(",") + ",[data-act]").forEach(function (el) {
      if (el.disabled || !el.getClientRects().length || el.closest("dialog, [data-row], [data-deal]")) return;
      var words = (el.getAttribute("aria-label") || el.getAttribute("placeholder") || textOf(el)).trim();
      if (words && !found.some(function (f) { return f.words === words; })) found.push({ words: words, el: el });
    });
    return found;
  }
  function textOf(el) {
    var copy = el.cloneNode(true);
    copy.querySelectorAll("kbd, svg").forEach(function (part) { part.remove(); });
    return copy.textContent.replace(/\s+/g, " ");
  }
  function addActs(typed) {
    var mark = typed.charAt(0), words = (mark === ">" || mark === "》" ? typed.slice(1) : typed).trim().toLowerCase();
    if ("@＠#＃".indexOf(mark) >= 0 && mark) return;
    var fits = pages.filter(function (act) { return act.words.toLowerCase().indexOf(words) >= 0; });
    if (!fits.length) return;
    var section = document.createElement("div"), head = document.createElement("h3");
    section.className = "cmd-sec"; section.setAttribute("role", "group"); section.setAttribute("aria-label", list.dataset.here);
    head.setAttribute("role", "presentation"); head.textContent = list.dataset.here;
    section.append(head);
    fits.slice(0, 8).forEach(function (act) {
      var line = document.createElement("button"), label = document.createElement("span"), picture = act.el.querySelector("svg");
      line.type = "button"; line.className = "cmd-it"; line.tabIndex = -1; line.setAttribute("role", "option"); line.setAttribute("aria-selected", "false");
      if (picture) line.append(picture.cloneNode(true));
      label.className = "fw-5 grow"; label.textContent = act.words;
      line.append(label);
      var key = act.el.querySelector("kbd");
      if (key) line.append(key.cloneNode(true));
      line.addEventListener("click", function () { dialog.close(); if (act.el.matches("input, textarea, select")) act.el.focus(); else act.el.click(); });
      section.append(line);
    });
    if (words) list.append(section); else list.prepend(section);
  }
  function show(html, typed) {
    list.innerHTML = html;
    addActs(typed);
    var nothing = list.querySelector("[data-nothing]");
    if (nothing && options().length) nothing.remove();
    choose(options().length ? 0 : -1);
    var count = options().length;
    told.textContent = count ? (count === 1 ? told.dataset.one : told.dataset.many).replace("{count}", count) : list.dataset.nothing;
  }
  function ask() {
    var typed = field.value, number = ++asked;
    if (flight) flight.abort();
    flight = new AbortController();
    var query = "?q=" + encodeURIComponent(typed.trim()) + (typed.trim() ? "" : "&opened=" + encodeURIComponent(opened().join(",")));
    list.setAttribute("aria-busy", "true");
    fetch(list.dataset.url + query, { headers: { "HX-Request": "true" }, signal: flight.signal }).then(function (answer) {
      if (answer.status === 401 || answer.redirected) { location.reload(); return ""; }
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    }).then(function (html) {
      if (number !== asked) return; /* an answer to what is no longer asked */
      list.removeAttribute("aria-busy");
      show(html, typed.trim());
    }).catch(function (problem) {
      if (number !== asked || problem.name === "AbortError") return;
      list.removeAttribute("aria-busy");
      list.textContent = "";
      var words = document.createElement("p");
      words.className = "t-3 tk-pad"; words.setAttribute("role", "alert"); words.textContent = list.dataset.failed;
      list.append(words);
    });
  }
  function go(beside) {
    var el = options()[chosen];
    if (!el) { if (field.value.trim()) field.form.submit(); return; }
    if (beside && el.href && !el.dataset.dialog) { window.open(el.href, "_blank", "noopener"); return; }
    if (el.dataset.dialog || el.tagName === "BUTTON") { if (el.tagName !== "BUTTON") dialog.close(); el.click(); return; }
    location.href = el.href;
  }
  /* Enter means what was typed, not what stood there before: it waits for the answer. */
  function whenAnswered(beside) {
    if (!list.hasAttribute("aria-busy")) { go(beside); return; }
    var until = Date.now() + 5000;
    (function look() { if (!dialog.open) return; if (!list.hasAttribute("aria-busy")) go(beside); else if (Date.now() < until) setTimeout(look, 20); })();
  }
  window.takt.palette = function () {
    if (document.querySelector("dialog[open]:not(#palette)")) return;
    if (!dialog.open) { pages = actsHere(); dialog.showModal(); }
    field.focus();
    field.select();
    ask();
  };
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-palette]")) { event.preventDefault(); var more = byId("more"); if (more && more.open) more.close(); window.takt.palette(); }
    var line = event.target.closest("#palette-found a[data-dialog]");
    if (line && dialog.open) dialog.close();
  }, true);
  field.addEventListener("input", function (event) {
    clearTimeout(wait);
    asked++; /* an answer still on its way is to what is no longer asked */
    if (flight) flight.abort();
    list.setAttribute("aria-busy", "true");
    if (event.isComposing) return; /* pinyin on its way to characters */
    wait = setTimeout(ask, 120);
  });
  field.addEventListener("compositionend", function () { clearTimeout(wait); wait = setTimeout(ask, 60); });
  field.form.addEventListener("submit", function (event) { event.preventDefault(); });
  dialog.addEventListener("keydown", function (event) {
    if (event.isComposing || event.keyCode === 229) return;
    var count = options().length;
    if (event.code === "ArrowDown" && count) { event.preventDefault(); choose((chosen + 1) % count); }
    else if (event.code === "ArrowUp" && count) { event.preventDefault(); choose((chosen - 1 + count) % count); }
    else if (event.code === "PageDown" && count) { event.preventDefault(); choose(Math.min(count - 1, chosen + 5)); }
    else if (event.code === "PageUp" && count) { event.preventDefault(); choose(Math.max(0, chosen - 5)); }
    else if ((event.code === "Enter" || event.code === "NumpadEnter") && event.target === field) {
      event.preventDefault();
      whenAnswered(event.ctrlKey || event.metaKey);
    }
  });
  list.addEventListener("mousemove", function (event) { var el = event.target.closest("[role=option]"); if (el) { var at = options().indexOf(el); if (at !== chosen) choose(at); } });
  dialog.addEventListener("close", function () { asked++; if (flight) flight.abort(); clearTimeout(wait); });
})();
