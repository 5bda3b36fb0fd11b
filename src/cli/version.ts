/** The version, as package.json has it. */

export { version } from "../kernels/native/generated/stamp.ts";
