/** What `<script src="saiki.min.js">` gives, for a page that is bundled without the library. */

export const { backendInfo, manualSeed, nn, optim, ready, tensor } = globalThis.saiki;
