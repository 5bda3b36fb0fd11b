using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "out/worker.js"),
    (name = "saiki/wasm/simd.wasm", wasm = embed "../node_modules/saiki/dist/wasm/simd.wasm"),
  ],
  compatibilityDate = "2026-11-01",
);
