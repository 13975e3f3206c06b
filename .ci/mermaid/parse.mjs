// Reads the diagrams in the files named, and prints for each a line of JSON with
// the names and texts that mermaid found in it, or with its error. Exits with 1
// when mermaid refuses one: node parse.mjs FILE...
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

// Mermaid cleans texts with DOMPurify, which looks for these when it is loaded.
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

// An entity code stays as mermaid writes it inside until a diagram is drawn.
const decoded = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(code));

for (const file of process.argv.slice(2)) {
  try {
    const text = readFileSync(file, "utf8");
    const { diagramType } = await mermaid.parse(text);
    if (diagramType !== "sequence") {
      throw new Error(`this is a diagram of type ${diagramType}`);
    }
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const texts = db.getMessages().map((m) => m.message).filter((m) => typeof m === "string");
    const names = [...db.getActors().values()].map((a) => a.description);
    console.log(JSON.stringify({ file, title: decoded(db.getDiagramTitle()), names: names.map(decoded), texts: texts.map(decoded) }));
  } catch (err) {
    console.log(JSON.stringify({ file, error: err.message }));
    process.exitCode = 1;
  }
}
