/* The bulk bar of a list: an act opens its dialog with the chosen rows; Clear empties the choice. */
(function () {
  "use strict";
  if (window.takt && window.takt.hasLists) return;
  if (window.takt) window.takt.hasLists = true;
  document.addEventListener("click", function (event) {
    var act = event.target.closest("[data-bulk]");
    if (!act || !window.takt || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    var chosen = [];
    act.form.querySelectorAll("input[data-select]:checked").forEach(function (box) { chosen.push("ids=" + encodeURIComponent(box.value)); });
    var url = act.dataset.bulk;
    window.takt.openDialog(url + (url.indexOf("?") < 0 ? "?" : "&") + chosen.join("&"));
  });
  function cleared(form) {
    form.querySelectorAll("input[data-select], input[data-check-all]").forEach(function (box) { box.checked = false; });
    var any = form.querySelector("input[data-select]");
    if (any) any.dispatchEvent(new Event("change", { bubbles: true }));
  }
  document.addEventListener("reset", function (event) {
    if (event.target.id !== "list-form") return;
    event.preventDefault();
    cleared(event.target);
  });
  document.addEventListener("keydown", function (event) {
    if (event.code !== "Escape" || document.querySelector("dialog[open]")) return;
    var form = document.getElementById("list-form");
    if (form && form.querySelector("input[data-select]:checked")) cleared(form);
  });
})();
