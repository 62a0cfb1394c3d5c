/* Runs before the first paint: the theme of the person, else of the system. */
(function () {
  "use strict";
  var root = document.documentElement;
  var wanted = root.dataset.theme || "auto";
  var dark = wanted === "dark" || (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-bs-theme", dark ? "dark" : "light");
})();
