import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const REMEMBERED = "parvis-theme";
const listeners = new Set<() => void>();

function current(): Theme {
  const theme = localStorage.getItem(REMEMBERED);
  return theme === "light" || theme === "dark" ? theme : "system";
}

export function setTheme(theme: Theme): void {
  if (theme === "system") {
    localStorage.removeItem(REMEMBERED);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(REMEMBERED, theme);
    document.documentElement.dataset.theme = theme;
  }
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
}
