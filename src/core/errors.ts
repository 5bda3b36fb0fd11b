/**
 * The errors that saiki throws.
 *
 * Every message has the form `where: sentence. Fix.`, on one line. Where PyTorch has a sentence for
 * the situation it stands verbatim as the sentence, and alone in the field `torch`.
 */

/** Details of an error besides its text. */
export interface ErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Whether the sentence is PyTorch's, verbatim. */
  readonly torch?: boolean;
  /** The name of the option that the error is about. */
  readonly option?: string;
}

type ErrorClass<E> = new (op: string, sentence: string, fix?: string, details?: ErrorDetails) => E;

/** The base of all errors thrown on purpose; `code` is stable across releases. */
export class SaikiError extends Error {
  /** The kind of error, such as `SAIKI_SHAPE`. */
  readonly code: string = "SAIKI_ERROR";
  /** The function that threw it, such as `LSTM.forward`. */
  readonly op: string;
  /** The sentence that says what is wrong, alone. */
  readonly sentence: string;
  /** A sentence that says what to do about it, if there is one. */
  readonly fix: string | undefined;
  /** PyTorch's sentence, verbatim, if it has one. */
  readonly torch: string | undefined;
  /** The name of the option that is wrong, where options have names: `hidden`. */
  readonly option: string | undefined;

  /** Makes an error whose message is `op: sentence. Fix.`, on one line. */
  constructor(op: string, sentence: string, fix?: string, details: ErrorDetails = {}) {
    const { cause, torch, option } = details;
    super(
      `${op}: ${closed(sentence)}${fix === undefined ? "" : ` ${closed(fix)}`}`,
      cause === undefined ? undefined : { cause },
    );
    this.name = new.target.name;
    this.op = op;
    this.sentence = sentence;
    this.fix = fix;
    this.torch = torch ? sentence : undefined;
    this.option = option;
  }

  /** An error with PyTorch's sentence, verbatim. */
  static torch<E>(this: ErrorClass<E>, op: string, sentence: string, fix?: string): E {
    return new this(op, sentence, fix, { torch: true });
  }
}

/** A tensor has the wrong number of dimensions or sizes. */
export class ShapeError extends SaikiError {
  /** `SAIKI_SHAPE`. */
  override readonly code = "SAIKI_SHAPE";
}

/** A tensor has the wrong element type. */
export class DTypeError extends SaikiError {
  /** `SAIKI_DTYPE`. */
  override readonly code = "SAIKI_DTYPE";
}

/** An index or a dimension lies outside its range. */
export class IndexError extends SaikiError {
  /** `SAIKI_INDEX`. */
  override readonly code = "SAIKI_INDEX";
}

/** The tape was asked for something that it cannot do. */
export class AutogradError extends SaikiError {
  /** `SAIKI_AUTOGRAD`. */
  override readonly code = "SAIKI_AUTOGRAD";
}

/** An option has a value that makes no sense. */
export class ConfigError extends SaikiError {
  /** `SAIKI_CONFIG`. */
  override readonly code = "SAIKI_CONFIG";
}

/** A kernel backend is missing or cannot run here. */
export class BackendError extends SaikiError {
  /** `SAIKI_BACKEND`. */
  override readonly code = "SAIKI_BACKEND";
}

/** A file or a stream of bytes is not what it claims to be. */
export class FormatError extends SaikiError {
  /** `SAIKI_FORMAT`. */
  override readonly code = "SAIKI_FORMAT";
}

/** A model folder is missing, damaged, foreign or in the way. */
export class CheckpointError extends SaikiError {
  /** `SAIKI_CHECKPOINT`. */
  override readonly code = "SAIKI_CHECKPOINT";
}

/** Training cannot go on. */
export class TrainingError extends SaikiError {
  /** `SAIKI_TRAINING`. */
  override readonly code = "SAIKI_TRAINING";
}

/**
 * States an invariant of the library; public functions have validated their arguments before.
 *
 * @throws SaikiError when `condition` is false, which is a bug in saiki
 */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new SaikiError("saiki", `internal error: ${what}`, "Please report it");
}

function closed(sentence: string): string {
  return /[.!?]\s*$/.test(sentence) ? sentence : `${sentence}.`;
}
