/* The board: cards move at once and go back with the reason when the server refuses. */
(function () {
  "use strict";
  if (window.takt.hasBoard) return;
  window.takt.hasBoard = true;
  var byId = function (id) { return document.getElementById(id); };
  var live = function () { return byId("live"); };
  var say = function (words) { if (live()) live().textContent = words; };
  var boardOf = function (el) { return el.closest("[data-board]"); };
  var listsOf = function (card) { return Array.prototype.slice.call(boardOf(card).querySelectorAll("[data-cards]")); };
  var place = function (card, list, before) { list.insertBefore(card, before && before.parentElement === list ? before : null); };

  /* A fragment that stands for the element of the same id, given as text by the server. */
  function renew(id, html) {
    var old = byId(id);
    if (!old || !html) return;
    old.outerHTML = html;
    if (byId(id) && window.htmx) window.htmx.process(byId(id));
  }

  function send(card, list, back) {
    var body = new URLSearchParams({ stage: list.dataset.stage, version: card.dataset.version });
    card.classList.add("is-sent");
    fetch(card.dataset.moveUrl, { method: "POST", body: body, headers: { "X-CSRFToken": window.takt.csrf(), Accept: "application/json" } })
      .then(function (answer) {
        if (answer.redirected || answer.status === 401) { location.reload(); return null; }
        return answer.json().then(function (told) { return { ok: answer.ok, told: told, dialog: answer.headers.get("X-Dialog") }; });
      })
      .then(function (result) {
        if (!result) return;
        card.classList.remove("is-sent");
        if (!result.ok && result.dialog) { back(); card.focus(); window.takt.openDialog(result.dialog); return; }
        if (!result.ok) { refuse(card, back, window.takt.sentence(result.told)); return; }
        card.dataset.version = result.told.version;
        Object.keys(result.told.heads || {}).forEach(function (stage) { renew("head-" + stage, result.told.heads[stage]); });
        renew("board-totals", result.told.totals);
        if (result.told.card) renew(card.id, result.told.card);
        if (result.told.toast) window.takt.toast(result.told.toast, result.told.undo, "good");
        say(live().dataset.moved.replace("{stage}", list.dataset.name || ""));
      })
      .catch(function () { card.classList.remove("is-sent"); refuse(card, back, byId("toasts").dataset.offline); });
  }
  function refuse(card, back, reason) {
    var from = card.getBoundingClientRect();
    back();
    slide(card, from);
    window.takt.toast(reason, null, "late");
  }
  /* 120 ms from where it stood to where it belongs; none for those who asked for less motion. */
  function slide(card, from) {
    if (!card.animate || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    var to = card.getBoundingClientRect();
    card.animate([{ transform: "translate(" + (from.left - to.left) + "px, " + (from.top - to.top) + "px)" }, { transform: "none" }], { duration: 120, easing: "ease-out" });
  }
  function moveTo(card, list) {
    var home = card.parentElement, next = card.nextElementSibling;
    if (!list || list === home) return;
    place(card, list, list.firstElementChild);
    send(card, list, function () { place(card, home, next); });
  }

  /* Dragging. The zone under the pointer is kept while it lasts: at its end the zones are gone. */
  var zone = null;
  function watch(event) {
    var point = event.touches && event.touches[0] || event;
    var under = document.elementFromPoint(point.clientX, point.clientY);
    var now = under && under.closest("[data-drop-url]");
    if (now === zone) return;
    if (zone) zone.classList.remove("is-over");
    zone = now;
    if (zone) zone.classList.add("is-over");
  }
  document.addEventListener("dragover", function (event) {
    if (!document.body.classList.contains("is-dragging")) return;
    if (event.target.closest && event.target.closest(".bd-drop")) event.preventDefault();
    watch(event);
  });
  document.addEventListener("touchmove", function (event) { if (document.body.classList.contains("is-dragging")) watch(event); }, { passive: true });

  function start(list) {
    if (list.dataset.ready || !window.Sortable) return;
    list.dataset.ready = "1";
    var home, next;
    window.Sortable.create(list, {
      group: "deals", sort: false, animation: 120, delay: 120, delayOnTouchOnly: true, touchStartThreshold: 4, ghostClass: "ghost", draggable: "[data-deal]", filter: "a.when, button, summary, input", preventOnFilter: false,
      onStart: function (event) {
        home = event.from; next = event.item.nextElementSibling; zone = null;
        document.body.classList.add("is-dragging");
      },
      onMove: function (event) {
        document.querySelectorAll(".bd-col.target").forEach(function (col) { col.classList.remove("target"); });
        var col = event.to.closest(".bd-col");
        if (col && event.to !== event.from) col.classList.add("target");
      },
      onEnd: function (event) {
        var card = event.item, drop = zone;
        var back = function () { place(card, home, next); };
        document.body.classList.remove("is-dragging");
        document.querySelectorAll(".bd-col.target, .is-over").forEach(function (el) { el.classList.remove("target", "is-over"); });
        zone = null;
        if (drop) { back(); window.takt.openDialog(drop.dataset.dropUrl.replace("{id}", card.dataset.deal)); return; }
        if (event.from !== event.to) send(card, event.to, back);
      }
    });
  }
  function startAll() { document.querySelectorAll("[data-board] [data-cards]").forEach(start); }
  document.addEventListener("DOMContentLoaded", startAll);
  document.addEventListener("htmx:after:swap", startAll);
  if (document.readyState !== "loading") startAll();

  /* The menu "Move to" of a card; where the card stands it is not offered. */
  function offerOthers(menu) {
    var list = menu.closest("[data-cards]");
    menu.querySelectorAll("[data-move-to]").forEach(function (item) { item.hidden = !!list && item.dataset.moveTo === list.dataset.stage; });
  }
  document.addEventListener("toggle", function (event) {
    if (event.target.matches && event.target.matches("details[data-menu]") && event.target.open) offerOthers(event.target);
  }, true);
  document.addEventListener("click", function (event) {
    var item = event.target.closest("[data-move-to]");
    if (!item) return;
    event.preventDefault();
    var card = item.closest("[data-deal]");
    var menu = item.closest("details");
    if (menu) menu.open = false;
    moveTo(card, listsOf(card).filter(function (list) { return list.dataset.stage === item.dataset.moveTo; })[0]);
    card.focus();
  });

  /* Keyboard: Space picks up, arrows choose the stage, Space drops, Esc puts back. */
  var held = null;
  document.addEventListener("keydown", function (event) {
    var card = event.target.closest && event.target.closest("[data-board] [data-deal]");
    if (!card || event.target !== card || event.isComposing) return;
    var sideways = event.code === "ArrowRight" ? 1 : event.code === "ArrowLeft" ? -1 : 0;
    if (event.code === "Space") {
      event.preventDefault();
      if (held) { drop(); return; }
      held = { card: card, home: card.parentElement, next: card.nextElementSibling };
      card.classList.add("is-held"); document.body.classList.add("is-carrying"); say(live().dataset.picked);
    } else if (held && sideways) {
      event.preventDefault();
      var all = listsOf(card), list = all[all.indexOf(card.parentElement) + sideways];
      if (!list) return;
      held.moving = true;
      place(card, list, list.firstElementChild); card.focus(); held.moving = false;
      say(list.dataset.name || ""); card.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (held && event.code === "Escape") {
      event.preventDefault(); cancel();
    } else if (!held && sideways) {
      event.preventDefault();
      var lists = listsOf(card), beside = lists[lists.indexOf(card.parentElement) + sideways];
      var first = beside && beside.querySelector("[data-deal]");
      if (first) first.focus();
    } else if (!held && (event.code === "ArrowDown" || event.code === "ArrowUp")) {
      event.preventDefault();
      var other = event.code === "ArrowDown" ? card.nextElementSibling : card.previousElementSibling;
      if (other && other.matches("[data-deal]")) other.focus();
    } else if (!held && (event.code === "Enter" || event.code === "KeyO")) {
      var link = card.querySelector("a.name"); if (link) link.click();
    } else if (!held && event.code === "KeyM") {
      var menu = card.querySelector("details[data-menu]");
      if (menu) { event.preventDefault(); offerOthers(menu); menu.open = true; var to = menu.querySelector("[data-move-to]:not([hidden])"); if (to) to.focus(); }
    }
  });
  /* Leaving a held card for another place of the page is putting it back. */
  document.addEventListener("focusout", function (event) { if (held && event.target === held.card && !held.moving && event.relatedTarget) cancel(); });
  function cancel() { place(held.card, held.home, held.next); release(); say(live().dataset.back); }
  function drop() {
    var was = held, list = was.card.parentElement;
    release();
    if (list !== was.home) send(was.card, list, function () { place(was.card, was.home, was.next); was.card.focus(); });
  }
  function release() {
    var card = held.card;
    held = null;
    card.classList.remove("is-held"); document.body.classList.remove("is-carrying"); card.focus();
  }
})();
