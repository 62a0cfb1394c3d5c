/* Keys by their place on the keyboard, so that Cyrillic and Chinese layouts work. They press what the page shows. */
(function () {
  "use strict";
  var byId = function (id) { return document.getElementById(id); };
  var places = { KeyT: "/today", KeyD: "/deals/board", KeyC: "/companies", KeyP: "/contacts", KeyR: "/reports/funnel" };
  var pressed = { KeyC: "complete", KeyW: "won", KeyL: "lost", KeyE: "edit", KeyF: "focus", KeyS: "skip", KeyP: "pause", KeyR: "result" };
  var waitsForPlace = 0, lastChecked = null;
  function typing(el) { return el.closest && el.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], .ts-control"); }
  function shown(el) { return el && !el.disabled && el.getClientRects().length > 0; }
  function first(name, within) {
    var all = (within || document).querySelectorAll("[data-key-" + name + "]");
    for (var i = 0; i < all.length; i++) if (shown(all[i])) return all[i];
    return null;
  }
  /* What has the focus comes before the rest of the page: a row's own step, a card's own stage. */
  function press(name) {
    var row = document.activeElement && document.activeElement.closest && document.activeElement.closest("[data-row], [data-deal]");
    var el = (row && first(name, row)) || first(name);
    if (!el) return false;
    if (el.matches("input:not([type=checkbox]), textarea, select")) el.focus(); else el.click();
    return true;
  }
  function rows() { return Array.prototype.filter.call(document.querySelectorAll("[data-row]"), shown); }
  function rowHere() { return document.activeElement && document.activeElement.closest ? document.activeElement.closest("[data-row]") : null; }
  function step(by) {
    var all = rows();
    if (!all.length) return press(by > 0 ? "next" : "previous");
    var next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(rowHere()) + by))];
    (next.querySelector("a[href], button") || next).focus();
    return true;
  }
  function open() {
    var row = rowHere(), link = row && row.querySelector("a[href]");
    if (!link) return false;
    link.click();
    return true;
  }
  function check(upTo) {
    var row = rowHere(), box = row && row.querySelector("input[data-select]");
    if (!box) return false;
    var all = rows(), to = all.indexOf(row), from = upTo && lastChecked ? all.indexOf(lastChecked) : to;
    if (from < 0) from = to;
    var on = upTo ? true : !box.checked;
    all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(function (each) {
      var one = each.querySelector("input[data-select]");
      if (one && one.checked !== on) one.click();
    });
    lastChecked = row;
    return true;
  }
  function newDeal() {
    if (press("new-deal")) return true;
    if (!byId("palette") || !document.querySelector(".tk-bottom .add")) return false;
    window.takt.openDialog("/deals/new");
    return true;
  }
  function newTask() {
    if (press("new-task")) return true;
    if (!byId("palette")) return false;
    window.takt.openDialog("/tasks/new");
    return true;
  }
  /* A number turns the answer of the line that bears it. */
  function turn(number) {
    var options = document.querySelectorAll("[data-turn='" + number + "'] input[type=radio]");
    if (!options.length) return false;
    var on = Array.prototype.findIndex.call(options, function (one) { return one.checked; });
    var next = options[(on + 1) % options.length];
    next.click();
    next.focus();
    return true;
  }
  function single(event) {
    if (event.shiftKey && event.code !== "KeyX") return false;
    if (/^Digit[1-9]$/.test(event.code)) return turn(event.code.slice(5));
    switch (event.code) {
      case "KeyG": waitsForPlace = Date.now(); return true;
      case "Slash": return press("filter");
      case "KeyD": return newDeal();
      case "KeyT": return newTask();
      case "KeyN": return press("note");
      case "KeyJ": return step(1);
      case "KeyK": return step(-1);
      case "KeyO": return open();
      case "KeyX": return check(event.shiftKey);
      case "KeyM": return !(event.target.closest && event.target.closest("[data-deal]")) && press("move");
      default: return pressed[event.code] ? press(pressed[event.code]) : false;
    }
  }
  document.addEventListener("keydown", function (event) {
    /* While an input method composes, its keys are its own (some browsers say so only by 229). */
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    var ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && !event.altKey && !event.shiftKey && event.code === "KeyK") { event.preventDefault(); if (window.takt.palette) window.takt.palette(); return; }
    if (ctrl && event.code === "Enter" && event.target.form && !event.target.closest("#palette")) { event.preventDefault(); event.target.form.requestSubmit(); return; }
    if (ctrl && !event.shiftKey && event.code === "KeyZ" && !typing(event.target) && window.takt.undo()) { event.preventDefault(); return; }
    if (event.code === "Escape") document.querySelectorAll("details[data-menu][open]").forEach(function (menu) { menu.open = false; var summary = menu.querySelector("summary"); if (summary) summary.focus(); });
    if (ctrl || event.altKey || event.repeat && event.code !== "KeyJ" && event.code !== "KeyK") return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (document.body.classList.contains("is-carrying") || document.body.hasAttribute("data-no-keys")) return;
    if (waitsForPlace && Date.now() - waitsForPlace < 1500) {
      waitsForPlace = 0;
      if (places[event.code]) { event.preventDefault(); location.href = places[event.code]; }
      return;
    }
    /* "?" is where it is printed, and on the same key of other layouts. */
    if (event.key === "?" || (event.shiftKey && event.code === "Slash") || (event.shiftKey && event.code === "Digit7" && event.key === "?")) {
      if (byId("keys")) { event.preventDefault(); byId("keys").showModal(); }
      return;
    }
    if (single(event)) event.preventDefault();
  });
})();
/* The app's worker; where a browser has none, or the address is not a safe one, all works without. */
if ("serviceWorker" in navigator) {
  window.addEventListener("load", function () { navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" }).catch(function () { /* works without */ }); });
}
