/* Fields edited in place: Enter saves, Esc reverts, Tab saves and goes on to the next one. */
(function () {
  "use strict";
  var before = new WeakMap();
  function fieldOf(el) { return el.closest("[data-field]"); }
  function place(field) { return field.querySelector(":scope > dd") || field; }
  function fill(field, html) {
    var spot = place(field);
    if (!before.has(field)) before.set(field, spot.innerHTML);
    spot.innerHTML = html;
    field.classList.add("is-editing");
    window.takt.prepare(spot);
  }
  function focusFirst(field) {
    var first = field.querySelector(".is-bad, input:not([type=hidden]), select, textarea");
    var picker = first && (first.tomselect || (first.closest(".ts-wrapper") && first.closest(".ts-wrapper").previousElementSibling.tomselect));
    if (picker) { picker.focus(); return; }
    if (!first) return;
    first.focus();
    if (first.select && first.type !== "date") first.select();
  }
  function revert(field) {
    place(field).innerHTML = before.get(field);
    before.delete(field);
    field.classList.remove("is-editing");
    var pen = field.querySelector("[data-inline]");
    if (pen) pen.focus();
  }
  function open(field) {
    var pen = field.querySelector("[data-inline]");
    if (!pen || field.dataset.busy) return;
    field.dataset.busy = "1";
    fetch(pen.getAttribute("href"), { headers: { Accept: "application/json" } }).then(function (answer) {
      return answer.json().then(function (found) {
        delete field.dataset.busy;
        if (!answer.ok || !found.html) { window.takt.toast(window.takt.sentence(found), null, "late"); return; }
        fill(field, found.html);
        focusFirst(field);
      });
    }).catch(function () { delete field.dataset.busy; window.takt.toast(document.getElementById("toasts").dataset.offline, null, "late"); });
  }
  function neighbour(field, step) {
    var all = Array.prototype.filter.call(document.querySelectorAll("[data-field]"), function (f) { return f === field || f.querySelector("[data-inline]"); });
    return all[all.indexOf(field) + step];
  }
  function swapped(field, html) {
    if (!html) return field;
    var holder = document.createElement("template");
    holder.innerHTML = html.trim();
    var made = holder.content.firstElementChild;
    field.replaceWith(made);
    return made;
  }
  function save(form, step) {
    var field = fieldOf(form), submit = form.querySelector("[type=submit]"), next = step ? neighbour(field, step) : null;
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    var slow = setTimeout(function () { submit.classList.add("btn-loading"); }, 300);
    fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } }).then(function (answer) {
      return answer.json().then(function (found) {
        clearTimeout(slow);
        delete form.dataset.busy;
        submit.classList.remove("btn-loading");
        if (!answer.ok) {
          if (found.html) { fill(field, found.html); focusFirst(field); } else window.takt.toast(window.takt.sentence(found), null, "late");
          return;
        }
        if (found.url) { location.href = found.url; return; }
        before.delete(field);
        Object.keys(found.also || {}).forEach(function (id) { var el = document.getElementById(id); if (el) { var made = swapped(el, found.also[id]); if (el === field) field = made; } });
        field = swapped(field, found.html);
        document.querySelectorAll("input[name=version]").forEach(function (el) { if (!el.closest("dialog")) el.value = found.version; });
        if (found.toast) window.takt.toast(found.toast, found.undo);
        if (next && next.isConnected) { open(next); return; }
        var pen = field.querySelector("[data-inline]");
        if (pen) pen.focus();
      });
    }).catch(function () {
      clearTimeout(slow);
      delete form.dataset.busy;
      submit.classList.remove("btn-loading");
      window.takt.toast(document.getElementById("toasts").dataset.offline, null, "late");
    });
  }
  document.addEventListener("click", function (event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    var cancel = event.target.closest("[data-inline-cancel]");
    if (cancel && fieldOf(cancel)) {
      event.preventDefault();
      /* After a change by somebody else the old value is no longer what stands there. */
      if (cancel.closest("form").querySelector(".tk-alert")) location.reload(); else revert(fieldOf(cancel));
      return;
    }
    var field = fieldOf(event.target);
    if (!field || field.classList.contains("is-editing") || event.target.closest("a:not([data-inline]), dt")) return;
    if (!event.target.closest("[data-inline]") && !event.target.closest("dd.dl-can")) return;
    if (String(window.getSelection())) return;
    event.preventDefault();
    open(field);
  });
  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-field] [data-inline-form]")) return;
    event.preventDefault();
    save(event.target, 0);
  });
  document.addEventListener("keydown", function (event) {
    var form = event.target.closest && event.target.closest("[data-field] [data-inline-form]");
    if (!form || event.isComposing) return;
    if (event.code === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      revert(fieldOf(form));
    } else if (event.code === "Enter" && !event.defaultPrevented && (event.ctrlKey || event.target.matches("input:not([type=checkbox]), select"))) {
      event.preventDefault();
      save(form, 0);
    } else if (event.code === "Tab" && !event.target.closest(".dl-inline-acts")) {
      var stops = Array.prototype.filter.call(form.querySelectorAll("input:not([type=hidden]), select, textarea"), function (el) { return el.tabIndex >= 0 && el.offsetParent && !el.closest(".dl-inline-acts"); });
      var at = stops.indexOf(event.target), step = event.shiftKey ? -1 : 1;
      if (stops[at + step]) return;
      event.preventDefault();
      save(form, step);
    }
  });

  /* The products of a deal: lines are added, ordered and summed up without leaving the keys. */
  function renumber(body) {
    body.querySelectorAll("tr").forEach(function (row, at) {
      row.querySelectorAll("[data-label]").forEach(function (el) { el.setAttribute("aria-label", el.dataset.label.replace("~n~", at + 1)); if (el.tomselect) el.tomselect.control_input.setAttribute("aria-label", el.getAttribute("aria-label")); });
    });
  }
  function addLine(form) {
    var body = form.querySelector("tbody"), row = form.querySelector("template").content.firstElementChild.cloneNode(true);
    body.append(row);
    window.takt.prepare(row);
    renumber(body);
    var select = row.querySelector("select");
    if (select.tomselect) select.tomselect.focus(); else select.focus();
  }
  var summing;
  function sumUp(form) {
    clearTimeout(summing);
    summing = setTimeout(function () {
      fetch(form.dataset.sums, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } }).then(function (answer) {
        if (!answer.ok) return;
        return answer.json().then(function (found) {
          form.querySelectorAll("tbody tr").forEach(function (row, at) { row.querySelector("[data-total]").textContent = found.lines[at] || ""; });
          form.querySelector("[data-sum]").innerHTML = found.html;
        });
      }).catch(function () { /* the sums come with the next key; saving tells what is wrong */ });
    }, 250);
  }
  document.addEventListener("click", function (event) {
    var form = event.target.closest("[data-lines]");
    if (!form) return;
    var row = event.target.closest("tr"), body = form.querySelector("tbody");
    if (event.target.closest("[data-line-add]")) { addLine(form); return; }
    var up = event.target.closest("[data-line-up]"), down = event.target.closest("[data-line-down]"), gone = event.target.closest("[data-line-remove]");
    if (up && row.previousElementSibling) body.insertBefore(row, row.previousElementSibling);
    if (down && row.nextElementSibling) body.insertBefore(row.nextElementSibling, row);
    if (gone) { var beside = row.nextElementSibling || row.previousElementSibling; row.remove(); (beside ? beside.querySelector("[data-line-remove]") : form.querySelector("[data-line-add]")).focus(); }
    if (up || down) (up || down).focus();
    if (up || down || gone) { renumber(body); sumUp(form); }
  });
  document.addEventListener("input", function (event) { var form = event.target.closest("[data-lines]"); if (form) sumUp(form); });
  document.addEventListener("change", function (event) { var form = event.target.closest("[data-lines]"); if (form) sumUp(form); });
  document.addEventListener("keydown", function (event) {
    var form = event.target.closest && event.target.closest("[data-lines]");
    if (!form || event.code !== "Enter" || event.ctrlKey || event.defaultPrevented || event.isComposing || !event.target.matches("tbody input")) return;
    event.preventDefault();
    var row = event.target.closest("tr");
    if (!row) return;
    if (event.target.closest(".ts-wrapper")) { row.querySelector("[name=quantity]").focus(); return; }
    var next = row.nextElementSibling;
    if (next) { var select = next.querySelector("select"); if (select.tomselect) select.tomselect.focus(); else select.focus(); } else addLine(form);
  });
})();
