// Light or dark: the system's preference, until a person chooses.

import { useSyncExternalStore } from "react";

import { keep } from "./storage";

/** What is shown. */
export type Theme = "light" | "dark";

const KEY = "candor.theme";
const CHANGED = "candor:theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

function current(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
}

function subscribe(changed: () => void): () => void {
  system.addEventListener("change", changed);
  window.addEventListener(CHANGED, changed);
  return () => {
    system.removeEventListener("change", changed);
    window.removeEventListener(CHANGED, changed);
  };
}

/** The theme that is shown now. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, current);
}

/** Chooses a theme and keeps the choice, where the browser lets it be kept. */
export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  keep(KEY, theme);
  window.dispatchEvent(new Event(CHANGED));
}
