/* The quick deal of a column: the cursor is in the first field, Esc closes. */
(function () {
  "use strict";
  function first(box) { return box.querySelector("input[name=name]"); }
  document.addEventListener("toggle", function (event) {
    if (event.target.matches && event.target.matches("[data-quick]") && event.target.open) first(event.target).focus();
  }, true);
  function close(box) { box.open = false; box.querySelector("summary").focus(); }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-quick-close]");
    if (button) close(button.closest("[data-quick]"));
  });
  document.addEventListener("keydown", function (event) {
    var box = event.code === "Escape" && event.target.closest && event.target.closest("[data-quick][open]");
    if (box) close(box);
  });
  /* After a swap the fresh form takes the next deal; a refused one shows where it is wrong. */
  document.addEventListener("htmx:after:swap", function () {
    if (document.activeElement && document.activeElement !== document.body) return;
    var stage = document.getElementById("stage-name");
    var box = document.querySelector("[data-quick][open]");
    if (stage) stage.focus();
    else if (box) (box.querySelector(".is-bad") || first(box)).focus();
  });
})();
