// Extracts the page's files from their npm packages and checks them against the hashes in assets.json.
// --pin writes the hashes of the versions in assets.json; an argument is the folder for the files.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAX_FILE_BYTES = 16 * 1024 * 1024;

const here = dirname(fileURLToPath(import.meta.url));
const consoleFolder = join(here, "..", "dexter_graphql", "console");
const manifestPath = join(consoleFolder, "assets.json");
const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
const build = process.argv[2] === "--pin" ? null : process.argv[2] ?? join(consoleFolder, "build");
const downloads = mkdtempSync(join(tmpdir(), "graphiql-"));

// The packages alone, without their dependencies, which are bundled in the files.
function downloadPackages() {
  const packages = new Set(manifest.assets.map((asset) => `${asset.package}@${asset.version}`));
  const output = execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", downloads, ...packages]);
  return new Map(JSON.parse(output).map((archive) => [archive.name, join(downloads, archive.filename)]));
}

try {
  const archives = downloadPackages();
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
  rmSync(downloads, { recursive: true });
}
if (build === null) writeFileSync(manifestPath, JSON.stringify(manifest, null, 2) + "\n");
