// Runs before the first paint, so that a dark screen never flashes white at night.
(() => {
  const theme = localStorage.getItem("parvis-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
