import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the platform. */
const platform = process.env.CANDOR_URL ?? "http://localhost:8080";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) },
    // The stubs live outside this folder and use this folder's copy of the runtime.
    dedupe: ["@bufbuild/protobuf"],
  },
  build: {
    target: ["chrome123", "edge123", "firefox120", "safari17.5"],
    // Fonts and images stay files, so that the content security policy needs no data: for them.
    assetsInlineLimit: 0,
    // The editor is one large chunk that is loaded when SQL is first shown.
    chunkSizeWarningLimit: 4000,
  },
  server: {
    proxy: {
      "/v1": platform,
      "/session": platform,
      "/signin": platform,
      "/docs": platform,
      "/ws": { target: platform, ws: true },
    },
  },
  test: {
    include: ["src/**/*.test.ts"],
    server: { deps: { inline: [/@candor\/client/u] } },
  },
});
