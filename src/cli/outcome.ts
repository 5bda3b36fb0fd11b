/** Ways in which a command ends early. */

import { SaikiError } from "../core/index.ts";

/** The command line makes no sense: exit status 2. */
export class UsageError extends SaikiError {
  override readonly code = "SAIKI_USAGE";
}

/** The user or the system ended the command, and it has saved what it had. */
export class Interrupted extends Error {
  readonly status: number;

  constructor(status: number) {
    super("interrupted");
    this.status = status;
  }
}
