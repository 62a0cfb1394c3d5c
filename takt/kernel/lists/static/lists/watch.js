/* An act on many records goes on while the person works elsewhere: a thin bar tells how far, a toast its end. */
(function () {
  "use strict";
  var KEY = "takt-bulk", bar = null, timer = null;
  function known() { try { return localStorage.getItem(KEY); } catch (refused) { return null; } }
  function forget() { try { localStorage.removeItem(KEY); } catch (refused) { /* a browser that keeps nothing */ } if (bar) bar.remove(); bar = null; }
  function show(done, total) {
    var side = document.querySelector(".tk-side nav, .tk-side, nav");
    if (!side) return;
    if (!bar) {
      bar = document.createElement("progress");
      bar.className = "tk-thin";
      side.append(bar);
    }
    bar.max = total; bar.value = done;
    bar.setAttribute("aria-label", done + " / " + total);
  }
  function look() {
    clearTimeout(timer);
    var run = known();
    if (!run) return;
    fetch("/lists/bulk/" + encodeURIComponent(run), { headers: { Accept: "application/json" } }).then(function (answer) {
      if (!answer.ok) { if (answer.status !== 401) forget(); return; }
      return answer.json().then(function (told) {
        if (told.is_over) { forget(); if (window.takt) window.takt.toast(told.text, told.undo); return; }
        show(told.done, told.total);
        timer = setTimeout(look, 2000);
      });
    }).catch(function () { timer = setTimeout(look, 5000); });
  }
  document.addEventListener("takt-bulk", function (event) { try { localStorage.setItem(KEY, event.detail.run); } catch (refused) { /* it is shown on its page */ } look(); });
  look();
})();
