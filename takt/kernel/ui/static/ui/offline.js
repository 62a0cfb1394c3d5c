/* The page shown without a network: it loads the one that was wanted as soon as there is one. */
(function () {
  "use strict";
  document.querySelector("[data-again]").addEventListener("click", function () { location.reload(); });
  window.addEventListener("online", function () { document.querySelector("[data-coming]").hidden = false; location.reload(); });
})();
