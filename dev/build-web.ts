/** `npm run build:web`: the dashboard, as a start builds it, so that the start need not. */
import { buildDashboardIfStale } from "./build/dashboard-build.ts";

const PROJECT_DIR = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
console.log(`dashboard: ${await buildDashboardIfStale(PROJECT_DIR)}`);
