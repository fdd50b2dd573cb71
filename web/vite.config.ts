import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.PARVIS_API ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    sourcemap: false,
    // Everything stays a file of its own: the Content-Security-Policy allows no data: scripts, styles or fonts.
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": { target: api, changeOrigin: false } } },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
