// Fetches the page's files out of their npm packages, after holding each against the hash that the page was written for.
// With --pin it writes down the hashes of the versions that assets.json names; with a folder it puts the files there.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAX_FILE_BYTES = 16 * 1024 * 1024;

const here = dirname(fileURLToPath(import.meta.url));
const console_ = join(here, "..", "dexter_graphql", "console");
const manifestPath = join(console_, "assets.json");
const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
const build = process.argv[2] === "--pin" ? null : process.argv[2] ?? join(console_, "build");
const packed = mkdtempSync(join(tmpdir(), "graphiql-"));

// Whole packages, without the hundreds that they are made from: these files have all of it inside.
function fetched() {
  const wanted = new Set(manifest.assets.map((asset) => `${asset.package}@${asset.version}`));
  const told = execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", packed, ...wanted]);
  return new Map(JSON.parse(told).map((one) => [one.name, join(packed, one.filename)]));
}

try {
  const archives = fetched();
  for (const asset of manifest.assets) {
    const archive = archives.get(asset.package);
    const bytes = execFileSync("tar", ["-xzOf", archive, `package/${asset.file}`], { maxBuffer: MAX_FILE_BYTES });
    const integrity = "sha384-" + createHash("sha384").update(bytes).digest("base64");
    if (build === null) {
      asset.integrity = integrity;
    } else if (asset.integrity !== integrity) {
      console.error(`${asset.package}/${asset.file} is not the file that assets.json names; run: node build.mjs --pin`);
      process.exitCode = 1;
      break;
    } else {
      mkdirSync(build, { recursive: true });
      writeFileSync(join(build, basename(asset.file)), bytes);
    }
  }
} finally {
  rmSync(packed, { recursive: true });
}
if (build === null) writeFileSync(manifestPath, JSON.stringify(manifest, null, 2) + "\n");
