/** The version in package.json. */

export { version } from "../kernels/native/generated/stamp.ts";
