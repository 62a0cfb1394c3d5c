/* Lines of products: moved up and down by buttons or Alt and arrows. */
(function () {
  "use strict";
  function shift(row, step, focus) {
    var other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (step < 0) other.before(row); else other.after(row);
    if (focus) focus.focus();
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-line-up], [data-line-down]");
    if (button) shift(button.closest("tr"), button.hasAttribute("data-line-up") ? -1 : 1, button);
  });
  document.addEventListener("keydown", function (event) {
    var row = event.altKey && event.target.closest && event.target.closest("[data-lines] tbody tr");
    if (!row || (event.code !== "ArrowUp" && event.code !== "ArrowDown")) return;
    event.preventDefault();
    shift(row, event.code === "ArrowUp" ? -1 : 1, event.target);
  });
})();
