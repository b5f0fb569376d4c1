"""CPython as a WebAssembly component, run by wasmtime in a worker process."""
