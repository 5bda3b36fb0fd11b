import { train } from "../train.js";
import { Client } from "./client.jsx";

export const dynamic = "force-dynamic";

/** A server component: it trains for each request, and hands over its outcome. */
export default async function Page() {
  return <Client server={await train()} />;
}
