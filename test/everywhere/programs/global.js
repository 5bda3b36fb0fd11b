/** The global of `<script src="saiki.min.js">`, for a page that is bundled without the library. */

export const { backendInfo, manualSeed, nn, optim, ready, tensor } = globalThis.saiki;
