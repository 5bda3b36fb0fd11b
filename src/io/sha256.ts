/** Check sums of files. */

import { sha256 as platforms } from "#platform";

/**
 * The SHA-256 of bytes in hexadecimal digits. Synchronous, and everywhere: browsers have
 * `crypto.subtle` only on secure pages.
 *
 * @see FIPS 180-4
 * @example
 * import { sha256 } from "saiki/io";
 * console.log(sha256(new TextEncoder().encode("abc")).slice(0, 8)); // ba7816bf
 */
export function sha256(bytes: Uint8Array): string {
  return platforms(bytes);
}
