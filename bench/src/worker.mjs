// @ts-check
/**
 * A process that answers each line of JSON on its standard input with one on its standard output.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class Worker {
  /** @param {string} command @param {string[]} args @param {Record<string, string>} [env] */
  constructor(command, args, env = {}) {
    this.child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.exited = once(this.child, "exit");
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.complaint = "";
    this.child.stderr.on("data", (data) => (this.complaint += data));
    this.child.stdin.on("error", () => {}); // the child has ended, which ask() reports
  }

  /**
   * @param {Record<string, unknown>} message
   * @returns {Promise<any>}
   * @throws Error with the process's last message on standard error, when it has ended
   */
  async ask(message) {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await this.lines.next();
    if (!done) return JSON.parse(value);
    await this.exited;
    const lines = this.complaint.trim().split("\n");
    const reason = lines.findLast((line) => line.includes("Error")) ?? lines.at(-1);
    throw new Error(`it ended while asked to ${message["do"]}: ${reason}`);
  }

  async end() {
    this.child.stdin.end();
    await this.exited;
  }
}
