// Before the first paint: the theme that was chosen, else the system's.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem("lunette.theme");
  } catch (e) { /* no storage: the system's */ }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
