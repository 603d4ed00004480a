// Lets modules outside of this folder import the packages of these tests: node --import ./packages.mjs SCRIPT
import { register } from "node:module";

const hooks = `export function resolve(specifier, context, next) {
  const isPackage = /^[a-z@]/.test(specifier) && !specifier.includes(":");
  return next(specifier, isPackage ? { ...context, parentURL: ${JSON.stringify(import.meta.url)} } : context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
