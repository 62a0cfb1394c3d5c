/* Lines of products: added, ordered, removed and summed up without leaving the keys. */
(function () {
  "use strict";
  function formOf(el) { return el.closest && el.closest("[data-line-form]"); }
  function enter(row) { var select = row.querySelector("select"); if (select.tomselect) select.tomselect.focus(); else select.focus(); }
  function shift(row, step, focus) {
    var other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (step < 0) other.before(row); else other.after(row);
    if (focus) focus.focus();
    sumUp(formOf(row));
  }
  function add(form) {
    var row = form.querySelector("[data-line-blank]").content.firstElementChild.cloneNode(true);
    var body = form.querySelector("tbody"), number = String(body.children.length + 1);
    row.querySelectorAll("[aria-label]").forEach(function (el) { el.setAttribute("aria-label", el.getAttribute("aria-label").replace("~n~", number)); });
    body.append(row);
    window.takt.prepare(row);
    enter(row);
  }
  /* The server sums up: no rule of money lives here. */
  var waiting, asked = 0;
  function sumUp(form) {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      var mine = ++asked;
      fetch(form.dataset.sums, { method: "POST", body: new FormData(form), headers: { Accept: "application/json", "X-CSRFToken": window.takt.csrf() } }).then(function (answer) {
        return answer.ok ? answer.json() : null;
      }).then(function (found) {
        if (!found || mine !== asked) return;
        form.querySelectorAll("tbody tr").forEach(function (row, at) { row.querySelector("[data-total]").textContent = found.lines[at] || ""; });
        form.querySelector("[data-sum]").innerHTML = found.html;
      }).catch(function () { /* the sums come with the next key; saving tells what is wrong */ });
    }, 250);
  }
  document.addEventListener("click", function (event) {
    var form = formOf(event.target);
    if (!form) return;
    var button = event.target.closest("[data-line-up], [data-line-down]"), gone = event.target.closest("[data-line-remove]");
    if (event.target.closest("[data-line-add]")) add(form);
    if (button) shift(button.closest("tr"), button.hasAttribute("data-line-up") ? -1 : 1, button);
    if (gone) {
      var row = gone.closest("tr"), beside = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      (beside ? beside.querySelector("[data-line-remove]") : form.querySelector("[data-line-add]")).focus();
      sumUp(form);
    }
  });
  ["input", "change"].forEach(function (kind) {
    document.addEventListener(kind, function (event) { var form = formOf(event.target); if (form && event.target.closest("tbody")) sumUp(form); });
  });
  document.addEventListener("keydown", function (event) {
    var form = formOf(event.target), row = form && event.target.closest("tbody tr");
    if (!row || event.isComposing) return;
    if (event.altKey && (event.code === "ArrowUp" || event.code === "ArrowDown")) {
      event.preventDefault();
      shift(row, event.code === "ArrowUp" ? -1 : 1, event.target);
    } else if (event.code === "Enter" && !event.ctrlKey && !event.metaKey && !event.defaultPrevented && event.target.matches("input") && !event.target.closest(".ts-wrapper")) {
      /* Enter goes to the next line; Ctrl and Enter save. */
      event.preventDefault();
      if (row.nextElementSibling) enter(row.nextElementSibling); else add(form);
    }
  });
})();
