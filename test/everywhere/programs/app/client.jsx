"use client";

import { useEffect } from "react";
import { report } from "../report.js";
import { train } from "../train.js";

/** A client component: it trains in the browser, and reports both. */
export function Client({ server }) {
  useEffect(() => {
    report(train().then((client) => [server, client]));
  }, [server]);
  return <p>{server.losses}</p>;
}
