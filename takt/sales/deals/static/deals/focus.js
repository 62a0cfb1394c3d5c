/* The clock of a block: the server counts, the page shows the minutes as they pass. */
(function () {
  "use strict";
  var shown = document.querySelector("[data-clock][data-running]");
  if (!shown) return;
  var began = Date.now(), before = Number(shown.dataset.clock);
  setInterval(function () {
    var minutes = Math.floor((before + (Date.now() - began) / 1000) / 60);
    shown.textContent = shown.dataset.text.replace("{count}", minutes);
  }, 10000);
})();
