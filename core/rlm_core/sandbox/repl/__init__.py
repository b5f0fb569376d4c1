"""The REPL: what runs in every program's interpreter, natively and in WebAssembly."""
