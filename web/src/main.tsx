import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client";
import { App } from "./app";
import { Arrived, isArrival } from "./arrival";
import { External } from "./external";
import { startSpeaking } from "./i18n";

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Offline is an answer too: screens say so instead of waiting in silence.
      networkMode: "always",
      // Only what may pass by itself is tried again: no answer, or a server in trouble.
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      staleTime: 5_000,
    },
    mutations: { networkMode: "always", retry: false },
  },
});

await startSpeaking();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        {/* Whoever comes by a link of a mail has no account, or lost its password: no session is looked for. */}
        {window.location.pathname.startsWith("/review/") ? (
          <External />
        ) : isArrival(window.location.pathname) ? (
          <Arrived />
        ) : (
          <App />
        )}
      </QueryClientProvider>
    </StrictMode>,
  );
}
