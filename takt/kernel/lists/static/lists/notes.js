/* Notes: at an @ colleagues are offered, chosen by keyboard or pointer; names of chosen files are shown. */
(function () {
  "use strict";

  var known = {}; // the answer of each address, kept for the page
  var open = null; // { field, list, start, found, at }

  function colleagues(url) {
    if (!known[url]) {
      known[url] = fetch(url, { headers: { Accept: "application/json" } }).then(function (answer) { return answer.ok ? answer.json() : []; }).catch(function () { return []; });
    }
    return known[url];
  }

  function asked(field) {
    var before = field.value.slice(0, field.selectionStart);
    var match = /(^|[^\p{L}\p{N}_@])@([^@\n]{0,40})$/u.exec(before);
    return match ? { start: before.length - match[2].length, query: match[2].toLowerCase() } : null;
  }

  function listOf(field) {
    var list = field.parentNode.querySelector(".nt-list");
    if (list) return list;
    list = document.createElement("ul");
    list.className = "nt-list";
    list.id = field.id + "-people";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.dataset.label || "");
    field.parentNode.appendChild(list);
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-autocomplete", "list");
    list.addEventListener("mousedown", function (event) {
      var item = event.target.closest("[role=option]");
      if (!item) return;
      event.preventDefault();
      open.at = Number(item.dataset.place);
      choose();
    });
    return list;
  }

  function offer(field) {
    var wanted = asked(field);
    if (!wanted) return close();
    colleagues(field.dataset.mention).then(function (people) {
      var now = asked(field);
      if (!now || document.activeElement !== field) return close();
      var found = people.filter(function (person) {
        var name = person.text.toLowerCase();
        return name.indexOf(now.query) === 0 || name.split(/\s+/).some(function (word) { return now.query && word.indexOf(now.query) === 0; });
      }).slice(0, 8);
      if (!found.length) return close();
      open = { field: field, list: listOf(field), start: now.start, found: found, at: 0 };
      draw();
    });
  }

  function draw() {
    open.list.textContent = "";
    open.found.forEach(function (person, place) {
      var item = document.createElement("li");
      item.id = open.list.id + "-" + place;
      item.dataset.place = place;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", place === open.at ? "true" : "false");
      item.textContent = person.text;
      if (!person.sees) {
        var hint = document.createElement("span");
        hint.className = "t-12";
        hint.textContent = open.field.dataset.unseen;
        item.appendChild(hint);
      }
      open.list.appendChild(item);
    });
    open.list.hidden = false;
    open.field.setAttribute("aria-expanded", "true");
    open.field.setAttribute("aria-activedescendant", open.list.id + "-" + open.at);
    open.list.children[open.at].scrollIntoView({ block: "nearest" });
  }

  function close() {
    if (!open) return;
    open.list.hidden = true;
    open.field.removeAttribute("aria-activedescendant");
    open.field.setAttribute("aria-expanded", "false");
    open = null;
  }

  function choose() {
    var field = open.field;
    field.setRangeText(open.found[open.at].text + " ", open.start, field.selectionStart, "end");
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  document.addEventListener("input", function (event) {
    if (event.target.matches && event.target.matches("[data-mention]")) offer(event.target);
  });
  document.addEventListener("keydown", function (event) {
    if (!open || event.target !== open.field) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      open.at = (open.at + (event.key === "ArrowDown" ? 1 : open.found.length - 1)) % open.found.length;
      draw();
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      event.preventDefault();
      choose();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  }, true);
  document.addEventListener("focusout", function (event) {
    if (open && event.target === open.field) close();
  });
  document.addEventListener("change", function (event) {
    if (!event.target.matches || !event.target.matches("[data-note-files]")) return;
    var names = Array.prototype.map.call(event.target.files, function (file) { return file.name; }).join(", ");
    var shown = event.target.parentNode.querySelector("[data-file-names]");
    if (names) shown.textContent = names;
  });
})();
