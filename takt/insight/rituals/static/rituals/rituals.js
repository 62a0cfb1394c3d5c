/* The clock of whoever speaks: counts down from what the page says was left, then on past zero. */
(function () {
  "use strict";
  var clock = document.querySelector(".ri-clock[data-left]");
  if (!clock) return;
  var ends = Date.now() + Number(clock.dataset.left) * 1000;
  function show() {
    var left = Math.round((ends - Date.now()) / 1000), size = Math.abs(left);
    var text = Math.floor(size / 60) + ":" + String(size % 60).padStart(2, "0");
    clock.textContent = left < 0 ? "+" + text : text;
    clock.classList.toggle("is-over", left < 0);
  }
  show();
  setInterval(show, 1000);
})();
