// Copies the page's files out of node_modules, after holding each against the hash that the page was written for.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const console_ = join(here, "..", "dexter_graphql", "console");
const manifestPath = join(console_, "assets.json");
const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
const build = process.argv[2] === "--pin" ? null : process.argv[2] ?? join(console_, "build");

for (const asset of manifest.assets) {
  const source = join(here, "node_modules", asset.package, asset.file);
  const installed = JSON.parse(readFileSync(join(here, "node_modules", asset.package, "package.json"), "utf8"));
  const integrity = "sha384-" + createHash("sha384").update(readFileSync(source)).digest("base64");
  if (build === null) {
    Object.assign(asset, { version: installed.version, integrity });
    continue;
  }
  if (asset.integrity !== integrity) {
    console.error(`${asset.package}/${asset.file} is not the file that assets.json names; run: node build.mjs --pin`);
    process.exit(1);
  }
  mkdirSync(build, { recursive: true });
  copyFileSync(source, join(build, basename(asset.file)));
}
if (build === null) writeFileSync(manifestPath, JSON.stringify(manifest, null, 2) + "\n");
