import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The page and the graph have one origin, here as behind a proxy in production.
const proxy = { "/graphql": { target: process.env.DEXTER_URL ?? "http://127.0.0.1:8000", changeOrigin: true } };

export default defineConfig({
  plugins: [react()],
  resolve: { dedupe: ["@apollo/client"] }, // for examples/resume, which has no packages
  server: { proxy },
  preview: { proxy },
});
