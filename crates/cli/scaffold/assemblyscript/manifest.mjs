// Puts what the guest says of itself, manifest.json, into a section of its own in the module.

import { readFileSync } from "node:fs";
import { Transform } from "assemblyscript/transform";

export default class Manifest extends Transform {
  afterCompile(module) {
    module.addCustomSection("genesis:guest", readFileSync("manifest.json"));
  }
}
