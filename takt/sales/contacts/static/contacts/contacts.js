/* Companies and people: a line for a phone or e-mail is taken away; J and K go to the neighbours, E edits. */
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-drop-row]");
    if (!button) return;
    var row = button.closest(".ct-channel"), group = row.closest("fieldset");
    if (group.querySelectorAll(".ct-channel").length > 1) row.remove();
    else row.querySelector("input").value = "";
    var left = group.querySelectorAll(".ct-channel input"), last = left[left.length - 1];
    last.dispatchEvent(new Event("change", { bubbles: true }));
    last.focus();
  });
  document.addEventListener("keydown", function (event) {
    var field = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
    if (field || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    var wanted = { KeyJ: "a[data-key-next]", KeyK: "a[data-key-previous]", KeyE: "a[data-key-edit]" }[event.code];
    var link = wanted && document.querySelector(wanted);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
})();
