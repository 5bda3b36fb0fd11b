import { report } from "./report.js";
import { train } from "./train.js";

report(train().then((outcome) => [outcome]));
