/* The board: cards move at once and go back with the reason when the server refuses. */
(function () {
  "use strict";
  var board = document.querySelector("[data-board]");
  if (!board) return;
  var live = document.getElementById("live");
  var say = function (words) { live.textContent = words; };
  var lists = function () { return Array.prototype.slice.call(board.querySelectorAll("[data-cards]")); };

  function send(card, list, back) {
    var body = new URLSearchParams({ stage: list.dataset.stage, version: card.dataset.version });
    fetch(card.dataset.moveUrl, { method: "POST", body: body, headers: { "X-CSRFToken": window.takt.csrf(), Accept: "application/json" } })
      .then(function (answer) { return answer.json().then(function (told) { return { ok: answer.ok, told: told }; }); })
      .then(function (result) {
        if (!result.ok) { back(); window.takt.toast(result.told.detail || result.told.title, null, "late"); return; }
        card.dataset.version = result.told.version;
        Object.keys(result.told.heads || {}).forEach(function (stage) {
          var head = document.getElementById("head-" + stage);
          if (head) head.outerHTML = result.told.heads[stage];
        });
        if (result.told.totals) { var totals = document.getElementById("board-totals"); if (totals) totals.outerHTML = result.told.totals; }
        window.takt.toast(result.told.toast, result.told.undo, "good");
        say(live.dataset.moved.replace("{stage}", list.dataset.name || ""));
      })
      .catch(function () { back(); window.takt.toast(document.getElementById("toasts").dataset.offline, null, "late"); });
  }

  function place(card, list, before) { list.insertBefore(card, before || null); }

  if (window.Sortable) lists().forEach(function (list) {
    window.Sortable.create(list, {
      group: "deals", animation: 120, delay: 120, delayOnTouchOnly: true, ghostClass: "ghost", draggable: "[data-deal]",
      onStart: function () { document.body.classList.add("is-dragging"); },
      onEnd: function (event) {
        document.body.classList.remove("is-dragging");
        var card = event.item, drop = event.originalEvent && document.elementFromPoint(event.originalEvent.clientX || 0, event.originalEvent.clientY || 0);
        var zone = drop && drop.closest("[data-drop-url]");
        var home = event.from, next = home.children[event.oldIndex + (event.from === event.to && event.newIndex < event.oldIndex ? 1 : 0)];
        var back = function () { place(card, home, next); };
        if (zone) { back(); window.takt.openDialog(zone.dataset.dropUrl.replace("{id}", card.dataset.deal)); return; }
        if (event.from !== event.to) send(card, event.to, back);
      }
    });
  });

  /* Keyboard: Space picks up, arrows choose the stage, Space drops, Esc puts back. */
  var held = null;
  board.addEventListener("keydown", function (event) {
    var card = event.target.closest("[data-deal]");
    if (!card || event.target !== card) return;
    if (event.code === "Space") {
      event.preventDefault();
      if (held) { drop(); } else {
        held = { card: card, home: card.parentElement, next: card.nextElementSibling };
        card.classList.add("is-held"); document.body.classList.add("is-carrying"); say(live.dataset.picked);
      }
    } else if (held && (event.code === "ArrowRight" || event.code === "ArrowLeft")) {
      event.preventDefault();
      var all = lists(), here = all.indexOf(card.parentElement) + (event.code === "ArrowRight" ? 1 : -1);
      if (all[here]) { place(card, all[here], all[here].firstElementChild); card.focus(); say(all[here].dataset.name || ""); card.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    } else if (held && event.code === "Escape") {
      event.preventDefault(); place(held.card, held.home, held.next); release(); say(live.dataset.back);
    } else if (!held && event.code === "Enter") {
      var link = card.querySelector("a.name"); if (link) link.click();
    }
  });
  function drop() {
    var was = held, list = was.card.parentElement;
    release();
    if (list !== was.home) send(was.card, list, function () { place(was.card, was.home, was.next); was.card.focus(); });
  }
  function release() { held.card.classList.remove("is-held"); document.body.classList.remove("is-carrying"); held.card.focus(); held = null; }
})();
