/* Lists: the bulk bar, cells changed in their place, widths and order of columns, and movement by keys. */
(function () {
  "use strict";
  if (window.takt && window.takt.hasLists) return;
  if (window.takt) window.takt.hasLists = true;
  var within = function (el, selector) { return el && el.closest ? el.closest(selector) : null; };
  var live = function (text) { var el = document.getElementById("live"); if (el) el.textContent = text; };

  /* The bulk bar: an act opens its dialog with the chosen rows, or with all that match. */
  var isWhole = false;
  function bar() { return document.querySelector(".tk-bulk"); }
  document.addEventListener("click", function (event) {
    var act = within(event.target, "[data-bulk]");
    if (act && window.takt && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      var given = new URLSearchParams();
      if (isWhole) { given.set("all", "1"); given.set("query", bar().dataset.query); }
      else act.form.querySelectorAll("input[data-select]:checked").forEach(function (box) { given.append("ids", box.value); });
      given.set("_to", location.pathname + location.search);
      var url = act.dataset.bulk;
      window.takt.openDialog(url + (url.indexOf("?") < 0 ? "?" : "&") + given.toString());
      return;
    }
    var whole = within(event.target, "[data-whole]");
    if (whole) { isWhole = true; showWhole(); }
  });
  function showWhole() {
    var it = bar(), offer = it && it.querySelector("[data-whole]");
    if (!offer) return;
    var boxes = document.querySelectorAll("input[data-select]"), chosen = document.querySelectorAll("input[data-select]:checked").length;
    var total = Number(it.dataset.total);
    if (chosen < boxes.length) isWhole = false;
    offer.hidden = isWhole || chosen < boxes.length || total <= chosen;
    it.querySelectorAll("[data-some]").forEach(function (act) { act.hidden = isWhole; });
    if (isWhole) it.querySelector("[data-count]").textContent = total.toLocaleString(document.documentElement.lang) + (it.dataset.more ? "+" : "");
  }
  document.addEventListener("change", function (event) { if (event.target.matches("[data-select], [data-check-all]")) showWhole(); });
  function cleared(form) {
    isWhole = false;
    form.querySelectorAll("input[data-select], input[data-check-all]").forEach(function (box) { box.checked = false; });
    var any = form.querySelector("input[data-select]");
    if (any) any.dispatchEvent(new Event("change", { bubbles: true }));
  }
  document.addEventListener("reset", function (event) {
    if (event.target.id !== "list-form") return;
    event.preventDefault();
    cleared(event.target);
  });
  /* Shift with a box chooses all rows from the last one. */
  var lastBox = null;
  document.addEventListener("click", function (event) {
    var box = within(event.target, "input[data-select]");
    if (!box) return;
    if (event.shiftKey && lastBox && lastBox.isConnected) range(lastBox, box, box.checked);
    lastBox = box;
  });
  function range(from, to, on) {
    var boxes = Array.prototype.slice.call(document.querySelectorAll("input[data-select]"));
    var a = boxes.indexOf(from), b = boxes.indexOf(to);
    boxes.slice(Math.min(a, b), Math.max(a, b) + 1).forEach(function (box) { box.checked = on; });
    to.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* A cell in its place: the input comes when it is wanted; Enter saves, Esc reverts, Tab saves and moves on. */
  var editing = null;
  function table(el) { return within(el, "table[data-cells]"); }
  function edit(td) {
    var row = within(td, "tr[data-row]"), of = table(td);
    if (!row || !of || td.classList.contains("is-editing")) return;
    if (editing && editing.td !== td) revert();
    var url = "/lists/" + of.dataset.cells + "/" + row.dataset.row + "/" + td.dataset.e;
    fetch(url, { headers: { "HX-Request": "true" } }).then(function (answer) {
      return answer.text().then(function (html) {
        if (!answer.ok) { refused(answer); return; }
        editing = { td: td, was: td.innerHTML, url: url, row: row, of: of, dirty: false };
        fill(html);
      });
    }).catch(function () { offline(); });
  }
  function fill(html) {
    var td = editing.td;
    td.classList.add("is-editing");
    td.innerHTML = html;
    if (window.takt.prepare) window.takt.prepare(td);
    var field = td.querySelector(".ts-control input") || td.querySelector("input:not([type=hidden]), select, textarea");
    if (field) { field.focus(); if (field.select) field.select(); }
  }
  function revert(keep) {
    if (!editing) return;
    var was = editing; editing = null;
    was.td.classList.remove("is-editing", "is-saving");
    was.td.innerHTML = was.was;
    if (!keep) focusCell(was.td);
  }
  function save(then) {
    if (!editing || editing.busy) return;
    var now = editing, given = new FormData();
    fields(now.td).forEach(function (el) { if (el.type !== "checkbox" || el.checked) given.append(el.name, el.value); });
    now.busy = true;
    var slow = setTimeout(function () { now.td.classList.add("is-saving"); }, 300);
    fetch(now.url, { method: "POST", body: given, headers: { "HX-Request": "true", "X-CSRFToken": window.takt.csrf() } }).then(function (answer) {
      clearTimeout(slow);
      now.busy = false; now.td.classList.remove("is-saving");
      if (answer.ok) return again(now, then);
      if ((answer.headers.get("Content-Type") || "").indexOf("text/html") === 0 && (answer.status === 422 || answer.status === 409 || answer.status === 403)) {
        return answer.text().then(function (html) { if (html.indexOf("data-cell-form") > 0) fill(html); else { revert(); refused(answer); } });
      }
      revert(); refused(answer);
    }).catch(function () { clearTimeout(slow); now.busy = false; now.td.classList.remove("is-saving"); offline(); });
  }
  /* The whole row as it is now: other cells follow from the changed one. */
  function again(now, then) {
    var place = Array.prototype.indexOf.call(now.row.children, now.td), id = now.row.id;
    return fetch(now.of.dataset.here, { headers: { "HX-Request": "true", "X-Takt-Row": now.row.dataset.row } }).then(function (answer) { return answer.text(); }).then(function (html) {
      editing = null;
      var made = document.createElement("tbody");
      made.innerHTML = html;
      var fresh = made.querySelector("tr[data-row]"), chosen = now.row.querySelector("input[data-select]:checked");
      if (!fresh) { now.row.remove(); return; }
      if (chosen && fresh.querySelector("input[data-select]")) fresh.querySelector("input[data-select]").checked = true;
      now.row.replaceWith(fresh);
      live(now.of.dataset.saved);
      var row = document.getElementById(id), td = row && row.children[place];
      if (!then) { focusCell(td); return; }
      var cells = Array.prototype.slice.call(document.querySelectorAll("table[data-cells] td[data-e]")), next = cells[cells.indexOf(td) + then];
      if (next) edit(next); else focusCell(td);
    });
  }
  function fields(td) { return Array.prototype.filter.call(td.querySelectorAll("input, select, textarea"), function (el) { return el.name; }); }
  function refused(answer) {
    var trigger = answer.headers.get("HX-Trigger"), told = null;
    try { told = trigger && JSON.parse(trigger).toast; } catch (broken) { /* no words came along */ }
    window.takt.toast(told ? told.text : document.getElementById("toasts").dataset.failed, null, "late");
  }
  function offline() { window.takt.toast(document.getElementById("toasts").dataset.offline, null, "late"); }
  document.addEventListener("click", function (event) { if (editing && within(event.target, "[data-cell-save]")) save(0); });
  document.addEventListener("click", function (event) {
    if (within(event.target, "[data-cell-drop]")) {
      var now = editing;
      if (now) again(now, 0);
      return;
    }
    var td = within(event.target, "td[data-e]");
    if (editing && !editing.td.contains(event.target)) { if (changed()) save(0); else revert(true); }
    if (td && !td.classList.contains("is-editing") && !within(event.target, "a, button, input") && !String(window.getSelection())) edit(td);
  });
  function changed() {
    return fields(editing.td).some(function (el) {
      if (el.type === "checkbox") return el.checked !== el.defaultChecked;
      if (el.tagName === "SELECT") return Array.prototype.some.call(el.options, function (o) { return o.selected !== o.defaultSelected; });
      return el.defaultValue !== undefined && el.value !== el.defaultValue;
    });
  }

  /* Keys in the table: arrows walk over its cells, J and K over its rows. */
  function focusCell(td) {
    if (!td) return;
    var of = table(td), old = of && of.querySelector("td[tabindex='0']");
    if (old) old.tabIndex = -1;
    td.tabIndex = 0;
    td.focus();
    td.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  function neighbour(td, across, down) {
    var row = within(td, "tr[data-row]"), place = Array.prototype.indexOf.call(row.children, td);
    if (down) {
      var rows = Array.prototype.slice.call(document.querySelectorAll("table[data-cells] tr[data-row]"));
      var other = rows[rows.indexOf(row) + down];
      return other && other.children[place];
    }
    return row.children[place + across];
  }
  document.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    if (editing && editing.td.contains(event.target)) {
      var isText = event.target.tagName === "TEXTAREA", isPick = within(event.target, ".ts-control");
      if (event.code === "Escape") { event.preventDefault(); event.stopPropagation(); revert(); }
      else if (event.code === "Enter" && event.target.tagName !== "BUTTON" && !(isText && !event.ctrlKey) && !(isPick && within(event.target, ".ts-wrapper").classList.contains("dropdown-active"))) { event.preventDefault(); event.stopPropagation(); save(0); }
      else if (event.code === "Tab" && !within(event.target, ".ls-cell-note") && !manyFields()) { event.preventDefault(); event.stopPropagation(); save(event.shiftKey ? -1 : 1); }
      return;
    }
    if (event.code === "Escape" && !document.querySelector("dialog[open]")) {
      var form = document.getElementById("list-form");
      if (form && form.querySelector("input[data-select]:checked")) cleared(form);
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (document.body.hasAttribute("data-no-keys") && event.code.indexOf("Key") === 0) return; /* switched off in the profile */
    var row = within(document.activeElement, "table[data-cells] tr[data-row]");
    if (within(event.target, "input:not([data-select]), textarea, select, [data-grip]")) return;
    var td = within(document.activeElement, "td"), done = true;
    if (!row) {
      if (event.code === "ArrowDown" && document.activeElement === document.body) focusCell(document.querySelector("table[data-cells] tr[data-row] td[data-e], table[data-cells] tr[data-row] td:nth-child(2)"));
      else return;
    }
    else if (event.code === "ArrowRight") focusCell(neighbour(td, 1, 0));
    else if (event.code === "ArrowLeft") focusCell(neighbour(td, -1, 0));
    else if (event.code === "ArrowDown") focusCell(neighbour(td, 0, 1));
    else if (event.code === "ArrowUp") focusCell(neighbour(td, 0, -1));
    else if (event.code === "KeyX" || (event.code === "Space" && !within(event.target, "a, button, input"))) {
      var box = row.querySelector("input[data-select]");
      if (!box) return;
      if (event.shiftKey && lastBox && lastBox.isConnected) range(lastBox, box, true);
      else { box.checked = !box.checked; box.dispatchEvent(new Event("change", { bubbles: true })); }
      lastBox = box;
    }
    else if (event.code === "KeyE" || event.code === "F2") { var first = td && td.dataset.e ? td : row.querySelector("td[data-e]"); if (first) edit(first); }
    else if ((event.code === "Enter" || event.code === "KeyO") && !within(event.target, "a, button, input")) {
      var link = (td && event.code === "Enter" && td.querySelector("a[href]")) || row.querySelector("a[href]");
      if (link) link.click();
    }
    else done = false;
    if (done) { event.preventDefault(); event.stopPropagation(); }
  }, true);
  function manyFields() { return editing.td.querySelectorAll("input:not([type=hidden]):not(.ts-control input), select:not(.tomselected), textarea").length > 1; }

  /* Widths of columns: drawn at the edge of a heading, or by arrows on it; kept for the person. */
  var drawing = null;
  function fixed(of) {
    var heads = Array.prototype.slice.call(of.tHead.rows[0].cells), widths = heads.map(function (th) { return Math.round(th.getBoundingClientRect().width); });
    heads.forEach(function (th, i) { th.style.width = widths[i] + "px"; });
    var cols = of.querySelector("colgroup");
    if (cols) cols.remove();
    of.style.width = widths.reduce(function (a, b) { return a + b; }, 0) + "px";
    of.classList.add("is-fixed");
  }
  function widen(th, width) {
    var of = table(th), was = th.getBoundingClientRect().width, now = Math.max(48, Math.min(900, Math.round(width)));
    th.style.width = now + "px";
    of.style.width = of.getBoundingClientRect().width + now - was + "px";
    th.querySelector("[data-grip]").setAttribute("aria-valuenow", now);
  }
  function keep(of) {
    var given = new FormData();
    of.querySelectorAll("th[data-column]").forEach(function (th) { given.set(th.dataset.column, Math.round(th.getBoundingClientRect().width)); });
    fetch(of.dataset.widths, { method: "POST", body: given, headers: { "X-CSRFToken": window.takt.csrf() } }).catch(offline);
  }
  document.addEventListener("pointerdown", function (event) {
    var grip = within(event.target, "[data-grip]");
    if (!grip || event.button) return;
    event.preventDefault();
    var th = within(grip, "th");
    fixed(table(th));
    drawing = { th: th, from: event.clientX, width: th.getBoundingClientRect().width, sign: getComputedStyle(th).direction === "rtl" ? -1 : 1 };
    grip.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", function (event) { if (drawing) widen(drawing.th, drawing.width + drawing.sign * (event.clientX - drawing.from)); });
  document.addEventListener("pointerup", function () { if (drawing) { keep(table(drawing.th)); drawing = null; } });
  document.addEventListener("keydown", function (event) {
    var grip = within(event.target, "[data-grip]");
    if (!grip || (event.code !== "ArrowLeft" && event.code !== "ArrowRight")) return;
    event.preventDefault();
    var th = within(grip, "th");
    if (!table(th).classList.contains("is-fixed") || !th.style.width) fixed(table(th));
    widen(th, th.getBoundingClientRect().width + (event.code === "ArrowRight" ? 16 : -16));
    clearTimeout(grip.later);
    grip.later = setTimeout(function () { keep(table(th)); }, 400);
  });
  document.addEventListener("click", function (event) { if (within(event.target, "[data-grip]")) event.preventDefault(); });

  /* The order of columns: dragged, or moved by the arrows beside each. */
  var held = null;
  document.addEventListener("dragstart", function (event) { held = within(event.target, "[data-order] > li"); if (held) event.dataTransfer.effectAllowed = "move"; });
  document.addEventListener("dragover", function (event) {
    var over = held && within(event.target, "[data-order] > li");
    if (!over || over === held || over.parentNode !== held.parentNode) return;
    event.preventDefault();
    var box = over.getBoundingClientRect();
    over.parentNode.insertBefore(held, event.clientY < box.top + box.height / 2 ? over : over.nextSibling);
  });
  document.addEventListener("drop", function (event) { if (held) event.preventDefault(); });
  document.addEventListener("dragend", function () { held = null; });
  document.addEventListener("click", function (event) {
    var by = within(event.target, "[data-order-by]");
    if (!by) return;
    var item = within(by, "li"), other = by.dataset.orderBy === "1" ? item.nextElementSibling : item.previousElementSibling;
    if (!other) return;
    item.parentNode.insertBefore(item, by.dataset.orderBy === "1" ? other.nextSibling : other);
    by.focus();
    live(item.textContent.trim() + ": " + (Array.prototype.indexOf.call(item.parentNode.children, item) + 1));
  });

  /* Screen readers are told that cells can be walked over. */
  function grid() {
    document.querySelectorAll("table[data-cells]:not([role])").forEach(function (of) {
      of.setAttribute("role", "grid");
      of.setAttribute("aria-description", of.dataset.keys);
    });
  }
  grid();
  document.addEventListener("htmx:after:swap", function () { grid(); if (isWhole) showWhole(); });
})();
