// Small texts that outlive a reload.

/** Keeps a text in this browser; an empty one is forgotten. A browser without storage keeps nothing. */
export function keep(key: string, text: string): void {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {
    // Storage is closed to this page: the text lives as long as the page.
  }
}

/** A text that was kept; empty when there is none. */
export function kept(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}
