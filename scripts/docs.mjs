// @ts-check
/**
 * Writes docs-site/: the guides and the reference, made by TypeDoc. A warning ends it
 * with status 1.
 *
 * A page is named by its first heading, an entry point as users import it, and a destructured
 * argument is called `options`, as in the doc comments.
 */

import { fileURLToPath } from "node:url";
import { Application, Converter, ReflectionKind } from "typedoc";

const root = fileURLToPath(new URL("..", import.meta.url));
const parts = ["nn", "optim", "io", "text", "data", "lm"];
const guides = [
  ...["getting-started", "from-pytorch", "training-loops", "language-models", "browser", "speed"],
  ...["works-with", "related", "parity", "architecture", "recurrent", "kernels"],
];

/** Members of Tensor for the library's other folders. */
const internal = ["impl", "apply", "applyMulti", "edgeOf", "outputIndex", "mutate_", "update_"];

const app = await Application.bootstrapWithPlugins({
  name: "saiki",
  entryPoints: ["src/index.ts", ...parts.map((part) => `src/${part}/index.ts`)],
  tsconfig: `${root}tsconfig.browser.json`, // the files that a user imports, without tests
  out: `${root}docs-site`,
  readme: `${root}README.md`,
  projectDocuments: [
    ...guides.map((name) => `docs/${name}.md`),
    ...["examples/README.md", "bench/README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ],
  customCss: `${root}scripts/docs.css`,
  disableSources: true, // there is no address to link to
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  highlightLanguages: ["ts", "js", "json", "sh", "html", "css", "python", "c", "mermaid", "toml"],
  searchInComments: true,
  searchInDocuments: true,
  skipErrorChecking: true, // the types have a check of their own
  intentionallyNotExported: [
    ...["Edge", "ErrorClass", "Inputs", "Kind", "MultiOp", "Node", "Op", "View"], // of the tape and the kernels
    ...["Nonlinearity", "PrivateRandom", "Reduction", "Resolved", "profiles"],
  ],
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, invalidPath: true },
  navigation: { includeFolders: false },
});

app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
  const text = page.content.map((part) => part.text).join("");
  page.name = /^# (.+)$/m.exec(text)?.[1]?.replace("→", "to") ?? page.name; // also in its address
});
app.converter.on(Converter.EVENT_CREATE_PARAMETER, (_, parameter) => {
  if (parameter.name === "__namedParameters") parameter.name = "options";
});
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    module.name = module.name === "index" ? "saiki" : `saiki/${module.name.replace("/index", "")}`;
  }
  for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
    if (member.parent?.name === "Tensor" && internal.includes(member.name)) {
      project.removeReflection(member);
    }
  }
});

const project = await app.convert();
if (!project) process.exit(1);
app.validate(project);
await app.generateOutputs(project);
process.exitCode = app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0;
