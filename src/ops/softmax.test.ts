import { type Expressions, replay } from "../../test/pytorch/expressions.ts";
import * as t from "../tensor/functions.ts";

const table: Expressions = {
  "a.softmax(0)": (a) => t.softmax(a, 0),
  "a.softmax(1)": (a) => t.softmax(a, 1),
  "a.softmax(-1)": (a) => t.softmax(a, -1),
  "a.t().softmax(0)": (a) => t.softmax(a.t(), 0),
  "a.log_softmax(0)": (a) => t.logSoftmax(a, 0),
  "a.log_softmax(1)": (a) => t.logSoftmax(a, 1),
  "a.log_softmax(-1)": (a) => t.logSoftmax(a, -1),
  "a.t().log_softmax(0)": (a) => t.logSoftmax(a.t(), 0),
};

replay("rows", table);
