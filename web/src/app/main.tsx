// Where the page begins.

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "@/ui/index.css";

import { App } from "./App";
import { createQueryClient } from "./queryClient";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no place for the app.");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
