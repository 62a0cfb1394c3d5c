/* Runs before the first paint: the theme of the person, else of the system; the width of the sidebar as last chosen. */
(function () {
  "use strict";
  var root = document.documentElement;
  var wanted = root.dataset.theme || "auto";
  var dark = wanted === "dark" || (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  try { root.classList.toggle("is-rail", localStorage.getItem("takt-rail") === "1"); } catch (refused) { /* a browser that keeps nothing */ }
})();
