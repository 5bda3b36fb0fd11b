export * from "./adam.ts";
/** Learning-rate schedules. @see torch.optim.lr_scheduler */
export * as lrScheduler from "./lr-scheduler.ts";
export {
  type CommonOptions,
  Optimizer,
  type OptimizerStateDict,
  type Parameters,
  type ParamGroup,
  type ParamState,
} from "./optimizer.ts";
export * from "./sgd.ts";
