// Holds SARIF files against the schema of SARIF 2.1.0, and exits with 1 when one
// does not keep it: node validate.mjs FILE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv-draft-04";
import formats from "ajv-formats";

const schema = createRequire(import.meta.url)("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formats(ajv);
const valid = ajv.compile(schema);
for (const file of process.argv.slice(2)) {
  if (!valid(JSON.parse(readFileSync(file, "utf8")))) {
    for (const e of valid.errors) console.log(`${file}: ${e.instancePath}: ${e.message}`);
    process.exitCode = 1;
  }
}
