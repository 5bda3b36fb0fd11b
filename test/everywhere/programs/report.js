/** Sends a page's outcome to the address in `report=`. */

/** @param {Promise<unknown> | unknown} outcomes */
export async function report(outcomes) {
  try {
    await send({ outcomes: await outcomes });
  } catch (error) {
    await fail(error);
  }
}

/** @param {unknown} error */
export function fail(error) {
  return send({ error: String(error) });
}

/** @param {object} message */
function send(message) {
  const address = new URLSearchParams(location.search).get("report");
  return fetch(address, { method: "POST", mode: "no-cors", body: JSON.stringify(message) });
}

if (typeof document === "object") {
  addEventListener("error", (event) => fail(event.message));
  addEventListener("unhandledrejection", (event) => fail(event.reason));
}
