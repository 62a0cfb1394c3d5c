/* Attaching files: chosen, dropped or pasted, several at once, with progress. Without a script the form still works. */
(function () {
  "use strict";

  function send(form, files) {
    if (!files.length || form.dataset.busy) return;
    var bar = form.querySelector("progress");
    var given = new FormData();
    given.append("kind", form.elements.kind.value);
    given.append("id", form.elements.id.value);
    Array.prototype.forEach.call(files, function (file) { given.append("file", file, file.name || "pasted.png"); });
    var asked = new XMLHttpRequest();
    asked.open("POST", form.action);
    asked.setRequestHeader("X-CSRFToken", window.takt.csrf());
    asked.setRequestHeader("HX-Request", "true");
    asked.upload.addEventListener("progress", function (event) {
      if (event.lengthComputable) bar.value = Math.round(100 * event.loaded / event.total);
    });
    asked.addEventListener("loadend", function () {
      delete form.dataset.busy;
      bar.hidden = true;
      var input = form.querySelector("[data-upload-input]");
      if (input) input.value = "";
      var told = {};
      try { told = JSON.parse(asked.getResponseHeader("HX-Trigger") || "{}").toast || {}; } catch (error) { told = {}; }
      if (asked.status === 201) replace(form, asked.responseText);
      if (told.text) window.takt.toast(told.text, told.undo, told.level);
      else if (asked.status !== 201) window.takt.toast(form.dataset.failed, null, "late");
    });
    form.dataset.busy = "1";
    bar.value = 0;
    bar.hidden = false;
    asked.send(given);
  }

  function replace(form, html) {
    var section = form.closest("[data-files]");
    var holder = document.createElement("template");
    holder.innerHTML = html;
    var fresh = holder.content.querySelector("[data-files]");
    if (!section || !fresh) return;
    section.replaceWith(fresh);
    if (window.htmx && window.htmx.process) window.htmx.process(fresh);
    var pick = fresh.querySelector("[data-upload-input]");
    if (pick) pick.focus();
  }

  function holds(event) {
    return event.dataTransfer && Array.prototype.indexOf.call(event.dataTransfer.types, "Files") >= 0;
  }

  function formAt(event) {
    var section = event.target.closest && event.target.closest("[data-files]");
    return section ? section.querySelector("form[data-upload]") : null;
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches && event.target.matches("[data-upload-input]")) send(event.target.form, event.target.files);
  });
  document.addEventListener("submit", function (event) {
    if (!event.target.matches("form[data-upload]")) return;
    event.preventDefault();
    send(event.target, event.target.querySelector("[data-upload-input]").files);
  });
  ["dragenter", "dragover"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      if (!holds(event)) return;
      event.preventDefault(); // a file that misses its place must not replace the page
      var form = formAt(event);
      document.querySelectorAll("form[data-upload].is-over").forEach(function (one) { if (one !== form) one.classList.remove("is-over"); });
      if (form) form.classList.add("is-over");
      event.dataTransfer.dropEffect = form ? "copy" : "none";
    });
  });
  document.addEventListener("drop", function (event) {
    if (!holds(event)) return;
    event.preventDefault();
    var form = formAt(event);
    if (form) { form.classList.remove("is-over"); send(form, event.dataTransfer.files); }
  });
  document.addEventListener("paste", function (event) {
    var files = event.clipboardData ? event.clipboardData.files : [];
    if (!files.length) return;
    var form = formAt(event) || document.querySelector("[data-files] form[data-upload]");
    if (form) { event.preventDefault(); send(form, files); }
  });
})();
